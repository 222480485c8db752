/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/record_check.h"

#include "abi/process_event.h"
#include "abi/rule.h"

static const size_t known_sizes[FW_RECORD_TYPE_COUNT] = {
	[FW_RECORD_CONNECTION_OPEN] = sizeof(struct fw_connection_record),
	[FW_RECORD_CONNECTION_CLOSE] = sizeof(struct fw_connection_record),
	[FW_RECORD_PORT_TAKEN] = sizeof(struct fw_port_record),
	[FW_RECORD_PORT_RELEASED] = sizeof(struct fw_port_record),
	[FW_RECORD_LOSS] = sizeof(struct fw_loss_record),
	[FW_RECORD_PROCESS_CREATE] = sizeof(struct fw_process_create_record),
	[FW_RECORD_PROCESS_EXIT] = sizeof(struct fw_process_exit_record),
	[FW_RECORD_THREAD_CREATE] = sizeof(struct fw_thread_record),
	[FW_RECORD_THREAD_EXIT] = sizeof(struct fw_thread_record),
	[FW_RECORD_IMAGE_LOAD] = sizeof(struct fw_image_record),
	[FW_RECORD_BLOCKED] = sizeof(struct fw_blocked_record),
};

size_t fw_record_min_size(uint16_t type)
{
	if (type >= FW_RECORD_TYPE_COUNT || !known_sizes[type])
		return sizeof(struct fw_record_header);
	return known_sizes[type];
}

enum fw_status fw_record_at(const void *buffer, size_t available,
	const struct fw_record_header **record)
{
	const struct fw_record_header *header = buffer;

	if (available < sizeof(*header) || header->size > available)
		return FW_MALFORMED;
	if (header->size % FW_RECORD_ALIGN || header->size < fw_record_min_size(header->type))
		return FW_MALFORMED;
	*record = header;
	return FW_OK;
}

static bool text_fits(const struct fw_record_header *record, const struct fw_record_text *text)
{
	if (!text->length)
		return true;
	return text->offset >= fw_record_min_size(record->type) && text->offset <= record->size &&
	       text->length <= record->size - text->offset;
}

static bool texts_fit(const struct fw_record_header *record)
{
	const struct fw_process_create_record *create = (const void *)record;
	const struct fw_image_record *image = (const void *)record;

	switch (record->type) {
	case FW_RECORD_PROCESS_CREATE:
		return text_fits(record, &create->exe) &&
		       text_fits(record, &create->command_line) &&
		       text_fits(record, &create->directory) && text_fits(record, &create->cgroup);
	case FW_RECORD_IMAGE_LOAD:
		return text_fits(record, &image->path) &&
		       image->build_id_length <= FW_BUILD_ID_SIZE;
	default:
		return true;
	}
}

enum fw_status fw_record_whole(const void *buffer, size_t available,
	const struct fw_record_header **record)
{
	const struct fw_record_header *found;
	enum fw_status status = fw_record_at(buffer, available, &found);

	if (status != FW_OK)
		return status;
	if (!texts_fit(found))
		return FW_MALFORMED;
	*record = found;
	return FW_OK;
}

const char *fw_record_text(const struct fw_record_header *record, const struct fw_record_text *text)
{
	return text->length ? (const char *)record + text->offset : NULL;
}
