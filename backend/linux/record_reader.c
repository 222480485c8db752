/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/record_reader.h"

#include "core/record_check.h"
#include "lib/host/host.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define NAP_MS		  50 /* the kernel side wakes a reader only when much is waiting */
#define NS_PER_MS	  1000000ull
#define QUEUE_BYTES	  (1u << 20)
#define ORDERED_QUEUE_BYTES (8u << 20) /* seconds of a busy machine's processes and threads */
#define IMAGE_BYTES	  (512u << 10) /* a CPU; what an unprivileged user may lock */

/* Number a record and hand it over. A loss takes the numbers of what was lost. */
static bool deliver(struct fw_record_header *record, void *argument)
{
	struct fw_record_reader *reader = argument;

	record->sequence = reader->sequence + 1;
	if (record->type == FW_RECORD_LOSS) {
		const struct fw_loss_record *loss = (const struct fw_loss_record *)record;
		uint64_t lost = 0;

		for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++)
			lost += loss->lost[i];
		if (!lost)
			return true; /* somebody else told it */
		reader->sequence += lost;
	} else {
		reader->sequence++;
		if (!(record->flags & FW_RECORD_EXISTING))
			reader->delivered[record->type % FW_RECORD_EVENT_TYPES]++;
	}
	reader->stopped = !reader->callback(record, reader->argument);
	return !reader->stopped;
}

static void drop(struct fw_record_reader *reader, const struct fw_record_header *record)
{
	const struct fw_loss_record *loss = (const struct fw_loss_record *)record;

	if (record->type != FW_RECORD_LOSS) {
		reader->dropped[record->type % FW_RECORD_EVENT_TYPES]++;
		reader->dropped_gap[record->type % FW_RECORD_EVENT_TYPES]++;
		return;
	}
	/* Counted already where it was lost, and now to be told again. */
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++)
		reader->dropped_gap[i] += loss->lost[i];
}

/* A loss record of what was dropped here goes before the next record. */
static void tell_dropped(struct fw_record_reader *reader)
{
	struct fw_loss_record loss = { .header = { .size = sizeof(loss), .type = FW_RECORD_LOSS } };
	bool any = false;

	loss.header.time_ns = fw_host_boot_ns();
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		loss.lost[i] = reader->dropped_gap[i];
		any |= loss.lost[i] != 0;
	}
	if (any && fw_record_merge_add(&reader->merge, &loss.header))
		memset(reader->dropped_gap, 0, sizeof(reader->dropped_gap));
}

static bool hold(const struct fw_record_header *record, void *argument)
{
	struct fw_record_reader *reader = argument;

	if (!fw_record_merge_add(&reader->merge, record))
		drop(reader, record);
	return true;
}

/* Queues are mapped read-only, and the number must be written: network records are small. */
static int deliver_copy(struct fw_record_reader *reader, const struct fw_record_header *record)
{
	uint64_t copy[512 / sizeof(uint64_t)];

	if (record->size > sizeof(copy))
		return 0;
	memcpy(copy, record, record->size);
	return deliver((struct fw_record_header *)copy, reader) ? 0 : -ECANCELED;
}
_Static_assert(sizeof(struct fw_connection_record) <= 512, "room for the largest network record");

static int take(void *context, void *data, size_t size)
{
	struct fw_record_reader *reader = context;
	const struct fw_record_header *record;

	if (fw_record_whole(data, size, &record) != FW_OK) {
		/* Nobody can be given it, so it is lost. */
		if (size >= sizeof(*record))
			drop(reader, data);
		return 0;
	}
	if (!reader->in_order)
		return deliver_copy(reader, record);
	hold(record, reader);
	return 0;
}

static uint32_t power_of_two(uint32_t bytes)
{
	uint32_t power = (uint32_t)sysconf(_SC_PAGESIZE);

	while (power < bytes && power < 1u << 31)
		power *= 2;
	return power;
}

static enum fw_status start_images(struct fw_record_reader *reader, uint32_t queue_bytes,
	struct fw_error *error)
{
	size_t bytes = queue_bytes && queue_bytes < IMAGE_BYTES ? queue_bytes : IMAGE_BYTES;

	reader->has_images = true;
	return fw_image_source_start(&reader->images, power_of_two((uint32_t)bytes), error);
}

