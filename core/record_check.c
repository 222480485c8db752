/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/record_check.h"

#include "abi/flow.h"

static const size_t known_sizes[FW_RECORD_TYPE_COUNT] = {
	[FW_RECORD_CONNECTION_OPEN] = sizeof(struct fw_connection_record),
	[FW_RECORD_CONNECTION_CLOSE] = sizeof(struct fw_connection_record),
	[FW_RECORD_PORT_TAKEN] = sizeof(struct fw_port_record),
	[FW_RECORD_PORT_RELEASED] = sizeof(struct fw_port_record),
	[FW_RECORD_LOSS] = sizeof(struct fw_loss_record),
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
