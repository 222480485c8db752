/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A client with one connection whose downloads are limited, and the transport below it, which brings
 * it a stream of known bytes. For tests of limits, from threads of the fake kernel.
 */
#ifndef FW_LIMIT_RECEIVER_H
#define FW_LIMIT_RECEIVER_H

#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RATE 100000u /* bytes a second */
#define PIECE (RATE / 10)
#define REQUESTS 6
#define CONTEXT ((void *)0x11)

/* What the client saw, in order: bytes of the stream, and its end. */
struct limit_client {
	uint32_t bytes; /* by its handler */
	unsigned calls, ends, end_after;
	NTSTATUS status; /* that it returns */
	ULONG most;	 /* that it takes */
	IRP *irp;
	unsigned urgent;
	unsigned datagrams;
	void (*in_call)(void); /* called by its handler; NULL: nothing is */
};

extern struct limit_client client;
extern struct tdi_request requests[REQUESTS];
extern UCHAR buffers[REQUESTS][2 * PIECE];
extern MDL *mdls[REQUESTS];
extern PFILE_OBJECT address, connection;
extern UCHAR stream[4 * PIECE];
extern uint32_t pulled; /* of the stream, by requests to the transport */
extern struct nt_options seeded;

void start(void);
void remove_limit(void);
void stop(void);

/* The bucket is overdrawn by `ms` from now on. */
void overdraw(uint32_t ms);
uint64_t now_ms(void);

/* A TDI_RECEIVE; end() waits for it. */
void begin(unsigned n, uint32_t length, uint32_t flags);
NTSTATUS end(unsigned n);

/* The transport fills the oldest receive that it has from the stream. */
void fill(uint32_t bytes);

/* It tells of so many bytes; refuse(): the limit is to refuse them. */
NTSTATUS indicate(LONG type, uint32_t bytes, ULONG *taken);
void refuse(uint32_t bytes);
void peer_ends(ULONG flags);

NTSTATUS on_datagram(void *context, LONG source_length, void *source, LONG options_length,
	void *options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data,
	PIRP *irp);
/* It tells of a datagram, the n-th byte of the stream being its first. */
NTSTATUS raise_datagram(uint32_t indicated, uint32_t available, unsigned n);

uint64_t received(void);
struct fw_rule_counters counters(void);

#endif
