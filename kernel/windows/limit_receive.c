/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_receive.h"

#include "kernel/windows/limit_send.h"
#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_transfer.h"

static struct fw_limit_file *file_of(const struct fw_limit_lane *lane)
{
	return CONTAINING_RECORD(lane, struct fw_limit_file, receive);
}

static struct fw_limit_way *way_of(struct fw_limit *limit)
{
	return limit ? &limit->ways[FW_LIMIT_RECEIVE] : NULL;
}

struct fw_limit *fw_limit_of_receiver(struct fw_tdi_object *object)
{
	if (!fw_rules_have_limits() || fw_tdi_bypassed())
		return NULL;
	return fw_rules_limit(object->payer, FW_LIMIT_RECEIVE);
}

/* The file whose lane holds what this object receives, made if a limit wants it; NULL: nothing
 * does. Without memory it is not limited. */
static struct fw_limit_file *file_for(struct fw_tdi_object *object, struct fw_limit *limit)
{
	struct fw_limit_file *file = fw_limit_file_of(object);

	if (limit && !file)
		file = fw_limit_file_get(object);
	if (!file || object->kind != FW_TDI_CONNECTION || fw_limit_stream_of(file))
		return file;
	return limit && fw_limit_stream_get(file) ? file : NULL;
}

void fw_limit_charge_received(struct fw_tdi_object *object, uint64_t bytes, bool could_wait)
{
	struct fw_limit *limit = bytes ? fw_limit_of_receiver(object) : NULL;

	if (limit && could_wait)
		fw_limit_charge(way_of(limit), bytes);
	else if (limit)
		fw_limit_charge_past(way_of(limit), bytes);
	fw_limit_put(limit);
}

uint32_t fw_limit_most_received(struct fw_tdi_object *object)
{
	struct fw_limit *limit = fw_limit_of_receiver(object);
	uint32_t most = limit ? fw_limit_piece(way_of(limit)) : 0;

	fw_limit_put(limit);
	return most;
}

/* With the lock: has the connection ended, so that nothing of it need wait? */
static bool is_over(const struct fw_limit_file *file)
{
	const struct fw_limit_stream *stream = fw_limit_stream_of(file);

	return file->receive.aborted ||
	       (stream && stream->end_due && stream->end_flags & TDI_DISCONNECT_ABORT);
}

/* With the lock: what is to be pulled comes after what the client's own requests fetch. */
static void is_back(struct fw_limit_file *file)
{
	struct fw_limit_stream *stream = fw_limit_stream_of(file);

	if (!stream)
		return;
	stream->below--;
	if (file->receive.way)
		fw_limit_lane_wait(&file->receive, NULL);
}

static bool hold(struct fw_limit_file *file, struct fw_limit_way *way, IRP *irp, uint64_t bytes,
	bool was_below)
{
	struct fw_limit_lane *lane = &file->receive;
	bool waits, hurries = false, rushes = false;
	KIRQL irql;

	fw_limit_lock(&irql);
	waits = !lane->object->stopped && !fw_limit_lane_is_open(lane, way) && (lane->way || bytes);
	if (waits) {
		hurries = !fw_limit_put_done(lane, irp, bytes);
		rushes = is_over(file);
		fw_limit_lane_wait(lane, way);
	}
	if (was_below)
		is_back(file);
	fw_limit_unlock(irql);
	if (waits && way)
		fw_limit_count_hit(way, bytes, false);
	if (rushes)
		fw_limit_lane_rush(lane);
	else if (hurries)
		fw_limit_lane_hasten(lane);
	return waits;
}

bool fw_limit_hold_received(struct fw_tdi_object *object, IRP *irp, uint64_t bytes, bool was_below)
{
	struct fw_limit *limit = fw_limit_of_receiver(object);
	struct fw_limit_file *file = file_for(object, limit);
	bool waits = false;

	/* The object may go with the request, so the lane's turn must not be the last who has it.
	 */
	fw_tdi_object_hold(object);
	if (file)
		waits = hold(file, way_of(limit), irp, bytes, was_below);
	if (!waits && limit)
		fw_limit_charge(way_of(limit), bytes);
	fw_limit_put(limit);
	fw_tdi_object_put(object);
	return waits;
}

