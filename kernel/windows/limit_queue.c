/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_queue.h"

#include "kernel/windows/limit_timer.h"
#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_attach.h"

#define WORD(irp, word) ((irp)->Tail.Overlay.DriverContext[word])
#define ENTRY_OF(irp) (&(irp)->Tail.Overlay.ListEntry)
#define IRP_OF(entry) CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry)
#define TURNS_OF_ONE 16u /* before the next limit */

static struct {
	KSPIN_LOCK lock;
	LIST_ENTRY active;    /* ways */
	uint32_t ways;	      /* of these */
	uint32_t lanes;	      /* that have a way */
	struct fw_limit none; /* of those that waited for a limit which is not theirs any more */
} queue;

void fw_limit_queue_init(void)
{
	KeInitializeSpinLock(&queue.lock);
	InitializeListHead(&queue.active);
	queue.ways = 0;
	queue.lanes = 0;
	fw_limit_init_none(&queue.none);
}

void fw_limit_lock(KIRQL *irql)
{
	KeAcquireSpinLock(&queue.lock, irql);
}

void fw_limit_unlock(KIRQL irql)
{
	KeReleaseSpinLock(&queue.lock, irql);
}

static bool may_go(const struct fw_limit_way *way)
{
	return fw_tdi_bypassed() || fw_limit_has_tokens(way);
}

bool fw_limit_lane_is_open(const struct fw_limit_lane *lane, const struct fw_limit_way *way)
{
	return !lane->way && (!way || (IsListEmpty(&way->ring) && may_go(way)));
}

static void link_lane(struct fw_limit_lane *lane)
{
	struct fw_limit_way *way = lane->way;

	InsertTailList(&way->ring, &lane->ring_entry);
	lane->in_ring = TRUE;
	if (!way->is_active) {
		InsertTailList(&queue.active, &way->active);
		queue.ways++;
	}
	way->is_active = TRUE;
}

static void unlink_lane(struct fw_limit_lane *lane)
{
	struct fw_limit_way *way = lane->way;

	if (!lane->in_ring)
		return;
	RemoveEntryList(&lane->ring_entry);
	lane->in_ring = FALSE;
	if (!IsListEmpty(&way->ring))
		return;
	RemoveEntryList(&way->active);
	way->is_active = FALSE;
	queue.ways--;
}

/* Into the ring, if it wants a turn. */
static void place(struct fw_limit_lane *lane)
{
	bool wants = !IsListEmpty(&lane->held) || lane->wants_turn(lane);

	if (wants && !lane->in_ring)
		link_lane(lane);
	else if (!wants)
		unlink_lane(lane);
}

void fw_limit_lane_wait(struct fw_limit_lane *lane, struct fw_limit_way *way)
{
	if (!lane->way) {
		lane->way = way;
		lane->aborted = FALSE;
		fw_limit_hold(way->limit);
		fw_tdi_object_hold(lane->object);
		fw_tdi_request_enter();
		queue.lanes++;
		fw_limit_timer_start();
	}
	if (!lane->busy)
		place(lane);
}

bool fw_limit_lane_grab(struct fw_limit_lane *lane)
{
	if (lane->busy || !lane->way)
		return false;
	unlink_lane(lane);
	lane->busy = TRUE;
	return true;
}

/* With the lock, of a lane with which nobody is at work: into the ring, or out of all. Returns the
 * limit that is to be released with the object, outside of the lock. */
static struct fw_limit *settle(struct fw_limit_lane *lane)
{
	struct fw_limit_way *way = lane->way;

	if (!way)
		return NULL;
	if (!IsListEmpty(&lane->held) || lane->has_more(lane)) {
		place(lane);
		return NULL;
	}
	unlink_lane(lane);
	lane->way = NULL;
	lane->rush = 0;
	lane->handing = FALSE;
	queue.lanes--;
	return way->limit;
}

static void release(struct fw_limit *limit, struct fw_tdi_object *object)
{
	if (!limit)
		return;
	fw_limit_put(limit);
	fw_tdi_object_put(object);
	fw_tdi_request_leave();
}

bool fw_limit_lane_done(struct fw_limit_lane *lane)
{
	struct fw_tdi_object *object = lane->object;
	struct fw_limit *limit = NULL;
	bool done;
	KIRQL irql;

	fw_limit_lock(&irql);
	done = !(lane->rush && !lane->handing) && !lane->is_pressed(lane);
	if (done) {
		lane->busy = FALSE;
		lane->aborted = lane->aborted && !IsListEmpty(&lane->held);
		limit = settle(lane);
	}
	fw_limit_unlock(irql);
	release(limit, object);
	return done;
}

