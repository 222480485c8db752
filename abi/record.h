/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The header every record begins with, on both kernels and on disk. Included by kernel side and
 * user side. Little-endian; readers skip types they do not know and accept sizes larger than they
 * know.
 */
#ifndef FW_ABI_RECORD_H
#define FW_ABI_RECORD_H

#include "core/types.h"

/* A change of the major version means old readers must refuse; of the minor, that fields were
 * added. */
#define FW_ABI_MAJOR 1
#define FW_ABI_MINOR 2

/* Every record starts at a multiple of this in a buffer and its size is one. */
#define FW_RECORD_ALIGN 8u

enum fw_record_type {
	FW_RECORD_NONE = 0,
	FW_RECORD_CONNECTION_OPEN = 1,
	FW_RECORD_CONNECTION_CLOSE = 2, /* struct fw_connection_record */
	FW_RECORD_PORT_TAKEN = 3,	/* struct fw_port_record */
	FW_RECORD_PORT_RELEASED = 4,	/* struct fw_port_record */
	FW_RECORD_LOSS = 5,		/* struct fw_loss_record */
	FW_RECORD_PROCESS_CREATE = 6,	/* struct fw_process_create_record */
	FW_RECORD_PROCESS_EXIT = 7,	/* struct fw_process_exit_record */
	FW_RECORD_THREAD_CREATE = 8,	/* struct fw_thread_record */
	FW_RECORD_THREAD_EXIT = 9,	/* struct fw_thread_record */
	FW_RECORD_IMAGE_LOAD = 10,	/* struct fw_image_record */
	FW_RECORD_BLOCKED = 11,		/* struct fw_blocked_record, abi/rule.h */
	FW_RECORD_TYPE_COUNT
};

/* Types of events are below this, so that counts by type have a fixed size; types from here on
 * occur in recordings only. */
#define FW_RECORD_EVENT_TYPES 16

/* What a recording holds beside events; the structures are in lib/recording/recording_format.h. */
enum fw_recording_type {
	FW_RECORDING_INFO = FW_RECORD_EVENT_TYPES, /* first record: what was recorded, and where */
	FW_RECORDING_SNAPSHOT_BEGIN = 17,
	FW_RECORDING_USAGE = 18,      /* rows of a snapshot, between its begin and its end */
	FW_RECORDING_CONNECTION = 19,
	FW_RECORDING_PORT = 20,
	FW_RECORDING_SNAPSHOT_END = 21, /* and what its rows do not say */
	FW_RECORDING_REPORT = 22,	/* last record: what was produced, delivered and lost */
	FW_RECORDING_TYPE_COUNT
};

enum fw_record_flag {
	/* was there before the reader began; not counted as produced */
	FW_RECORD_EXISTING = 1u << 0,
};

/*
 * Example: a port_taken record is {size = sizeof(struct fw_port_record), type = 3, sequence = 17,
 * ...} and the next record begins `size` bytes after this one began.
 */
struct fw_record_header {
	uint32_t size;	   /* bytes, header included, a multiple of FW_RECORD_ALIGN */
	uint16_t type;	   /* enum fw_record_type */
	uint16_t flags;	   /* enum fw_record_flag */
	/* per reader, from 1; a loss takes as many numbers as records were lost */
	uint64_t sequence;
	uint64_t time_ns;  /* when it happened: ns since boot, suspend included */
};
FW_STATIC_ASSERT(sizeof(struct fw_record_header) == 24, "record header layout");

/* Stands in a reader's stream at the place of a gap. Counts are per type, of this gap only. */
struct fw_loss_record {
	struct fw_record_header header;
	uint64_t lost[FW_RECORD_EVENT_TYPES]; /* index = record type; records */
};
FW_STATIC_ASSERT(sizeof(struct fw_loss_record) == 24 + 8 * 16, "loss record layout");

/* Text inside a record: `length` bytes (no terminating zero) from `offset` bytes after the record's
 * beginning. Any bytes, as the kernel has them; {0, 0}: not known. */
struct fw_record_text {
	uint32_t offset;
	uint32_t length;
};

#endif
