/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One open handle of the control device: its drafts, the adapter that it is about, what it follows.
 * Counted: requests under way keep it. PASSIVE_LEVEL; called by im_control.c.
 */
#ifndef FW_NT_IM_HANDLE_H
#define FW_NT_IM_HANDLE_H

#include "kernel/windows/filter/im_draft.h"
#include "kernel/windows/filter/im_event.h"

struct fw_im_handle {
	volatile LONG references;
	volatile LONG is_greeted;
	KMUTEX lock; /* of drafts and adapter; comes before the changes of im_list.h */
	struct fw_im_drafts drafts;
	struct fw_im_adapter *adapter; /* NULL: about none in particular */
	struct fw_im_follower follower;
};

struct fw_im_handle *fw_im_handle_new(void); /* NULL: no memory */
uint32_t fw_im_handles_count(void);
/* NULL is accepted. */
void fw_im_handle_put(struct fw_im_handle *handle);

/* One control request; completes it or keeps it pending. */
NTSTATUS fw_im_handle_request(struct fw_im_handle *handle, IRP *irp);

#endif
