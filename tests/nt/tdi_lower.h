/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A transport that does what a test tells it: answers each request at once, late, or with an error,
 * and raises events with whatever handler it was given. For tests of the TDI filter that look at
 * one step; bytes over sockets are the fake transport's.
 */
#ifndef FW_TDI_LOWER_H
#define FW_TDI_LOWER_H

#include "nt_internal.h"

#include <tdikrnl.h>

#define TDI_LOWER_MINORS 0x30
#define TDI_LOWER_EVENTS 11
#define TDI_LOWER_HELD 16

/* For minor functions; 0 is for creates, the two below for cleanup and close. */
enum { TDI_LOWER_CREATE = 0, TDI_LOWER_CLEANUP = 0x2e, TDI_LOWER_CLOSE = 0x2f };

struct tdi_lower {
	NTSTATUS status[TDI_LOWER_MINORS];	 /* of the answer */
	ULONG_PTR information[TDI_LOWER_MINORS]; /* the same; 0 of a transfer: all of it */
	bool hold[TDI_LOWER_MINORS];		 /* answers wait for tdi_lower_complete() */
	unsigned calls[TDI_LOWER_MINORS];
	unsigned device_controls; /* IRP_MJ_DEVICE_CONTROL that came down as such */
	IRP *held[TDI_LOWER_HELD];
	void *handler[TDI_LOWER_EVENTS]; /* as it was set last */
	void *handler_context[TDI_LOWER_EVENTS];
	void (*in_set)(LONG type); /* called after a handler was taken, before the answer */
	uint16_t port;		   /* that the next query answers */
	uint8_t family;
	uint32_t disconnect_flags; /* of the last TDI_DISCONNECT */
	uint8_t remote[4];	   /* that a listen and a datagram receive report, with port 4000 */
	NTSTATUS failure;	   /* of what fails in its turn; 0: STATUS_INSUFFICIENT_RESOURCES */
	bool fails_late;	   /* from another thread, at DISPATCH_LEVEL */
	const uint8_t *said;	   /* not NULL: these bytes instead of any address it reports */
	uint32_t said_size;
};

extern struct tdi_lower tdi_lower;

/* Load it with these devices, one bit each: Tcp, Udp, RawIp, Tcp6, Udp6, RawIp6. */
void tdi_lower_start(unsigned devices);
void tdi_lower_stop(void);

/* Answer the oldest held request of a minor function, at DISPATCH_LEVEL; false: there is none. */
bool tdi_lower_complete(unsigned minor, NTSTATUS status, ULONG_PTR information);
bool tdi_lower_holds(unsigned minor);

/* A transport gets a request that a handler returned. */
void tdi_lower_take(IRP *irp);

/* A TRANSPORT_ADDRESS of 22 or 34 bytes; the length. */
uint32_t tdi_lower_address(uint8_t *bytes, uint8_t family, const uint8_t *address, uint16_t port);

#endif
