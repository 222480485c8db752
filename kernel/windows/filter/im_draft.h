/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The lists that one handle prepares, piece by piece, and commits. PASSIVE_LEVEL; the caller has
 * the handle's lock. Called by im_handle.c. */
#ifndef FW_NT_IM_DRAFT_H
#define FW_NT_IM_DRAFT_H

#include "abi/filter_control.h"
#include "kernel/windows/ddk/nt_system.h"

struct fw_im_set;

struct fw_im_drafts {
	struct {
		uint32_t number; /* 0: none here */
		struct fw_im_set *set;
	} draft[FW_FILTER_CONTROL_DRAFTS];
};

NTSTATUS fw_im_draft_add(struct fw_im_drafts *drafts, const struct fw_filter_control_draft *wanted);
/* `prefixes`: `count` struct fw_filter_prefix, aligned or not. A draft that refuses one is gone. */
NTSTATUS fw_im_draft_append(
	struct fw_im_drafts *drafts, uint32_t number, const uint8_t *prefixes, uint32_t count);
/* `changes`: `count` struct fw_filter_control_change, aligned. Their drafts are used up, whatever
 * comes of it. */
NTSTATUS fw_im_draft_commit(struct fw_im_drafts *drafts,
	const struct fw_filter_control_change *changes, uint32_t count);
void fw_im_drafts_done(struct fw_im_drafts *drafts);

#endif