/* Of a lane of which something was taken away by somebody else than who is at work with it. */
static void settle_now(struct fw_limit_lane *lane)
{
	struct fw_tdi_object *object = lane->object;
	struct fw_limit *limit = NULL;
	KIRQL irql;

	fw_limit_lock(&irql);
	if (!lane->busy)
		limit = settle(lane);
	fw_limit_unlock(irql);
	release(limit, object);
}

static void take_out(IRP *irp)
{
	RemoveEntryList(ENTRY_OF(irp));
	WORD(irp, FW_LIMIT_WORD_QUEUED) = NULL;
}

/* The lane stays as long as the request, which has a reference on its object. */
static void NTAPI cancel(DEVICE_OBJECT *device, IRP *irp)
{
	struct fw_limit_lane *lane = WORD(irp, FW_LIMIT_WORD_LANE);
	KIRQL irql;

	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
	fw_limit_lock(&irql);
	if (WORD(irp, FW_LIMIT_WORD_QUEUED))
		take_out(irp);
	fw_limit_unlock(irql);
	fw_tdi_object_hold(lane->object);
	lane->fail(lane, irp, STATUS_CANCELLED);
	settle_now(lane);
	fw_tdi_object_put(lane->object);
}

/* All that is held, up to this one, goes. With the lock. */
static void rush_to(struct fw_limit_lane *lane, IRP *irp)
{
	uint32_t position = 1;
	LIST_ENTRY *entry;

	for (entry = lane->held.Flink; entry != ENTRY_OF(irp); entry = entry->Flink)
		position++;
	if (lane->rush < position)
		lane->rush = position;
}

/* Its data is there, and so is that of those before it: all of them go, in their order. Those
 * behind it wait on. */
static void NTAPI hurry(DEVICE_OBJECT *device, IRP *irp)
{
	struct fw_limit_lane *lane = WORD(irp, FW_LIMIT_WORD_LANE);
	struct fw_tdi_object *object = lane->object;
	KIRQL irql;

	(void)device;
	fw_tdi_object_hold(object);
	IoReleaseCancelSpinLock(irp->CancelIrql);
	fw_limit_lock(&irql);
	WORD(irp, FW_LIMIT_WORD_HANDED) = irp;
	lane->handing = FALSE;
	rush_to(lane, irp);
	fw_limit_unlock(irql);
	fw_limit_lane_hasten(lane);
	fw_tdi_object_put(object);
}

/* The entry is whole before the cancel routine is set: from then on it may run. */
static bool insert(struct fw_limit_lane *lane, LIST_ENTRY *before, IRP *irp, void *owner,
	PDRIVER_CANCEL routine)
{
	WORD(irp, FW_LIMIT_WORD_LANE) = lane;
	WORD(irp, FW_LIMIT_WORD_OWNER) = owner;
	WORD(irp, FW_LIMIT_WORD_QUEUED) = irp;
	WORD(irp, FW_LIMIT_WORD_HANDED) = NULL;
	InsertTailList(before, ENTRY_OF(irp));
	(void)IoSetCancelRoutine(irp, routine);
	/* Or its cancel routine waits for the lock. */
	return !irp->Cancel || !IoSetCancelRoutine(irp, NULL);
}

bool fw_limit_put_last(struct fw_limit_lane *lane, LIST_ENTRY *list, IRP *irp, void *owner)
{
	bool waits = insert(lane, list, irp, owner, cancel);

	if (!waits)
		take_out(irp);
	return waits;
}

bool fw_limit_put_first(struct fw_limit_lane *lane, LIST_ENTRY *list, IRP *irp, void *owner)
{
	return fw_limit_put_last(lane, list->Flink, irp, owner);
}

bool fw_limit_put_done(struct fw_limit_lane *lane, IRP *irp, uint64_t bytes)
{
	bool waits = insert(lane, &lane->held, irp, (void *)(uintptr_t)bytes, hurry);

	if (!waits) {
		WORD(irp, FW_LIMIT_WORD_HANDED) = irp;
		rush_to(lane, irp);
	}
	return waits;
}

IRP *fw_limit_take(LIST_ENTRY *list)
{
	while (!IsListEmpty(list)) {
		IRP *irp = IRP_OF(list->Flink);

		take_out(irp);
		if (IoSetCancelRoutine(irp, NULL))
			return irp;
		/* Its cancel routine waits for the lock, finds it taken out, and ends it. */
	}
	return NULL;
}

IRP *fw_limit_take_done(struct fw_limit_lane *lane, uint64_t *bytes)
{
	IRP *irp = IsListEmpty(&lane->held) ? NULL : IRP_OF(lane->held.Flink);

	if (irp && !WORD(irp, FW_LIMIT_WORD_HANDED) && !IoSetCancelRoutine(irp, NULL)) {
		lane->handing = TRUE; /* its cancel routine waits for the lock, and will say so */
		return NULL;
	}
	if (irp) {
		*bytes = (uintptr_t)WORD(irp, FW_LIMIT_WORD_OWNER);
		take_out(irp);
		lane->rush -= lane->rush != 0;
	}
	return irp;
}

