/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Measuring sessions of `stat`: a process and all its descendants carry a group id from before the
 * first instruction of the command. Called by bpf_backend.c; one thread.
 */
#ifndef FW_MEASURING_GROUP_H
#define FW_MEASURING_GROUP_H

#include "backend/linux/kernel_side.h"

enum fw_status fw_measuring_group_start(struct fw_kernel_side *side, uint32_t pid, uint64_t *group,
	struct fw_error *error);
enum fw_status fw_measuring_group_departed(const struct fw_kernel_side *side, uint64_t group,
	struct fw_counters *departed, struct fw_error *error);
void fw_measuring_group_stop(struct fw_kernel_side *side, uint64_t group);
/* Forget sessions whose measuring process was killed. */
void fw_measuring_group_sweep(struct fw_kernel_side *side);

#endif
