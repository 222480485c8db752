/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter's own devices, one above each of the transport's, and what it counts as a whole. Used
 * by the files of the TDI filter only; what others may call is in tdi_filter.h. Any IRQL <=
 * DISPATCH_LEVEL, no lock.
 */
#ifndef FW_NT_TDI_ATTACH_H
#define FW_NT_TDI_ATTACH_H

#include "kernel/windows/ddk/tdi_kernel.h"
#include "kernel/windows/tdi_filter.h"

/* IPPROTO_*; of a raw address the number that its name says, this one when it says none. */
enum {
	FW_TDI_PROTOCOL_TCP = 6,
	FW_TDI_PROTOCOL_UDP = 17,
	FW_TDI_PROTOCOL_RAW = 255,
};

/* The extension of a device of the filter. */
struct fw_tdi_device {
	DEVICE_OBJECT *self;
	DEVICE_OBJECT *lower; /* where requests go on to */
	BOOLEAN attached;
	uint16_t protocol; /* of the above */
	uint8_t family;	   /* enum fw_family */
	uint32_t state;	   /* of enum fw_control_state */
};

/* Is nothing counted or judged? */
bool fw_tdi_bypassed(void);

/* There was no memory for something that belongs to a flow. */
void fw_tdi_count_failure(void);

/* A request of which we wait to hear: a completion routine of ours is in it. */
void fw_tdi_request_enter(void);
void fw_tdi_request_leave(void);

#endif
