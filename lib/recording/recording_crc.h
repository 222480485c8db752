/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The checksums of recording_format.h. For lib/recording; any thread. */
#ifndef FW_RECORDING_CRC_H
#define FW_RECORDING_CRC_H

#include <zlib.h>

#include "lib/recording/recording_format.h"

static inline uint32_t fw_recording_header_crc(const struct fw_recording_header *header)
{
	return (uint32_t)crc32_z(0, (const void *)header,
		offsetof(struct fw_recording_header, crc));
}

static inline uint32_t fw_recording_length_crc(const struct fw_recording_frame *frame)
{
	return (uint32_t)crc32_z(0, (const void *)frame,
		offsetof(struct fw_recording_frame, length_crc));
}

/* `record` has frame->length bytes. */
static inline uint32_t fw_recording_frame_crc(const struct fw_recording_frame *frame,
	const void *record)
{
	uLong crc = crc32_z(0, (const void *)frame, offsetof(struct fw_recording_frame, crc));

	return (uint32_t)crc32_z(crc, record, frame->length);
}

#endif
