/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What NT itself says of a process. PASSIVE_LEVEL. Called by the process table and the
 * notifications. */
#ifndef FW_NT_PROCESS_QUERY_H
#define FW_NT_PROCESS_QUERY_H

#include "kernel/windows/ddk/nt_system.h"

/* A handle of the kernel's, to be given to ZwClose(). */
NTSTATUS fw_process_open(PEPROCESS process, HANDLE *handle);
NTSTATUS fw_process_open_pid(uint32_t pid, HANDLE *handle);

/* When it was created, 100 ns since 1601; 0: not known. With its pid that is who it is: NT never
 * changes it. */
uint64_t fw_process_created(HANDLE process);

/* Of its file as the kernel names it, \Device\HarddiskVolume1\...; to be given to fw_free(). NULL:
 * not known. */
UNICODE_STRING *fw_process_image_name(HANDLE process);

/* Exit status and parent; false: not known. */
bool fw_process_basic(HANDLE process, struct fw_process_basic *basic);

/* All there are, to be given to fw_free(); NULL: no memory. *bytes: how many of them are valid. */
void *fw_process_list(uint32_t *bytes);

#endif
