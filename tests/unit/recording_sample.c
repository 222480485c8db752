/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "recording_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/rule.h"

static int take(void *argument, const void *bytes, size_t size)
{
	struct sample *sample = argument;
	size_t left = sample->room - sample->size;
	size_t taken = size < left ? size : left;

	memcpy(sample->bytes + sample->size, bytes, taken);
	sample->size += taken;
	return taken < size ? ENOSPC : 0;
}

void sample_begin(struct sample *sample)
{
	sample->size = 0;
	sample->room = sizeof(sample->bytes);
	assert_int_equal(fw_recording_writer_init(&sample->writer, take, sample, "sample", NULL),
		FW_OK);
}

void sample_end(struct sample *sample)
{
	fw_recording_writer_flush(&sample->writer, NULL);
	fw_recording_writer_done(&sample->writer);
}

static void put(struct sample *sample, const struct fw_record_header *record)
{
	assert_int_equal(fw_recording_writer_put(&sample->writer, record, NULL), FW_OK);
}

static struct fw_record_header header(uint16_t type, size_t size, uint64_t seconds)
{
	return (struct fw_record_header){
		.size = (uint32_t)size,
		.type = type,
		.time_ns = SAMPLE_TIME(seconds),
	};
}

void sample_info(struct sample *sample)
{
	struct fw_recording_info info = {
		.header = header(FW_RECORDING_INFO, sizeof(info), 1),
		.boot_utc_ns = SAMPLE_BOOT_UTC,
		.since_ns = SAMPLE_TIME(1),
		.interval_ns = SAMPLE_TIME(1),
		.types = ~0ull,
		.abi_major = FW_ABI_MAJOR,
		.abi_minor = FW_ABI_MINOR,
		.flags = FW_RECORDING_WIRE | FW_RECORDING_UDP,
		.product = "1.2.3",
		.backend = "bpf",
		.kernel_release = "6.1.0",
		.architecture = "x86_64",
	};

	put(sample, &info.header);
}

void sample_bare(struct sample *sample, uint16_t type, uint64_t seconds)
{
	struct fw_record_header bare = header(type, sizeof(bare), seconds);

	put(sample, &bare);
}

void sample_padding(struct sample *sample)
{
	static uint64_t record[10000];

	*(struct fw_record_header *)record = header(999, sizeof(record), 1);
	put(sample, (const struct fw_record_header *)record);
}

void sample_create(struct sample *sample, uint32_t pid, const char *name, uint64_t seconds)
{
	struct {
		struct fw_process_create_record create;
		char exe[32];
		char cgroup[32];
	} record = { .create = {
			     .header = header(FW_RECORD_PROCESS_CREATE, sizeof(record), seconds),
			     .pid = pid,
			     .uid = 1000,
			     .start_ns = SAMPLE_TIME(seconds),
			     .cause = FW_CREATE_EXEC,
		     } };

	snprintf(record.create.comm, sizeof(record.create.comm), "%s", name);
	record.create.exe.length =
		(uint32_t)snprintf(record.exe, sizeof(record.exe), "/bin/%s", name);
	record.create.exe.offset = offsetof(__typeof__(record), exe);
	record.create.cgroup.length = (uint32_t)snprintf(record.cgroup, sizeof(record.cgroup),
		"/a.slice/%s.service", name);
	record.create.cgroup.offset = offsetof(__typeof__(record), cgroup);
	put(sample, &record.create.header);
}

void sample_event(struct sample *sample, uint16_t type, uint32_t pid, uint16_t flags,
	uint64_t seconds)
{
	union {
		struct fw_record_header header;
		struct fw_connection_record connection;
		struct fw_port_record port;
		struct fw_process_exit_record exit;
		struct fw_thread_record thread;
		struct fw_image_record image;
		struct fw_blocked_record blocked;
	} record = { .exit = { { 0 } } };
	size_t size = sizeof(struct fw_record_header);

	switch (type) {
	case FW_RECORD_CONNECTION_OPEN:
	case FW_RECORD_CONNECTION_CLOSE:
		size = sizeof(record.connection);
		record.connection.connection.id = pid;
		record.connection.connection.owner_pid = pid;
		record.connection.connection.counters.sent = 7;
		break;
	case FW_RECORD_PORT_TAKEN:
	case FW_RECORD_PORT_RELEASED:
		size = sizeof(record.port);
		record.port.port.owner_pid = pid;
		break;
	case FW_RECORD_PROCESS_EXIT:
		size = sizeof(record.exit);
		record.exit.pid = pid;
		break;
	case FW_RECORD_THREAD_CREATE:
	case FW_RECORD_THREAD_EXIT:
		size = sizeof(record.thread);
		record.thread.pid = pid;
		break;
	case FW_RECORD_IMAGE_LOAD:
		size = sizeof(record.image);
		record.image.pid = pid;
		break;
	case FW_RECORD_BLOCKED:
		size = sizeof(record.blocked);
		record.blocked.pid = pid;
		break;
	}
	record.header = header(type, size, seconds);
	record.header.flags = flags;
	put(sample, &record.header);
}

