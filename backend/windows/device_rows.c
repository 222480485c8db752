/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/device_rows.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Enough for a hundred connections a call; the driver copies it whole, so it is no larger. */
#define BATCH_BYTES  65536u
#define LARGEST_ROW  4096u

static enum fw_status malformed(const struct fw_rows_request *request, const char *why,
	struct fw_error *error)
{
	return fw_error_set(error, FW_MALFORMED,
		"%s: the driver's answer is not as it must be (%s); %s", request->what, why,
		fw_device_renewal(fw_device_of(request->function)));
}

/* What is wrong with an answer of `length` bytes; NULL: nothing. */
static const char *find_fault(const struct fw_rows_request *request, const struct fw_control_rows *rows,
	uint32_t length)
{
	if (length < sizeof(*rows) || rows->size < sizeof(*rows) || rows->size > length)
		return "the size of its header";
	if (!rows->count)
		return NULL;
	if (rows->row_size < request->row_size || rows->row_size > LARGEST_ROW)
		return "the size of a row";
	return rows->count > (length - rows->size) / rows->row_size ? "the number of rows" : NULL;
}

enum fw_status fw_device_rows_hand(const struct fw_rows_request *request, const void *answer, uint32_t length,
	struct fw_error *error)
{
	const struct fw_control_rows *rows = answer;
	const char *fault = find_fault(request, rows, length);
	uint64_t row[LARGEST_ROW / sizeof(uint64_t)];

	if (fault)
		return malformed(request, fault, error);
	for (uint32_t i = 0; i < rows->count; i++) {
		memcpy(row, (const uint8_t *)answer + rows->size + (size_t)i * rows->row_size, request->row_size);
		if (!request->row(row, request->argument))
			return FW_STOPPED;
	}
	return FW_OK;
}

FW_STATIC_ASSERT(sizeof(struct fw_filter_control_prefixes) == sizeof(struct fw_control_cursor) &&
			 offsetof(struct fw_filter_control_prefixes, list) ==
				 offsetof(struct fw_control_cursor, reserved),
	"both are cursors");

enum fw_status fw_device_rows_of(struct fw_device_channel *channel, uint32_t number,
	const struct fw_rows_request *request, struct fw_error *error)
{
	struct fw_control_cursor cursor = { .size = sizeof(cursor), .reserved = number };
	uint8_t *answer = malloc(BATCH_BYTES);
	const struct fw_control_rows *rows = (const void *)answer;
	enum fw_status status = FW_OK;
	bool goes_on = true;
	uint32_t length;

	if (!answer)
		return fw_error_set(error, FW_NO_MEMORY, "%s: no memory", request->what);
	while (goes_on && status == FW_OK) {
		status = fw_device_call(channel, request->function, &cursor, sizeof(cursor), answer,
			BATCH_BYTES, &length, request->what, error);
		if (status != FW_OK)
			break;
		goes_on = length >= sizeof(*rows) && rows->count;
		if (goes_on && rows->after <= cursor.after)
			status = malformed(request, "rows that begin again", error);
		else
			status = fw_device_rows_hand(request, answer, length, error);
		if (goes_on)
			cursor.after = rows->after;
	}
	free(answer);
	return status;
}

enum fw_status fw_device_rows(struct fw_device_channel *channel, const struct fw_rows_request *request,
	struct fw_error *error)
{
	return fw_device_rows_of(channel, 0, request, error);
}
