/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An adapter for the bottom of a stack: it records what is sent and indicates what a test says, in every way that NDIS
 * has. For tests, at PASSIVE_LEVEL; it calls its protocol at DISPATCH_LEVEL.
 */
#ifndef FW_FAKE_ADAPTER_H
#define FW_FAKE_ADAPTER_H

#include "fake_frame.h"

enum fake_sends {
	FAKE_SENDS_MIXED, /* by chance one of these */
	FAKE_SENDS_AT_ONCE,
	FAKE_SENDS_WITHIN, /* completed before the call that pends has returned */
	FAKE_SENDS_LATER,  /* from another thread at DISPATCH_LEVEL */
};

struct fake_adapter_options {
	const char *name;     /* of its device; NULL: "\\Device\\{A}" */
	const char *instance; /* NULL: "Fake Adapter" */
	uint8_t mac[6];
	enum fake_sends sends;
};

struct fake_adapter;
struct fake_adapter *fake_adapter_new(const struct fake_adapter_options *options);
void fake_adapter_free(struct fake_adapter *adapter); /* unplugs it: its protocol is unbound first */
struct ndis_adapter *fake_adapter_ndis(struct fake_adapter *adapter);

struct fake_record *fake_adapter_sent(struct fake_adapter *adapter);
/* From now on sends end with this status. */
void fake_adapter_send_status(struct fake_adapter *adapter, NDIS_STATUS status);
/* Sends stay with the adapter until they are let go, also if that is at its end. */
void fake_adapter_hold(struct fake_adapter *adapter);
void fake_adapter_let_go(struct fake_adapter *adapter);
unsigned fake_adapter_held(struct fake_adapter *adapter);

/* A whole packet. False: there was none to be had. */
bool fake_adapter_packet(struct fake_adapter *adapter, const void *bytes, uint32_t length, const struct fake_shape *shape,
	bool resources);
/* Several at once. */
void fake_adapter_packets(struct fake_adapter *adapter, const void *bytes, uint32_t length, unsigned count);
/* A header and what of the rest may be seen at once; transfers pend or not. Followed by a receive complete. */
void fake_adapter_lookahead(struct fake_adapter *adapter, const void *bytes, uint32_t length, uint32_t lookahead,
	bool transfer_later);
unsigned fake_adapter_out(struct fake_adapter *adapter); /* packets that were not returned yet */

void fake_adapter_link(struct fake_adapter *adapter, bool is_up);
uint32_t fake_adapter_packet_filter(struct fake_adapter *adapter); /* that was last set */
unsigned fake_adapter_requests(struct fake_adapter *adapter); /* that reached it */

#endif
