/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is asked for row by row, in batches of as many as there is room for. PASSIVE_LEVEL; called
 * by control_handle.c, which has checked lengths and zeroed the buffer.
 */
#ifndef FW_NT_CONTROL_ROWS_H
#define FW_NT_CONTROL_ROWS_H

#include "abi/control.h"
#include "kernel/windows/ddk/nt_system.h"

enum fw_control_kind {
	FW_CONTROL_KIND_USAGE,
	FW_CONTROL_KIND_CONNECTION,
	FW_CONTROL_KIND_PORT,
	FW_CONTROL_KIND_RULE,
	FW_CONTROL_KIND_FEATURE,
	FW_CONTROL_KIND_COUNT
};

/* Bytes that a batch of one row takes. */
uint32_t fw_control_rows_least(enum fw_control_kind kind);

/* Fill `room` bytes; returns those used. */
uint32_t fw_control_rows_fill(
	enum fw_control_kind kind, uint64_t after, void *buffer, uint32_t room);

/* control_features.c: the feature behind this one. */
bool fw_control_next_feature(uint64_t *after, struct fw_control_feature *feature);

#endif
