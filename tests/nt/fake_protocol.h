/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A protocol for the top of a stack, as TCP/IP is: it sends what a test says, keeps some of the packets it gets for a
 * while, fetches the rest of what comes in pieces, and asks. For tests, at PASSIVE_LEVEL.
 */
#ifndef FW_FAKE_PROTOCOL_H
#define FW_FAKE_PROTOCOL_H

#include "fake_frame.h"

struct fake_protocol_options {
	unsigned keep_chance; /* of 100: that a packet is kept and returned later */
	bool pieces_only;     /* has no routine for whole packets */
	bool holds;	      /* packets stay with it until it is told, or unbound */
	bool returns_late;    /* what it has when it is unbound is returned when it has closed */
};

struct fake_protocol;
struct fake_binding; /* to one adapter */

struct fake_protocol *fake_protocol_new(const struct fake_protocol_options *options);
void fake_protocol_free(struct fake_protocol *protocol);
/* Waits until it is bound to the adapter of this name; NULL: it will not be, nothing is under way. */
struct fake_binding *fake_protocol_binding(struct fake_protocol *protocol, const char *adapter);
unsigned fake_protocol_bindings(struct fake_protocol *protocol);

/* Makes a packet and sends it; at DISPATCH_LEVEL by chance. False: there was none to be had, or it is being unbound. */
bool fake_binding_send(struct fake_binding *binding, const void *bytes, uint32_t length, const struct fake_shape *shape);
/* Several in one call. */
void fake_binding_send_many(struct fake_binding *binding, const void *bytes, uint32_t length, unsigned count);
void fake_binding_wait(struct fake_binding *binding); /* until all that was sent is completed */
unsigned fake_binding_sent(struct fake_binding *binding);   /* that were completed with success */
unsigned fake_binding_failed(struct fake_binding *binding); /* and with another status */

struct fake_record *fake_binding_received(struct fake_binding *binding);
void fake_binding_return_all(struct fake_binding *binding); /* the packets that it holds */
unsigned fake_binding_held(struct fake_binding *binding);
/* Receives and receive completes of the look-ahead path. */
unsigned fake_binding_pieces(struct fake_binding *binding);
unsigned fake_binding_completes(struct fake_binding *binding);

NDIS_STATUS fake_binding_query(struct fake_binding *binding, NDIS_OID oid, void *buffer, uint32_t length, uint32_t *written);
NDIS_STATUS fake_binding_set(struct fake_binding *binding, NDIS_OID oid, void *buffer, uint32_t length);
NDIS_STATUS fake_binding_reset(struct fake_binding *binding);
/* Events of Plug and Play of this kind that it was told of; what it answers to them from now on; what it was last told of
 * power. */
unsigned fake_binding_events(struct fake_binding *binding, NET_PNP_EVENT_CODE code);
void fake_binding_event_status(struct fake_binding *binding, NDIS_STATUS status);
NDIS_DEVICE_POWER_STATE fake_binding_power(struct fake_binding *binding);
/* The last of these statuses that was indicated, 0: none; and how many of all kinds. */
NDIS_STATUS fake_binding_media_status(struct fake_binding *binding);
unsigned fake_binding_statuses(struct fake_binding *binding);
unsigned fake_binding_status_completes(struct fake_binding *binding);

#endif