/* Does what comes go by our buffer, with the lock? */
static bool is_pulled(const struct fw_limit_stream *stream)
{
	return stream->due || stream->flying || stream->length || !IsListEmpty(&stream->waiting);
}

/* With the lock. */
static bool join(struct fw_limit_file *file, IRP *irp, bool is_peek, bool *is_cancelled)
{
	struct fw_limit_stream *stream = fw_limit_stream_of(file);
	struct fw_limit_lane *lane = &file->receive;

	/* Who is at work with the lane may be about to hand one down that came before. */
	if (!stream || lane->object->stopped || !lane->way || !(lane->busy || is_pulled(stream)))
		return false;
	IoMarkIrpPending(irp);
	*is_cancelled = !fw_limit_put_last(lane, &stream->waiting, irp, NULL);
	stream->blocked = stream->blocked && is_peek;
	fw_tdi_request_enter();
	return true;
}

/* Behind what is on its way to the client, if anything is. */
static bool wait_for_data(
	struct fw_tdi_object *object, struct fw_limit_file *file, IRP *irp, bool is_peek)
{
	bool joins, is_cancelled = false, mine = false;
	KIRQL irql;

	fw_tdi_object_hold(object);
	fw_limit_lock(&irql);
	joins = join(file, irp, is_peek, &is_cancelled);
	if (!joins && !is_peek && fw_limit_stream_of(file))
		fw_limit_stream_of(file)->below++;
	if (joins && fw_limit_stream_is_pressed(&file->receive))
		mine = fw_limit_lane_grab(&file->receive);
	fw_limit_unlock(irql);
	if (is_cancelled)
		fw_limit_receive_fail(&file->receive, irp, STATUS_CANCELLED);
	if (mine)
		fw_limit_receive_done(&file->receive);
	fw_tdi_object_put(object);
	return joins;
}

bool fw_limit_receive(struct fw_tdi_object *object, IRP *irp, NTSTATUS *status)
{
	const TDI_REQUEST_KERNEL_RECEIVE *request =
		(const TDI_REQUEST_KERNEL_RECEIVE *)&IoGetCurrentIrpStackLocation(irp)->Parameters;
	bool is_peek = request->ReceiveFlags & TDI_RECEIVE_PEEK;
	bool is_urgent = request->ReceiveFlags & TDI_RECEIVE_EXPEDITED &&
			 !(request->ReceiveFlags & TDI_RECEIVE_NORMAL);
	struct fw_limit *limit = is_urgent ? NULL : fw_limit_of_receiver(object);
	struct fw_limit_file *file = is_urgent ? NULL : file_for(object, limit);
	bool joins = file && wait_for_data(object, file, irp, is_peek);

	fw_limit_put(limit);
	*status = STATUS_PENDING;
	if (!joins && file && !is_peek)
		*status = fw_tdi_receive_on(object, irp);
	return joins || (file && !is_peek);
}

bool fw_limit_refuses_event(struct fw_tdi_object *object)
{
	struct fw_limit *limit = fw_limit_of_receiver(object);
	struct fw_limit_file *file =
		object->kind == FW_TDI_CONNECTION ? file_for(object, limit) : NULL;
	bool refuses = false;
	KIRQL irql;

	if (file && fw_limit_stream_of(file)) {
		fw_limit_lock(&irql);
		refuses = !object->stopped && !fw_limit_lane_is_open(&file->receive, way_of(limit));
		if (refuses) {
			fw_limit_stream_of(file)->due = TRUE;
			fw_limit_lane_wait(&file->receive, way_of(limit));
		}
		fw_limit_unlock(irql);
	}
	if (refuses && limit)
		fw_limit_count_hit(way_of(limit), 0, false);
	fw_limit_put(limit);
	return refuses;
}

void fw_limit_rush_received(struct fw_tdi_object *object)
{
	struct fw_limit_file *file = fw_limit_file_of(object);

	if (file)
		fw_limit_lane_rush(&file->receive);
}

