/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A transport driver that carries bytes over real sockets of the loopback: \Device\Tcp, Udp, RawIp (over UDP), and the
 * three of IPv6. When it answers and how it tells of data is up to chance, by the kernel's seed. Called by tests.
 */
#ifndef FW_FAKE_TRANSPORT_H
#define FW_FAKE_TRANSPORT_H

#include "include/tdikrnl.h"
#include "nt_kernel.h"

enum fake_protocol { FAKE_TCP, FAKE_UDP, FAKE_RAW, FAKE_TCP6, FAKE_UDP6, FAKE_RAW6, FAKE_PROTOCOLS };

/* Chances of 100. */
struct fake_policy {
	unsigned pending;      /* a request that could be answered at once is, later, by another thread */
	unsigned dispatch;     /* that thread, and events, are at DISPATCH_LEVEL */
	unsigned partial;      /* a send goes in pieces; data is told of in small parts */
	unsigned chained;      /* where there is a chained handler, it is asked rather than the other */
	unsigned null_address; /* a datagram comes without the address of its sender */
};

/* What sockets carried and clients got; bytes of payload. */
struct fake_totals {
	uint64_t sent;	    /* given to sockets */
	uint64_t received;  /* taken from sockets */
	uint64_t delivered; /* of these, handed to clients */
	uint64_t left;	    /* of these, thrown away when their connection ended */
	uint64_t connects, accepts, refusals; /* connections made, taken, refused by a handler */
	uint64_t events; /* calls of handlers */
	uint64_t direct_sends; /* calls of the function that IOCTL_TDI_QUERY_DIRECT_SEND_HANDLER gave */
};

/* `devices`: bit (1 << enum fake_protocol); policy NULL: a mix of everything. */
NTSTATUS fake_transport_start(unsigned devices, const struct fake_policy *policy);
void fake_transport_stop(void);
/* Waits until nothing is amid being told of or answered. PASSIVE_LEVEL. */
void fake_transport_totals(enum fake_protocol protocol, struct fake_totals *totals);
void fake_transport_policy(const struct fake_policy *policy);
const char *fake_device_name(enum fake_protocol protocol);

/* Handlers that somebody set and that are still there, of the whole transport. */
unsigned fake_transport_handlers(void);

#endif
