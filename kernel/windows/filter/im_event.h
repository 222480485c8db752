/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who follows what happens to adapters: each follower has a queue of its own, and requests that
 * wait for it to have something. One spin lock for all; nothing is called and no request completed
 * with it held. Called by im_handle.c, and by im_list.c for what happens.
 */
#ifndef FW_NT_IM_EVENT_H
#define FW_NT_IM_EVENT_H

#include "kernel/windows/filter/im_adapter.h"
#include "kernel/windows/irp_queue.h"

#define FW_IM_FOLLOWERS 64
#define FW_IM_EVENTS 256 /* kept for one */

struct fw_im_follower {
	LIST_ENTRY entry;
	struct fw_irp_queue requests;
	struct fw_adapter_event *events; /* a ring of FW_IM_EVENTS; NULL: it does not follow */
	uint32_t first;
	uint32_t count;
	bool overran; /* some were lost, and it was not told yet */
	bool stopped;
};

void fw_im_events_init(void);

void fw_im_follower_init(struct fw_im_follower *follower);
/* Its requests end, and no more are taken. Twice is once. */
void fw_im_follower_stop(struct fw_im_follower *follower);
void fw_im_follower_done(struct fw_im_follower *follower);

/* FW_FILTER_CONTROL_FOLLOW. PASSIVE_LEVEL. Completes the request, now or later. */
NTSTATUS fw_im_follower_request(struct fw_im_follower *follower, IRP *irp);

void fw_im_event_post(
	const struct fw_im_adapter *adapter, enum fw_adapter_action action, uint32_t direction);

#endif
