/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Attaching the programs that rules need, which `load` leaves pinned, and detaching them: without
 * rules they cost nothing. Under the lock of rule_change.c.
 */
#ifndef FW_RULE_HOOKS_H
#define FW_RULE_HOOKS_H

#include "flowwatcher/error.h"

/* All of them, or none. Those that are attached stay. */
enum fw_status fw_rule_hooks_attach(struct fw_error *error);
/* All of them; nothing that is not attached is missed. */
void fw_rule_hooks_detach(void);

#endif
