/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Records one behind the other, as in a queue: whatever is called whole can be read to its last
 * byte. */
#include <stdlib.h>
#include <string.h>

#include "abi/process_event.h"
#include "core/record_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int sum;

static void read_bytes(const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += ((const unsigned char *)bytes)[i];
}

static void read_text(const struct fw_record_header *record, const struct fw_record_text *text)
{
	const char *bytes = fw_record_text(record, text);

	if (bytes)
		read_bytes(bytes, text->length);
}

static void read_texts(const struct fw_record_header *record)
{
	const struct fw_process_create_record *create = (const void *)record;
	const struct fw_image_record *image = (const void *)record;

	if (record->type == FW_RECORD_PROCESS_CREATE) {
		read_text(record, &create->exe);
		read_text(record, &create->command_line);
		read_text(record, &create->directory);
		read_text(record, &create->cgroup);
	} else if (record->type == FW_RECORD_IMAGE_LOAD) {
		read_text(record, &image->path);
		read_bytes(image->build_id, image->build_id_length);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *buffer = malloc(size + 1);
	const struct fw_record_header *record;
	size_t at = 0;

	if (!buffer)
		return 0;
	memcpy(buffer, data, size);
	while (at < size && fw_record_at(buffer + at, size - at, &record) == FW_OK) {
		read_bytes(record, record->size < fw_record_min_size(record->type) ?
					   fw_record_min_size(record->type) :
					   record->size);
		if (fw_record_whole(buffer + at, size - at, &record) == FW_OK)
			read_texts(record);
		at += record->size;
	}
	free(buffer);
	return 0;
}
