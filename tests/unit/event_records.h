/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records as a kernel side would send them, for tests. Each function fills a buffer that the next
 * call of any of them uses again. */
#ifndef FW_TEST_EVENT_RECORDS_H
#define FW_TEST_EVENT_RECORDS_H

#include "abi/process_event.h"
#include "abi/rule.h"

#define RECORD_SIZE (256u << 10)

/* No machine has processes with these numbers, so nothing is learned of them from the system. */
#define PID(number) (4200000000u + (number))

/* What a test says of a process that begins; texts may be NULL. */
struct create_event {
	uint32_t pid, parent_pid;
	uint64_t start_ns, parent_start_ns;
	uint32_t cause, uid, flags;
	const char *comm, *exe, *directory, *cgroup;
	const char *command_line; /* with its zero bytes */
	size_t command_line_length;
};

struct fw_record_header *record_of(uint16_t type, size_t size);
struct fw_record_header *create_record(const struct create_event *event);
struct fw_record_header *exit_record(uint32_t pid, uint64_t start_ns, const char *comm);
struct fw_record_header *thread_record(
	uint16_t type, uint32_t pid, uint64_t start_ns, uint32_t tid);
struct fw_record_header *image_record(uint32_t pid, const char *path);
struct fw_record_header *connection_record(uint16_t type, uint32_t pid, uint64_t start_ns,
	const char *comm);
struct fw_record_header *port_record(
	uint16_t type, uint32_t pid, uint64_t start_ns, const char *comm);
struct fw_record_header *blocked_record(uint32_t pid, uint64_t start_ns, const char *comm,
	uint8_t operation);

#endif