void fw_limit_lane_hasten(struct fw_limit_lane *lane)
{
	bool mine;
	KIRQL irql;

	fw_limit_lock(&irql);
	mine = fw_limit_lane_grab(lane);
	fw_limit_unlock(irql);
	if (mine)
		lane->hasten(lane);
}

void fw_limit_lane_rush(struct fw_limit_lane *lane)
{
	KIRQL irql;

	fw_limit_lock(&irql);
	if (!IsListEmpty(&lane->held))
		rush_to(lane, IRP_OF(lane->held.Blink));
	fw_limit_unlock(irql);
	fw_limit_lane_hasten(lane);
}

void fw_limit_take_all(LIST_ENTRY *list, LIST_ENTRY *taken)
{
	IRP *irp;

	InitializeListHead(taken);
	while ((irp = fw_limit_take(list)) != NULL)
		InsertTailList(taken, ENTRY_OF(irp));
}

void fw_limit_fail_all(struct fw_limit_lane *lane, LIST_ENTRY *taken, NTSTATUS status)
{
	while (!IsListEmpty(taken))
		lane->fail(lane, IRP_OF(RemoveHeadList(taken)), status);
	settle_now(lane);
}

/* The lane whose turn it is, now the caller's; NULL: there is none, no tokens, or it is `not`. */
static struct fw_limit_lane *next_lane(struct fw_limit_way *way, const struct fw_limit_lane * not )
{
	struct fw_limit_lane *lane = NULL;
	KIRQL irql;

	fw_limit_lock(&irql);
	if (!IsListEmpty(&way->ring) && may_go(way))
		lane = CONTAINING_RECORD(way->ring.Flink, struct fw_limit_lane, ring_entry);
	if (lane == not )
		lane = NULL;
	if (lane)
		fw_limit_lane_grab(lane);
	fw_limit_unlock(irql);
	return lane;
}

/* The lane's limit may not be the one that counts any more: it waits for that from now on, or for
 * none, and its turn is over. The lane is the caller's; a limit that is retired lets it go. */
static bool moves(struct fw_limit_lane *lane)
{
	struct fw_limit *before = lane->way->limit;
	unsigned direction = (unsigned)(lane->way - before->ways);
	struct fw_limit *limit = fw_rules_limit(lane->object->payer, direction);
	KIRQL irql;

	if (limit == before || (!limit && fw_limit_is_retired(before))) {
		fw_limit_put(limit);
		return false;
	}
	if (!limit) {
		limit = &queue.none;
		fw_limit_hold(limit);
	}
	fw_limit_lock(&irql);
	lane->way = &limit->ways[direction];
	fw_limit_unlock(irql);
	fw_limit_put(before);
	return true;
}

static bool take_turn(struct fw_limit_lane *lane)
{
	if (!moves(lane))
		return lane->run(lane);
	if (!fw_limit_lane_done(lane))
		lane->hasten(lane);
	return true;
}

/* A lane for which there was no memory has no second turn; others may need none. */
uint32_t fw_limit_turns_of(struct fw_limit_way *way, uint32_t most)
{
	struct fw_limit_lane *lane, *failed = NULL;
	uint32_t count = 0, i;

	for (i = 0; i < most && (lane = next_lane(way, failed)) != NULL; i++) {
		if (take_turn(lane))
			count++;
		else if (!failed)
			failed = lane;
	}
	return count;
}

/* The way that has waited longest, with a reference on its limit. */
static struct fw_limit_way *next_way(uint32_t *ways)
{
	struct fw_limit_way *way = NULL;
	LIST_ENTRY *entry;
	KIRQL irql;

	fw_limit_lock(&irql);
	*ways = queue.ways;
	if (!IsListEmpty(&queue.active)) {
		entry = RemoveHeadList(&queue.active);
		InsertTailList(&queue.active, entry);
		way = CONTAINING_RECORD(entry, struct fw_limit_way, active);
		fw_limit_hold(way->limit);
	}
	fw_limit_unlock(irql);
	return way;
}

uint32_t fw_limit_turns(uint32_t most)
{
	uint32_t count = 0, idle = 0, ways;
	struct fw_limit_way *way;

	while (count < most && (way = next_way(&ways)) != NULL) {
		uint32_t had = fw_limit_turns_of(way, TURNS_OF_ONE);

		fw_limit_put(way->limit);
		count += had;
		idle = had ? 0 : idle + 1;
		if (idle >= ways)
			break;
	}
	return count;
}

bool fw_limit_is_waited(void)
{
	return queue.lanes != 0;
}
