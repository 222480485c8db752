/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An adapter that the intermediate driver is bound to: the binding to the miniport below, our own
 * miniport above it, and what judges its packets. Counted: NDIS has one reference from bind to the
 * end of unbind or halt, bind and unbind have one while they run, each handle that is open on it
 * one, each row under way one. Called by all of kernel/windows/filter; IRQL where it is said.
 */
#ifndef FW_NT_IM_ADAPTER_H
#define FW_NT_IM_ADAPTER_H

#include "abi/filter_control.h"
#include "kernel/windows/ddk/ndis51.h"

#include <stdbool.h>

struct fw_im_set;

enum fw_im_side { FW_IM_IN = 0, FW_IM_OUT = 1, FW_IM_SIDES };

/* One direction of an adapter (NT-32). The lock is for all of it; a packet is looked up with it
 * held, which takes a bounded time and no calls: so who has replaced a list knows that no packet is
 * in the old one. */
struct fw_im_judge {
	KSPIN_LOCK lock;
	struct fw_im_set *set; /* NULL: none, and nothing is counted */
	char pattern[FW_ADAPTER_NAME_SIZE];
	struct fw_filter_counters counters[FW_FILTER_PLACES];
};

/* What the adapter below says of itself. */
struct fw_im_facts {
	uint32_t mtu;
	uint64_t speed_bps;
	uint8_t mac[32];
	uint32_t mac_length;
	bool has_carrier;
};

/* What is under way, and who waits for the end of it. Under the adapter's lock. */
struct fw_im_use {
	uint32_t count;
	uint32_t waiters; /* for `count` to be 0 */
	KEVENT none;	  /* it was, while somebody waited */
};

struct fw_im_adapter {
	LIST_ENTRY entry; /* of those that are found by name */
	LIST_ENTRY known; /* of all */
	volatile LONG references;
	uint32_t index;			 /* not used again */
	char name[FW_ADAPTER_NAME_SIZE]; /* the last part of the device's name below: a GUID in
					    braces */
	char description[FW_ADAPTER_TEXT_SIZE];
	UNICODE_STRING instance; /* of our own miniport */

	NDIS_HANDLE binding;  /* NULL: closed */
	NDIS_HANDLE miniport; /* NULL: not initialised, or halted */
	NDIS_HANDLE send_pool;
	NDIS_HANDLE receive_pool;
	NDIS_MEDIUM medium; /* below */
	KEVENT opened;	    /* an open or close that pended has ended with `open_status` */
	NDIS_STATUS open_status;
	KEVENT initialized; /* NDIS is through with our miniport's initialisation, or it was called
			       off */
	bool initializes;
	KEVENT closed; /* the binding, and the pools with it */

	struct fw_im_judge side[FW_IM_SIDES];
	bool was_indicated; /* by look-ahead since the last end of receiving; the adapter below
			       serialises these */

	KSPIN_LOCK lock;	       /* of what follows; nothing is called with it held */
	NDIS_DEVICE_POWER_STATE below; /* the adapter's */
	NDIS_DEVICE_POWER_STATE above; /* our miniport's */
	bool stands_by;		       /* since one of the two fell asleep none has woken up */
	bool leaves;		       /* no request goes down any more */
	bool closes;		       /* somebody closes the binding, or has */
	bool is_halted;		       /* our miniport, and the reference that NDIS had goes */
	bool is_queued;		       /* `request` waits for the adapter to wake up */
	NDIS_STATUS media;	       /* the cable: what the adapter last said of it, how often */
	uint32_t media_heard;	       /* it did, and what of that those above were told */
	uint32_t media_told;
	bool is_telling;	   /* somebody is */
	struct fw_im_use requests; /* of our own, and sends, that are down there */
	struct fw_im_use lent;	   /* received packets that are above, and come back */
	struct fw_im_facts facts;

	/* The one request that NDIS has with our miniport at a time. */
	NDIS_REQUEST request;
	ULONG *transferred;
	ULONG *needed;
	ULONG lookahead; /* in the place of a smaller one */
};

void fw_im_adapters_init(void);

/* NULL: no memory. With one reference. PASSIVE_LEVEL. */
struct fw_im_adapter *fw_im_adapter_new(
	const UNICODE_STRING *device, const UNICODE_STRING *instance);
void fw_im_adapter_get(struct fw_im_adapter *adapter);
/* With a reference; NULL: this is no adapter any more. */
struct fw_im_adapter *fw_im_adapter_known(const void *context);
/* NULL is accepted. */
void fw_im_adapter_put(struct fw_im_adapter *adapter);

/* Into the table, with an index; out of it: it is not found any more. False: it was not there. */
void fw_im_adapter_insert(struct fw_im_adapter *adapter);
bool fw_im_adapter_remove(struct fw_im_adapter *adapter);
uint32_t fw_im_adapter_count(void);

/* With a reference, NULL: none. The one with the lowest index above `after`; the one of this name.
 */
struct fw_im_adapter *fw_im_adapter_next(uint32_t after);
struct fw_im_adapter *fw_im_adapter_named(const char *name);

/* May something go down, or up? Then the adapter is not unbound, not halted and not put to sleep
 * before the end of it. */
bool fw_im_adapter_begin(struct fw_im_adapter *adapter);
bool fw_im_adapter_begin_up(struct fw_im_adapter *adapter);
void fw_im_adapter_end(struct fw_im_adapter *adapter);
/* Wait until all that has begun has ended. PASSIVE_LEVEL. */
void fw_im_adapter_wait(struct fw_im_adapter *adapter);

/* A received packet goes up, and comes back: between begin and end of going up, and last of all
 * when it is back, for the adapter may be gone then. */
void fw_im_adapter_lend(struct fw_im_adapter *adapter);
void fw_im_adapter_returned(struct fw_im_adapter *adapter);
/* When nothing goes up any more: wait until all are back. PASSIVE_LEVEL. */
void fw_im_adapter_wait_lent(struct fw_im_adapter *adapter);

/* Do both ends run? */
bool fw_im_adapter_is_awake(struct fw_im_adapter *adapter);

#endif
