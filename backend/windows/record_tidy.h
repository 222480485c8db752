/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What comes from the driver as the user side has it: names end with a zero, paths begin with a drive. Pure functions
 * over memory that the caller may change, any thread.
 */
#ifndef FW_RECORD_TIDY_H
#define FW_RECORD_TIDY_H

#include "abi/process_event.h"
#include "abi/rule.h"
#include "lib/host/nt_path.h"

/* A record that fw_record_whole() found well formed; its texts may begin later and be shorter afterwards. */
void fw_record_tidy(struct fw_record_header *record, const struct fw_drive_table *drives);

void fw_process_tidy(struct fw_process *process, const struct fw_drive_table *drives);
void fw_rule_tidy(struct fw_rule *rule, const struct fw_drive_table *drives);

#endif
