/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/rule_action.h"

#include "abi/rule.h"

#include <stddef.h>

const char *fw_rule_action_lack(uint16_t action)
{
	if (action != FW_RULE_LIMIT)
		return NULL;
	return "not on Windows: limits: the driver limits no rates; 'flowwatcher block' cuts a process off";
}