void sample_loss(struct sample *sample, uint16_t type, uint64_t lost, uint64_t seconds)
{
	struct fw_loss_record record = {
		.header = header(FW_RECORD_LOSS, sizeof(record), seconds),
	};

	record.lost[type] = lost;
	put(sample, &record.header);
}

static void put_rows(struct sample *sample, uint32_t pid, uint64_t sent, uint64_t seconds)
{
	struct fw_recording_usage usage = {
		.header = header(FW_RECORDING_USAGE, sizeof(usage), seconds),
		.usage = { .process = { .pid = pid,
				   .uid = 1000,
				   .comm = "proc",
				   .exe = "/bin/proc" },
			.counters = { .sent = sent } },
	};
	struct fw_recording_connection connection = {
		.header = header(FW_RECORDING_CONNECTION, sizeof(connection), seconds),
		.connection = { .id = pid, .owner_pid = pid, .counters = { .sent = sent } },
	};
	struct fw_recording_port port = {
		.header = header(FW_RECORDING_PORT, sizeof(port), seconds),
		.port = { .owner_pid = pid, .port = 80 },
	};

	put(sample, &usage.header);
	put(sample, &connection.header);
	put(sample, &port.header);
}

void sample_snapshot(struct sample *sample, uint32_t pid, uint64_t sent, uint64_t seconds)
{
	struct fw_recording_snapshot_end end = {
		.header = header(FW_RECORDING_SNAPSHOT_END, sizeof(end), seconds),
		.unattributed = { .sent = 5 },
		.time_ns = SAMPLE_TIME(seconds) - 1,
		.since_ns = SAMPLE_TIME(1),
		.flags = FW_RECORDING_WIRE,
	};

	sample_bare(sample, FW_RECORDING_SNAPSHOT_BEGIN, seconds);
	put_rows(sample, pid, sent, seconds);
	put(sample, &end.header);
}

void sample_report(struct sample *sample, uint64_t seconds)
{
	struct fw_recording_report report = {
		.header = header(FW_RECORDING_REPORT, sizeof(report), seconds),
		.produced = { [FW_RECORD_PORT_TAKEN] = 10 },
		.delivered = { [FW_RECORD_PORT_TAKEN] = 7 },
		.lost = { [FW_RECORD_PORT_TAKEN] = 3 },
	};

	put(sample, &report.header);
}

/* Where the frames in the sample end. */
static size_t find_frames(const struct sample *sample, size_t *frames)
{
	size_t at = sizeof(struct fw_recording_header), count = 0;
	struct fw_recording_frame frame;

	while (at < sample->size) {
		memcpy(&frame, sample->bytes + at, sizeof(frame));
		at += sizeof(frame) + frame.length;
		frames[count++] = at;
	}
	return count;
}

size_t sample_every_type(struct sample *sample, size_t *frames)
{
	sample_begin(sample);
	sample_info(sample);
	sample_create(sample, 11, "first", 1);
	sample_snapshot(sample, 11, 100, 2);
	for (uint16_t type = FW_RECORD_NONE + 1; type < FW_RECORD_TYPE_COUNT; type++)
		if (type != FW_RECORD_LOSS && type != FW_RECORD_PROCESS_CREATE)
			sample_event(sample, type, 11, 0, 3);
	sample_loss(sample, FW_RECORD_PORT_TAKEN, 3, 3);
	sample_snapshot(sample, 11, 250, 4);
	sample_report(sample, 4);
	sample_end(sample);
	return find_frames(sample, frames);
}

int sample_file(const void *bytes, size_t size)
{
	int fd = memfd_create("sample", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	return fd;
}