bool fw_limit_delays_end(struct fw_tdi_object *object, ULONG flags)
{
	struct fw_limit_file *file = fw_limit_file_of(object);
	bool delays, is_abort = flags & TDI_DISCONNECT_ABORT;
	KIRQL irql;

	if (!file || !fw_limit_stream_of(file))
		return false;
	fw_limit_lock(&irql);
	delays = file->receive.way && !object->stopped;
	if (delays) {
		fw_limit_stream_of(file)->end_due = TRUE;
		fw_limit_stream_of(file)->end_flags = flags;
		if (is_abort)
			fw_limit_stream_of(file)->due =
				FALSE; /* the lower driver has thrown it away */
	}
	fw_limit_unlock(irql);
	if (delays && is_abort)
		fw_limit_lane_rush(&file->receive);
	return delays;
}

bool fw_limit_receive_has_more(const struct fw_limit_lane *lane)
{
	const struct fw_limit_file *file = file_of(lane);
	const struct fw_limit_stream *stream = fw_limit_stream_of(file);

	return !IsListEmpty(&file->datagrams) || (stream && (is_pulled(stream) || stream->end_due));
}

bool fw_limit_receive_wants_turn(const struct fw_limit_lane *lane)
{
	const struct fw_limit_file *file = file_of(lane);
	const struct fw_limit_stream *stream = fw_limit_stream_of(file);

	return !IsListEmpty(&file->datagrams) ||
	       (stream && stream->due && !stream->flying && !stream->length && !stream->below);
}

void fw_limit_receive_fail(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	fw_tdi_object_put(lane->object);
	fw_tdi_request_leave();
}

/* In a rush it has not waited for tokens. */
static bool complete_one(struct fw_limit_lane *lane, bool only_in_rush)
{
	uint64_t bytes = 0;
	IRP *irp = NULL;
	bool rushes;
	KIRQL irql;

	fw_limit_lock(&irql);
	rushes = lane->rush != 0;
	if (rushes || !only_in_rush)
		irp = fw_limit_take_done(lane, &bytes);
	fw_limit_unlock(irql);
	if (!irp)
		return false;
	if (rushes)
		fw_limit_charge_past(lane->way, bytes);
	else
		fw_limit_charge(lane->way, bytes);
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	fw_tdi_object_put(lane->object);
	fw_tdi_request_leave();
	return true;
}

void fw_limit_receive_done(struct fw_limit_lane *lane)
{
	do {
		while (complete_one(lane, true))
			;
		fw_limit_stream_serve(lane);
	} while (!fw_limit_lane_done(lane));
}

/* With the lock. */
static bool is_to_pull(const struct fw_limit_lane *lane, const struct fw_limit_stream *stream)
{
	return stream->due && !stream->length && !stream->below && IsListEmpty(&lane->held) &&
	       !lane->object->stopped;
}

static bool may_pull(const struct fw_limit_lane *lane, const struct fw_limit_stream *stream)
{
	bool may;
	KIRQL irql;

	fw_limit_lock(&irql);
	may = is_to_pull(lane, stream);
	fw_limit_unlock(irql);
	return may;
}

static bool begin_pull(struct fw_limit_lane *lane, struct fw_limit_stream *stream)
{
	bool pulls;
	KIRQL irql;

	fw_limit_lock(&irql);
	pulls = is_to_pull(lane, stream);
	if (pulls) {
		IoReuseIrp(stream->irp, STATUS_SUCCESS); /* before anybody can cancel it */
		lane->aborted = FALSE;			 /* that was about what was due before */
		stream->due = FALSE;
		stream->flying = TRUE;
		KeClearEvent(&stream->landed);
	}
	fw_limit_unlock(irql);
	return pulls;
}

/* The oldest first: what is complete, then what is here, then what is still below. Without memory
 * that stays due, and there may be some at the next tick. */
bool fw_limit_receive_run(struct fw_limit_lane *lane)
{
	struct fw_limit_stream *stream = fw_limit_stream_of(file_of(lane));
	bool pulls = !complete_one(lane, false) && !fw_limit_datagram_run(lane) && stream &&
		     may_pull(lane, stream);
	bool has_memory = !pulls || fw_limit_stream_prepare(stream);

	if (pulls && has_memory && begin_pull(lane, stream))
		fw_limit_stream_pull(lane);
	else
		fw_limit_receive_done(lane);
	return has_memory;
}
