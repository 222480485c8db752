/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Download: receives that are complete wait before their client has them; what events bring is
 * refused and pulled later. Called by the files of the TDI filter and of limits. IRQL <=
 * DISPATCH_LEVEL but where it says else, no lock is held.
 */
#ifndef FW_NT_LIMIT_RECEIVE_H
#define FW_NT_LIMIT_RECEIVE_H

#include "kernel/windows/limit_queue.h"

#define FW_LIMIT_PULL_BYTES 16384u

/*
 * Data of a connection on its way from the lower driver to a client that was not told of it: one
 * request of ours pulls it into a buffer, when the limit lets it, and from there the client has it
 * as it would from the lower driver. All of it under the lock of limit_queue.c, but that `data` and
 * its descriptor are of who is at work with the lane.
 */
struct fw_limit_stream {
	IRP *irp;
	MDL *mdl;	    /* of `data` */
	uint8_t *data;	    /* FW_LIMIT_PULL_BYTES; NULL: nothing is pulled, nothing is here */
	KEVENT landed;	    /* the request is not below */
	LIST_ENTRY waiting; /* the client's TDI_RECEIVEs, which want what comes here */
	uint32_t begin;	    /* of what the client has not taken yet */
	uint32_t length;
	uint32_t below;	 /* TDI_RECEIVEs of the client that we have sent down and not back */
	BOOLEAN due;	 /* an event was refused */
	BOOLEAN flying;	 /* the request is below */
	BOOLEAN blocked; /* the client knows of the data and will ask for it */
	BOOLEAN end_due; /* and that nothing more comes it is to be told */
	ULONG end_flags;
};

/* The limit of a receiving object with a reference, or NULL. */
struct fw_limit *fw_limit_of_receiver(struct fw_tdi_object *object);

/* Bytes went to the client past what holds receives. `could_wait`: what comes next can be refused,
 * and waits until all of them are paid for. */
void fw_limit_charge_received(struct fw_tdi_object *object, uint64_t bytes, bool could_wait);

/* A receive has completed, in its completion routine, and counted; it is marked pending, and has a
 * reference on its object. True: it waits, and goes on by itself. `was_below`: fw_limit_receive(),
 * or what waited since, had sent it. */
bool fw_limit_hold_received(struct fw_tdi_object *object, IRP *irp, uint64_t bytes, bool was_below);

/* A TDI_RECEIVE, with a reference on its object. False: it concerns no limit, nothing was done. */
bool fw_limit_receive(struct fw_tdi_object *object, IRP *irp, NTSTATUS *status);

/* The most that an event may show, and a request fetch, at once; 0: all. */
uint32_t fw_limit_most_received(struct fw_tdi_object *object);

/* Is this event to be refused? Then its data is pulled later. */
bool fw_limit_refuses_event(struct fw_tdi_object *object);

/* Data comes that can be neither held nor refused: what is held goes before it. */
void fw_limit_rush_received(struct fw_tdi_object *object);

/* The other side has ended the connection. True: the client is told when it has what came before.
 */
bool fw_limit_delays_end(struct fw_tdi_object *object, ULONG flags);

/* The connection was ended here, another begins, or its file is cleaned up: sends end with this
 * status, what came goes. */
void fw_limit_abort(struct fw_tdi_object *object, NTSTATUS status);
/* The first half of it, where the other side ended it. */
void fw_limit_abort_sends(struct fw_tdi_object *object, NTSTATUS status);

/* The same for ever, until nothing is under way. PASSIVE_LEVEL. */
void fw_limit_stop(struct fw_tdi_object *object);

/* The object goes. */
void fw_limit_file_free(struct fw_limit_file *file);

/* limit_stream.c, for limit_receive.c: memory for a connection; NULL: there is none. */
struct fw_limit_stream *fw_limit_stream_get(struct fw_limit_file *file);
void fw_limit_stream_free(struct fw_limit_stream *stream);
/* Memory for what is pulled, until the client has it; false: there is none. The lane is busy. */
bool fw_limit_stream_prepare(struct fw_limit_stream *stream);
/* Ask the lower driver: the lane stays busy until it has answered. */
void fw_limit_stream_pull(struct fw_limit_lane *lane);
/* Give on what is here. */
void fw_limit_stream_serve(struct fw_limit_lane *lane);
bool fw_limit_stream_is_pressed(const struct fw_limit_lane *lane);

/* The lane's functions. */
bool fw_limit_receive_run(struct fw_limit_lane *lane);
void fw_limit_receive_fail(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status);
bool fw_limit_receive_has_more(const struct fw_limit_lane *lane);
bool fw_limit_receive_wants_turn(const struct fw_limit_lane *lane);
void fw_limit_receive_done(struct fw_limit_lane *lane); /* the work with the lane is over */

/* limit_datagram.c: a datagram came by an event, and its handler is found again later. True: it
 * waits here, or was dropped. */
struct fw_limit_datagram {
	const void *source;
	LONG source_length;
	const void *options;
	LONG options_length;
	ULONG flags;
	ULONG indicated;
	ULONG available;
	const void *data; /* or, of a chain: */
	MDL *chain;
	ULONG offset;
};
bool fw_limit_takes_datagram(
	struct fw_tdi_object *address, const struct fw_limit_datagram *datagram);
/* Hand on the oldest, if there is one. */
bool fw_limit_datagram_run(struct fw_limit_lane *lane);
void fw_limit_datagrams_drop(struct fw_limit_lane *lane);

#endif