static int watch_fd(struct fw_record_reader *reader, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return fd >= 0 && epoll_ctl(reader->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static enum fw_status watch_all(struct fw_record_reader *reader, struct fw_error *error)
{
	int result, fd;

	reader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	result = reader->epoll_fd < 0 ? -errno :
					watch_fd(reader, fw_reader_slot_fd(&reader->slot));
	for (size_t i = 0; !result && (fd = fw_image_source_fd(&reader->images, i)) >= 0; i++)
		result = watch_fd(reader, fd);
	return result ? fw_error_set_errno(error, result, "waiting for records") : FW_OK;
}

enum fw_status fw_record_reader_start(struct fw_record_reader *reader, struct fw_kernel_side *side,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	uint64_t types = subscription->types;
	uint32_t bytes = subscription->queue_bytes;
	enum fw_status status = FW_OK;

	memset(reader, 0, sizeof(*reader));
	reader->epoll_fd = -1;
	reader->in_order = subscription->existing ||
			   types & ~(uint64_t)FW_NETWORK_TYPES & ~(1ull << FW_RECORD_LOSS);
	if (!bytes)
		bytes = reader->in_order ? ORDERED_QUEUE_BYTES : QUEUE_BYTES;
	if (types & FW_PROCESS_TYPES && side->iterator_fd[FW_ITERATOR_PROCESSES] < 0)
		return fw_error_set(error, FW_UNSUPPORTED,
			"this kernel gives no process and thread events; see 'flowwatcher doctor'");
	if (types & 1ull << FW_RECORD_IMAGE_LOAD)
		status = start_images(reader, subscription->queue_bytes, error);
	if (status == FW_OK)
		status = fw_reader_slot_enter(&reader->slot, side, types, power_of_two(bytes), take,
			reader, error);
	return status == FW_OK ? watch_all(reader, error) : status;
}

enum fw_status fw_record_reader_gather(struct fw_record_reader *reader, struct fw_error *error)
{
	int result = fw_reader_slot_consume(&reader->slot);

	if (result < 0 && result != -ECANCELED)
		return fw_error_set_errno(error, result, "reading the record queue");
	if (reader->has_images)
		fw_image_source_read(&reader->images, hold, reader);
	if (reader->in_order)
		tell_dropped(reader);
	return FW_OK;
}

/* Deliver what happened until then, what exists first. */
static void release(struct fw_record_reader *reader, uint64_t until_ns)
{
	bool stopped;

	fw_record_merge_release(&reader->existing, UINT64_MAX, deliver, reader, &stopped);
	if (!stopped)
		fw_record_merge_release(&reader->merge, until_ns, deliver, reader, &stopped);
}

static void nap(struct fw_record_reader *reader, uint64_t left_ns)
{
	struct epoll_event event;
	uint64_t left_ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;

	errno = 0;
	epoll_wait(reader->epoll_fd, &event, 1, left_ms < NAP_MS ? (int)left_ms : NAP_MS);
}

enum fw_status fw_record_reader_poll(struct fw_record_reader *reader, int timeout_ms,
	fw_record_fn callback, void *argument, struct fw_error *error)
{
	uint64_t now = fw_host_boot_ns();
	uint64_t deadline = now + (uint64_t)timeout_ms * NS_PER_MS, before = reader->sequence;

	reader->callback = callback;
	reader->argument = argument;
	reader->stopped = false;
	for (;; now = fw_host_boot_ns()) {
		enum fw_status status = fw_record_reader_gather(reader, error);

		if (status != FW_OK)
			return status;
		if (reader->in_order && !reader->stopped)
			release(reader, now - FW_ORDER_SLACK_NS);
		if (reader->stopped)
			return FW_STOPPED;
		if (reader->sequence != before || now >= deadline)
			return FW_OK;
		nap(reader, deadline - now);
		if (errno == EINTR)
			return FW_OK;
	}
}

/* What was lost after the last record of its queue. */
static void hold_gaps(struct fw_record_reader *reader)
{
	struct fw_loss_record loss;

	if (fw_reader_slot_take_gap(&reader->slot, &loss))
		hold(&loss.header, reader);
	if (reader->has_images && fw_image_source_take_gap(&reader->images, &loss))
		hold(&loss.header, reader);
}

enum fw_status fw_record_reader_drain(struct fw_record_reader *reader, fw_record_fn callback,
	void *argument, struct fw_error *error)
{
	enum fw_status status;

	reader->callback = callback;
	reader->argument = argument;
	reader->stopped = false;
	fw_image_source_retire(&reader->images);
	fw_reader_slot_retire(&reader->slot);
	status = fw_record_reader_gather(reader, error);
	if (status != FW_OK)
		return status;
	hold_gaps(reader);
	tell_dropped(reader);
	if (!reader->stopped)
		release(reader, UINT64_MAX);
	return reader->stopped ? FW_STOPPED : FW_OK;
}

void fw_record_reader_report(const struct fw_record_reader *reader, struct fw_reader_report *report)
{
	memset(report, 0, sizeof(*report));
	fw_reader_slot_count(&reader->slot, report);
	report->produced[FW_RECORD_IMAGE_LOAD] += reader->images.produced;
	report->lost[FW_RECORD_IMAGE_LOAD] += reader->images.lost;
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		report->delivered[i] = reader->delivered[i];
		report->lost[i] += reader->dropped[i];
	}
}

void fw_record_reader_stop(struct fw_record_reader *reader)
{
	fw_reader_slot_leave(&reader->slot);
	fw_image_source_done(&reader->images);
	fw_record_merge_done(&reader->merge);
	fw_record_merge_done(&reader->existing);
	if (reader->epoll_fd > 0)
		close(reader->epoll_fd);
	memset(reader, 0, sizeof(*reader));
	reader->epoll_fd = -1;
}
