/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records of processes, threads and images, published if anybody wants them. PASSIVE_LEVEL; called
 * by process_notify.c. */
#ifndef FW_NT_PROCESS_RECORD_H
#define FW_NT_PROCESS_RECORD_H

#include "abi/process_event.h"
#include "kernel/windows/process_row.h"

/* `image` and `command_line` may be NULL. */
void fw_process_record_create(const struct fw_process_state *process, const UNICODE_STRING *image,
	const UNICODE_STRING *command_line);
void fw_process_record_exit(struct fw_process_state *process, uint32_t exit_code);
void fw_process_record_denied(const struct fw_process_state *process, uint32_t rule);
/* `process` may be NULL: not known, but its pid. */
void fw_process_record_thread(enum fw_record_type type, const struct fw_process_state *process,
	uint32_t pid, uint32_t tid);
/* `path` may be NULL. */
void fw_process_record_image(
	uint32_t pid, uint64_t address, uint64_t size, const UNICODE_STRING *path);

#endif
