/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Any file as a recording, replayed to its end. The checksums of what the fuzzer makes are put
 * right first, or it would never get past them; every other input is taken as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/replay/replay_backend.h"
#include "lib/recording/recording.h"
#include "lib/recording/recording_crc.h"

#define LARGEST 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void repair(uint8_t *bytes, size_t size)
{
	struct fw_recording_header header;
	struct fw_recording_frame frame;
	uint32_t number = 0;
	size_t at = sizeof(header);

	if (size < at)
		return;
	memcpy(&header, bytes, sizeof(header));
	header.crc = fw_recording_header_crc(&header);
	memcpy(bytes, &header, sizeof(header));
	while (size - at >= sizeof(frame)) {
		memcpy(&frame, bytes + at, sizeof(frame));
		if (frame.length > size - at - sizeof(frame))
			break;
		frame.number = number++;
		frame.length_crc = fw_recording_length_crc(&frame);
		frame.crc = fw_recording_frame_crc(&frame, bytes + at + sizeof(frame));
		memcpy(bytes + at, &frame, sizeof(frame));
		at += sizeof(frame) + frame.length;
	}
}

/* What consumers do with what they are handed. */
static bool use_usage(const struct fw_usage *usage, void *argument)
{
	struct fw_process process;
	char cgroup[256];

	(void)argument;
	if (strlen(usage->process.exe) >= FW_EXE_SIZE ||
		strlen(usage->process.comm) >= FW_COMM_SIZE)
		abort();
	if (fw_host_process(usage->process.parent_pid, &process, NULL) == FW_OK &&
		strlen(process.exe) >= FW_EXE_SIZE)
		abort();
	fw_host_process_cgroup(usage->process.parent_pid, cgroup, sizeof(cgroup));
	return true;
}

static bool use_connection(const struct fw_connection *connection, void *argument)
{
	(void)argument;
	if (strlen(connection->comm) >= FW_COMM_SIZE)
		abort();
	return true;
}

static bool use_port(const struct fw_port *port, void *argument)
{
	(void)argument;
	if (strlen(port->comm) >= FW_COMM_SIZE)
		abort();
	return true;
}

static bool use_event(const struct fw_record_header *record, void *argument)
{
	static volatile uint8_t last;
	uint64_t *events = argument;

	last = ((const uint8_t *)record)[record->size - 1]; /* all of it is there */
	(void)last;
	++*events;
	return true;
}

static void replay(struct fw_recording *recording)
{
	const struct fw_subscription all = { .types = ~0ull, .existing = true };
	struct fw_usage_summary summary;
	struct fw_backend *backend;
	uint64_t events = 0;

	if (fw_replay_open(recording, &backend, NULL) != FW_OK)
		abort();
	fw_host_use(&recording->host);
	backend->ops->subscribe(backend, &all, NULL);
	while (backend->ops->poll(backend, 0, use_event, &events, NULL) == FW_OK)
		;
	/* A loss that says nothing was lost is not delivered. */
	if (events > recording->events)
		abort();
	do {
		backend->ops->usage(backend, use_usage, NULL, &summary, NULL);
		backend->ops->connections(backend, use_connection, NULL, NULL);
		backend->ops->ports(backend, use_port, NULL, NULL);
	} while (backend->ops->next(backend, use_event, &events, NULL) == FW_OK);
	fw_host_use(NULL);
	backend->ops->close(backend);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[LARGEST];
	struct fw_recording recording;
	int fd;

	if (!size || size > LARGEST)
		return 0;
	memcpy(bytes, data, size);
	if (data[size - 1] % 2)
		repair(bytes, size);
	fd = memfd_create("recording", MFD_CLOEXEC);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	if (fw_recording_open_fd(&recording, fd, "file", NULL) == FW_OK) {
		replay(&recording);
		fw_recording_close(&recording);
	}
	return 0;
}
