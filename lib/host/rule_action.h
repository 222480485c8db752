/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which actions of rules this system has (rule_action_linux.c, rule_action_windows.c). Called by cli/ and backend/ from
 * any thread. */
#ifndef FW_RULE_ACTION_H
#define FW_RULE_ACTION_H

#include <stdint.h>

/* Why no rule with this enum fw_rule_action can be made here, in one line; NULL: it can. */
const char *fw_rule_action_lack(uint16_t action);

#endif
