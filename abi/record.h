/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The header every record begins with, on both kernels and on disk. Included by kernel side and user
 * side. Little-endian; readers skip types they do not know and accept sizes larger than they know.
 */
#ifndef FW_ABI_RECORD_H
#define FW_ABI_RECORD_H

#include "core/types.h"

/* A change of the major version means old readers must refuse; of the minor, that fields were added. */
#define FW_ABI_MAJOR 1
#define FW_ABI_MINOR 0

/* Every record starts at a multiple of this in a buffer and its size is one. */
#define FW_RECORD_ALIGN 8u

enum fw_record_type {
	FW_RECORD_NONE = 0,
	FW_RECORD_CONNECTION_OPEN = 1,
	FW_RECORD_CONNECTION_CLOSE = 2, /* struct fw_connection_record */
	FW_RECORD_PORT_TAKEN = 3,	/* struct fw_port_record */
	FW_RECORD_PORT_RELEASED = 4,	/* struct fw_port_record */
	FW_RECORD_LOSS = 5,		/* struct fw_loss_record */
	FW_RECORD_TYPE_COUNT
};

/*
 * Example: a port_taken record is {size = sizeof(struct fw_port_record), type = 3, sequence = 17, ...}
 * and the next record begins `size` bytes after this one began.
 */
struct fw_record_header {
	uint32_t size;	   /* bytes, header included, a multiple of FW_RECORD_ALIGN */
	uint16_t type;	   /* enum fw_record_type */
	uint16_t reserved; /* 0 */
	uint64_t sequence; /* per reader, from 1, without gaps but for losses */
	uint64_t time_ns;  /* when it happened: ns since boot, suspend included */
};
FW_STATIC_ASSERT(sizeof(struct fw_record_header) == 24, "record header layout");

/* Stands in a reader's stream at the place of a gap. Counts are per type, of this gap only. */
struct fw_loss_record {
	struct fw_record_header header;
	uint64_t lost[FW_RECORD_TYPE_COUNT + 2]; /* index = record type; records */
};
FW_STATIC_ASSERT(sizeof(struct fw_loss_record) == 24 + 8 * 8, "loss record layout");

#endif
