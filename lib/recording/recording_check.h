/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whether a record read from a file is one that consumers can take. For lib/recording; any
 * thread. */
#ifndef FW_RECORDING_CHECK_H
#define FW_RECORDING_CHECK_H

#include "abi/record.h"
#include "core/status.h"

/*
 * As fw_record_whole(), for the types of recordings too, and besides: the record fills `length`
 * exactly, and the names in its fixed part end with a zero byte. `buffer` is 8-byte aligned. A type
 * that this version does not know is fine.
 */
enum fw_status fw_recording_check(const void *buffer, size_t length,
	const struct fw_record_header **record);

/* Does this version know the type? */
bool fw_recording_type_is_known(uint16_t type);

#endif
