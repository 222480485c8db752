/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the control devices of both drivers do alike with a request: its buffer, which input and answer
 * share, structures that begin with their size, the greeting. Used by control_handle.c and
 * filter/im_handle.c; PASSIVE_LEVEL.
 */
#ifndef FW_NT_CONTROL_REQUEST_H
#define FW_NT_CONTROL_REQUEST_H

#include "abi/control.h"

#include <ntddk.h>

/* The input is to be copied away where it is read after the answer began. */
struct fw_control_request {
	uint8_t *buffer;
	uint32_t in;  /* bytes */
	uint32_t out; /* bytes; more than 1 MiB of room is not used */
	uint32_t answered;
};

void fw_control_request_begin(struct fw_control_request *request, IRP *irp);

/* Copy a structure that begins with its size, which may be greater than we know.
 * STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER. */
NTSTATUS fw_control_take(
	const struct fw_control_request *request, void *structure, uint32_t size);

/* For rows: after which the answer begins, and room for `least` bytes of it, which is zeroed: what an
 * answer leaves out must not be what the pool held before. */
NTSTATUS fw_control_take_cursor(
	struct fw_control_request *request, uint32_t least, uint64_t *after);

/* STATUS_BUFFER_TOO_SMALL: there is no room for it. */
NTSTATUS fw_control_answer(
	struct fw_control_request *request, const void *structure, uint32_t size);

/* FW_CONTROL_HELLO and its like. STATUS_REVISION_MISMATCH: another major version. */
NTSTATUS fw_control_greet(struct fw_control_request *request, volatile LONG *is_greeted);

#endif
