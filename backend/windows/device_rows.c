/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/device_rows.h"

#include <stdlib.h>
#include <string.h>

/* Enough for a hundred connections a call; the driver copies it whole, so it is no larger. */
#define BATCH_BYTES  65536u
#define LARGEST_ROW  4096u

static enum fw_status malformed(const struct fw_rows_request *request, const char *why,
	struct fw_error *error)
{
	return fw_error_set(error, FW_MALFORMED,
		"%s: the driver's answer is not as it must be (%s); load one of this version with "
		"'flowwatcher unload' and 'flowwatcher load'",
		request->what, why);
}

/* What is wrong with an answer of `length` bytes; NULL: nothing. */
static const char *find_fault(const struct fw_rows_request *request, const struct fw_control_rows *rows,
	uint32_t length, uint64_t after)
{
	if (length < sizeof(*rows) || rows->size < sizeof(*rows) || rows->size > length)
		return "the size of its header";
	if (!rows->count)
		return NULL;
	if (rows->row_size < request->row_size || rows->row_size > LARGEST_ROW)
		return "the size of a row";
	if (rows->count > (length - rows->size) / rows->row_size)
		return "the number of rows";
	return rows->after <= after ? "rows that begin again" : NULL;
}

static enum fw_status hand_rows(const struct fw_rows_request *request, const uint8_t *answer)
{
	const struct fw_control_rows *rows = (const void *)answer;
	uint64_t row[LARGEST_ROW / sizeof(uint64_t)];

	for (uint32_t i = 0; i < rows->count; i++) {
		memcpy(row, answer + rows->size + (size_t)i * rows->row_size, request->row_size);
		if (!request->row(row, request->argument))
			return FW_STOPPED;
	}
	return FW_OK;
}

enum fw_status fw_device_rows(struct fw_device_channel *channel, const struct fw_rows_request *request,
	struct fw_error *error)
{
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	uint8_t *answer = malloc(BATCH_BYTES);
	const struct fw_control_rows *rows = (const void *)answer;
	enum fw_status status = FW_OK;
	uint32_t length;

	if (!answer)
		return fw_error_set(error, FW_NO_MEMORY, "%s: no memory", request->what);
	do {
		const char *fault;

		status = fw_device_call(channel, request->function, &cursor, sizeof(cursor), answer,
			BATCH_BYTES, &length, request->what, error);
		if (status != FW_OK)
			break;
		fault = find_fault(request, rows, length, cursor.after);
		if (fault)
			status = malformed(request, fault, error);
		else
			status = hand_rows(request, answer);
		cursor.after = rows->after;
	} while (status == FW_OK && rows->count);
	free(answer);
	return status;
}
