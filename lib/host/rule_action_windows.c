/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/rule_action.h"

#include <stddef.h>

/* What a driver cannot do it says itself. */
const char *fw_rule_action_lack(uint16_t action)
{
	(void)action;
	return NULL;
}
