/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Walking records that lie one behind the other in a buffer from outside. Pure functions over
 * memory: any thread, any IRQL.
 */
#ifndef FW_CORE_RECORD_CHECK_H
#define FW_CORE_RECORD_CHECK_H

#include "abi/record.h"
#include "core/status.h"

/*
 * The record at the start of `buffer` (8-byte aligned, `available` bytes) if it is whole and well
 * formed: its size is a multiple of FW_RECORD_ALIGN, holds at least the header and, for types this
 * version knows, at least the fields it knows. FW_MALFORMED otherwise; *record is untouched then.
 * A larger size and an unknown type are well formed: readers skip what they do not know.
 */
enum fw_status fw_record_at(const void *buffer, size_t available,
	const struct fw_record_header **record);

/* The same, and besides every text of a type this version knows lies behind the fixed part and
 * inside the record. What consumers of texts must check; fw_record_at() is enough for the
 * others. */
enum fw_status fw_record_whole(const void *buffer, size_t available,
	const struct fw_record_header **record);

/* The bytes of a text of a record that fw_record_whole() found well formed; NULL: not known. */
const char *fw_record_text(
	const struct fw_record_header *record, const struct fw_record_text *text);

/* Bytes that a record of this type has at least; the header's for types this version does not
 * know. */
size_t fw_record_min_size(uint16_t type);

#endif
