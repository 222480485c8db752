/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_queue.h"
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/limit_send.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/tdi_attach.h"

static bool never(const struct fw_limit_lane *lane)
{
	(void)lane;
	return false;
}

struct fw_limit_file *fw_limit_file_get(struct fw_tdi_object *object)
{
	struct fw_limit_file *file = fw_limit_file_of(object), *other;

	if (file)
		return file;
	file = fw_allocate(sizeof(*file));
	if (!file) {
		fw_tdi_count_failure();
		return NULL;
	}
	InitializeListHead(&file->send.held);
	InitializeListHead(&file->receive.held);
	InitializeListHead(&file->datagrams);
	file->send.object = object;
	file->send.run = fw_limit_send_run;
	file->send.fail = fw_limit_send_fail;
	file->send.has_more = never;
	file->send.wants_turn = never;
	file->send.is_pressed = never;
	file->receive.object = object;
	file->receive.run = fw_limit_receive_run;
	file->receive.hasten = fw_limit_receive_done;
	file->receive.fail = fw_limit_receive_fail;
	file->receive.has_more = fw_limit_receive_has_more;
	file->receive.wants_turn = fw_limit_receive_wants_turn;
	file->receive.is_pressed = fw_limit_stream_is_pressed;
	other = InterlockedCompareExchangePointer((void *volatile *)&object->limited, file, NULL);
	if (!other)
		return file;
	fw_free(file);
	return other;
}

void fw_limit_file_free(struct fw_limit_file *file)
{
	if (file)
		fw_limit_stream_free(fw_limit_stream_of(file));
	fw_free(file);
}

/* Sends are taken out and a piece that is under way is marked at once, or one could be put back in
 * between. */
void fw_limit_abort_sends(struct fw_tdi_object *object, NTSTATUS status)
{
	struct fw_limit_file *file = fw_limit_file_of(object);
	LIST_ENTRY taken;
	KIRQL irql;

	if (!file)
		return;
	fw_limit_lock(&irql);
	file->send.aborted = file->send.busy;
	fw_limit_take_all(&file->send.held, &taken);
	fw_limit_unlock(irql);
	fw_limit_fail_all(&file->send, &taken, status);
}

/* The receives that wait here for data are ended, what is complete goes by its haste. What has been
 * pulled may be here, or under way. */
static void abort_receives(struct fw_limit_file *file, NTSTATUS status)
{
	struct fw_limit_lane *lane = &file->receive;
	struct fw_limit_stream *stream = fw_limit_stream_of(file);
	LIST_ENTRY taken;
	KIRQL irql;

	fw_limit_datagrams_drop(lane);
	InitializeListHead(&taken);
	fw_limit_lock(&irql);
	lane->aborted = lane->way != NULL;
	if (stream) {
		stream->due = FALSE;
		stream->end_due = FALSE;
		fw_limit_take_all(&stream->waiting, &taken);
	}
	fw_limit_unlock(irql);
	fw_limit_fail_all(lane, &taken, status);
	fw_limit_lane_rush(lane);
}

void fw_limit_abort(struct fw_tdi_object *object, NTSTATUS status)
{
	struct fw_limit_file *file = fw_limit_file_of(object);

	if (!file)
		return;
	fw_limit_abort_sends(object, status);
	abort_receives(file, status);
}

/* Nothing new waits from now on; what is under way comes back soon, as the lower driver has to end
 * what it has for a file that is cleaned up, and our own request is cancelled. */
void fw_limit_stop(struct fw_tdi_object *object)
{
	struct fw_limit_file *file;
	KIRQL irql;

	fw_limit_lock(&irql);
	object->stopped = TRUE;
	fw_limit_unlock(irql);
	/* In a file that is made later nothing waits. */
	file = fw_limit_file_of(object);
	fw_limit_abort(object, STATUS_CANCELLED);
	if (!file || !fw_limit_stream_of(file))
		return;
	IoCancelIrp(fw_limit_stream_of(file)->irp);
	KeWaitForSingleObject(&file->stream->landed, Executive, KernelMode, FALSE, NULL);
}
