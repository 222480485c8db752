/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/recording/recording_check.h"

#include <string.h>

#include "core/record_check.h"
#include "lib/recording/recording_format.h"

/* A name of fixed size somewhere in a record. */
struct name {
	size_t offset;
	size_t size;
};

#define NAME(type, field) { offsetof(struct type, field), sizeof(((struct type *)0)->field) }
#define NAMES_OF_A_TYPE 4

/* What a type has at least, and its names. Sizes of events are core/record_check.h's. */
static const struct form {
	size_t size;
	struct name names[NAMES_OF_A_TYPE];
} forms[FW_RECORDING_TYPE_COUNT] = {
	[FW_RECORD_CONNECTION_OPEN] = { 0, { NAME(fw_connection_record, connection.comm) } },
	[FW_RECORD_CONNECTION_CLOSE] = { 0, { NAME(fw_connection_record, connection.comm) } },
	[FW_RECORD_PORT_TAKEN] = { 0, { NAME(fw_port_record, port.comm) } },
	[FW_RECORD_PORT_RELEASED] = { 0, { NAME(fw_port_record, port.comm) } },
	[FW_RECORD_PROCESS_CREATE] = { 0, { NAME(fw_process_create_record, comm) } },
	[FW_RECORD_PROCESS_EXIT] = { 0, { NAME(fw_process_exit_record, comm) } },
	[FW_RECORD_THREAD_CREATE] = { 0, { NAME(fw_thread_record, comm) } },
	[FW_RECORD_THREAD_EXIT] = { 0, { NAME(fw_thread_record, comm) } },
	[FW_RECORDING_INFO] = { sizeof(struct fw_recording_info),
		{ NAME(fw_recording_info, product), NAME(fw_recording_info, backend),
			NAME(fw_recording_info, kernel_release),
			NAME(fw_recording_info, architecture) } },
	[FW_RECORDING_SNAPSHOT_BEGIN] = { sizeof(struct fw_record_header), { { 0 } } },
	[FW_RECORDING_USAGE] = { sizeof(struct fw_recording_usage),
		{ NAME(fw_recording_usage, usage.process.comm),
			NAME(fw_recording_usage, usage.process.exe) } },
	[FW_RECORDING_CONNECTION] = { sizeof(struct fw_recording_connection),
		{ NAME(fw_recording_connection, connection.comm) } },
	[FW_RECORDING_PORT] = { sizeof(struct fw_recording_port),
		{ NAME(fw_recording_port, port.comm) } },
	[FW_RECORDING_SNAPSHOT_END] = { sizeof(struct fw_recording_snapshot_end), { { 0 } } },
	[FW_RECORDING_REPORT] = { sizeof(struct fw_recording_report), { { 0 } } },
};

bool fw_recording_type_is_known(uint16_t type)
{
	if (type < FW_RECORD_EVENT_TYPES)
		return type > FW_RECORD_NONE && type < FW_RECORD_TYPE_COUNT;
	return type < FW_RECORDING_TYPE_COUNT;
}

static bool names_end(const struct fw_record_header *record, const struct form *form)
{
	for (size_t i = 0; i < NAMES_OF_A_TYPE && form->names[i].size; i++)
		if (!memchr((const char *)record + form->names[i].offset, '\0',
			    form->names[i].size))
			return false;
	return true;
}

enum fw_status fw_recording_check(const void *buffer, size_t length,
	const struct fw_record_header **record)
{
	const struct fw_record_header *found;
	const struct form *form;

	if (fw_record_whole(buffer, length, &found) != FW_OK || found->size != length)
		return FW_MALFORMED;
	if (fw_recording_type_is_known(found->type)) {
		form = &forms[found->type];
		if (found->size < form->size || !names_end(found, form))
			return FW_MALFORMED;
	}
	*record = found;
	return FW_OK;
}
