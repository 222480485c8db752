/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_line.h"

#include "core/record_check.h"
#include "flowwatcher/format.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

/* Room for `more` bytes and the zero behind them. */
static bool reserve(struct fw_event_line *line, size_t more)
{
	size_t capacity = line->capacity ? line->capacity : FIRST_CAPACITY;
	char *text;

	while (capacity - line->length <= more)
		capacity *= 2;
	if (capacity == line->capacity)
		return true;
	text = realloc(line->text, capacity);
	if (!text) {
		line->failed = true;
		return false;
	}
	line->text = text;
	line->capacity = capacity;
	return true;
}

bool fw_event_line_begin(struct fw_event_line *line)
{
	memset(line, 0, sizeof(*line));
	if (!reserve(line, 0))
		return false;
	line->text[0] = '\0';
	return true;
}

char *fw_event_line_end(struct fw_event_line *line)
{
	if (!line->failed)
		return line->text;
	free(line->text);
	return NULL;
}

void fw_event_line_add(struct fw_event_line *line, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(line->text + line->length, line->capacity - line->length, format, arguments);
	if (length < 0)
		line->failed = true;
	else if (reserve(line, (size_t)length)) {
		vsnprintf(line->text + line->length, line->capacity - line->length, format, again);
		line->length += (size_t)length;
	}
	va_end(again);
	va_end(arguments);
}

void fw_event_line_time(struct fw_event_line *line, uint64_t boot_ns)
{
	char time[FW_TIME_TEXT_SIZE];

	fw_format_boot_time(boot_ns, time, sizeof(time));
	fw_event_line_add(line, "%.12s", time + strlen("2000-01-01T"));
}

void fw_event_line_bytes(struct fw_event_line *line, const char *bytes, size_t length)
{
	if (reserve(line, length))
		line->length += fw_text_printable(bytes, length, line->text + line->length, length + 1);
}

void fw_event_line_text(struct fw_event_line *line, const struct fw_record_header *record,
	const struct fw_record_text *text)
{
	const char *bytes = fw_record_text(record, text);

	if (bytes)
		fw_event_line_bytes(line, bytes, text->length);
}

void fw_event_line_blocked(struct fw_event_line *line, const struct fw_blocked_record *record,
	const char *arrow)
{
	char protocol[FW_PROTOCOL_NAME_SIZE];
	char local[FW_ADDRESS_TEXT_SIZE], remote[FW_ADDRESS_TEXT_SIZE];

	fw_event_line_add(line, "%s %s %s %s", fw_protocol_name(record->protocol, protocol),
		fw_format_endpoint(record->family, record->local_address, record->local_port, local,
			sizeof(local)),
		arrow,
		fw_format_endpoint(record->family, record->remote_address, record->remote_port,
			remote, sizeof(remote)));
}

void fw_event_line_program(struct fw_event_line *line,
	const struct fw_process_create_record *record)
{
	if (record->exe.length) {
		fw_event_line_text(line, &record->header, &record->exe);
		return;
	}
	fw_event_line_add(line, "[");
	fw_event_line_bytes(line, record->comm, strnlen(record->comm, sizeof(record->comm)));
	fw_event_line_add(line, "]");
}

void fw_event_line_loss(struct fw_event_line *line, const struct fw_loss_record *record)
{
	const char *separator = " ";

	for (uint16_t type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
		char number[FW_RECORD_TYPE_NAME_SIZE];

		if (!record->lost[type])
			continue;
		fw_event_line_add(line, "%s%" PRIu64 " %s", separator, record->lost[type],
			fw_record_type_text(type, number));
		separator = ", ";
	}
}
