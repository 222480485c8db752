/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests that wait for a limit. A file that a limit concerns has two lanes, one a direction, in
 * which its requests wait in their order; lanes of one limit have their turns in a ring. Used by
 * the files of limits. IRQL <= DISPATCH_LEVEL but where it says else.
 *
 * One lock guards all lanes and rings; it is the last in the order of locks, but for the one that
 * cancels requests never held with it, and nothing is called under it.
 */
#ifndef FW_NT_LIMIT_QUEUE_H
#define FW_NT_LIMIT_QUEUE_H

#include "kernel/windows/limit_bucket.h"
#include "kernel/windows/tdi_object.h"

struct fw_limit_stream;

/*
 * While anything is in a lane it has a way, in whose ring it is unless somebody is at work with it
 * (`busy`), and references on its limit and its object.
 */
struct fw_limit_lane {
	LIST_ENTRY ring_entry;
	LIST_ENTRY held; /* IRP.Tail.Overlay.ListEntry, the oldest first */
	struct fw_limit_way *way;
	struct fw_tdi_object *object;
	/* The lane's turn: it is busy, and ends with fw_limit_lane_done(). False: there was no
	 * memory for it, and it wants another. No lock. */
	bool (*run)(struct fw_limit_lane *lane);
	/* What need not wait for a turn, the same. */
	void (*hasten)(struct fw_limit_lane *lane);
	/* Is anything of it under way beside what is held? The lock, as for the two below. */
	bool (*has_more)(const struct fw_limit_lane *lane);
	/* Does that have to wait for a turn? */
	bool (*wants_turn)(const struct fw_limit_lane *lane);
	/* Is there something to be done that need not wait? */
	bool (*is_pressed)(const struct fw_limit_lane *lane);
	/* End a request that was taken out, with an error. No lock. */
	void (*fail)(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status);
	BOOLEAN busy;
	BOOLEAN in_ring;
	BOOLEAN aborted; /* its connection ended: what is under way just now must not wait again */
	BOOLEAN handing; /* the oldest is being handed over by its cancel routine */
	uint32_t rush;	 /* so many of what is held, the oldest, must not wait any more */
};

/* Of a file, as long as it has its object. */
struct fw_limit_file {
	struct fw_limit_lane send;
	struct fw_limit_lane receive;
	struct fw_limit_stream *volatile stream; /* limit_stream.c; of a connection */
	LIST_ENTRY datagrams;			 /* limit_datagram.c; of an address */
	uint32_t datagram_bytes;
};

/* Words of an IRP that waits, in DriverContext. */
enum {
	FW_LIMIT_WORD_LANE,
	FW_LIMIT_WORD_OWNER,  /* of who put it there */
	FW_LIMIT_WORD_QUEUED, /* NULL: it was taken out */
	FW_LIMIT_WORD_HANDED, /* not NULL: its cancel routine has run and left it where it is */
};

/* What other processors may set just now. */
static inline struct fw_limit_file *fw_limit_file_of(const struct fw_tdi_object *object)
{
	return __atomic_load_n(&object->limited, __ATOMIC_ACQUIRE);
}

static inline struct fw_limit_stream *fw_limit_stream_of(const struct fw_limit_file *file)
{
	return __atomic_load_n(&file->stream, __ATOMIC_ACQUIRE);
}

void fw_limit_queue_init(void);
void fw_limit_lock(KIRQL *irql);
void fw_limit_unlock(KIRQL irql);

/* The file of an object, made if there is none; NULL: no memory. */
struct fw_limit_file *fw_limit_file_get(struct fw_tdi_object *object);

/* May something go past the lane, at once? It may if nothing waits in it, nor before it for `way`
 * (NULL: no limit), which has tokens. The lock. */
bool fw_limit_lane_is_open(const struct fw_limit_lane *lane, const struct fw_limit_way *way);

/* Something was put into the lane: it waits for its way, or for `way` if it has none. The lock. */
void fw_limit_lane_wait(struct fw_limit_lane *lane, struct fw_limit_way *way);

/* Begin to work with a lane that has a way, if nobody does. The lock. */
bool fw_limit_lane_grab(struct fw_limit_lane *lane);

/* True: the work is over. False: there is more which need not wait, and the lane is still the
 * caller's. */
bool fw_limit_lane_done(struct fw_limit_lane *lane);

/* Put a request, marked pending, at one end of a list. One of a `held` list of receives, whose data
 * is there, is not ended by being cancelled, but no longer waits; the others are ended by the
 * lane's function. False: it was cancelled before it could wait, and the caller ends it. The lock.
 */
bool fw_limit_put_last(struct fw_limit_lane *lane, LIST_ENTRY *list, IRP *irp, void *owner);
bool fw_limit_put_first(struct fw_limit_lane *lane, LIST_ENTRY *list, IRP *irp, void *owner);
/* A receive whose data is there, of which so many bytes are to be paid for. False: it was
 * cancelled, and what is held up to it must not wait. */
bool fw_limit_put_done(struct fw_limit_lane *lane, IRP *irp, uint64_t bytes);

/* Take the oldest out, which cannot be cancelled any more; NULL: there is none. The lock. */
IRP *fw_limit_take(LIST_ENTRY *list);

/* The oldest receive whose data is there, and what it is to pay for; NULL: there is none, or
 * somebody is about to hand it over. The lock. */
IRP *fw_limit_take_done(struct fw_limit_lane *lane, uint64_t *bytes);

/* What need not wait goes, as soon as nobody is at work with the lane; rush: all that is held. */
void fw_limit_lane_hasten(struct fw_limit_lane *lane);
void fw_limit_lane_rush(struct fw_limit_lane *lane);

/* Take out all that can be, the lock; and end them with this error, no lock. */
void fw_limit_take_all(LIST_ENTRY *list, LIST_ENTRY *taken);
void fw_limit_fail_all(struct fw_limit_lane *lane, LIST_ENTRY *taken, NTSTATUS status);

/* Let so many have their turn, of all limits; returns how many had, and memory for it. */
uint32_t fw_limit_turns(uint32_t most);
/* The same of one. */
uint32_t fw_limit_turns_of(struct fw_limit_way *way, uint32_t most);

/* Does anything wait? */
bool fw_limit_is_waited(void);

#endif
