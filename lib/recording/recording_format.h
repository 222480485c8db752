/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The bytes of a recording. For lib/recording and backend/replay; any thread.
 *
 *	struct fw_recording_header
 *	struct fw_recording_frame, record
 *	struct fw_recording_frame, record
 *	...
 *
 * Little-endian throughout; everything begins at a multiple of 8 bytes. A record begins with struct
 * fw_record_header, whose size is the frame's length. Records of events (types below
 * FW_RECORD_EVENT_TYPES) are byte for byte what the backend delivered; the others (enum
 * fw_recording_type) are defined here. The order is that of writing: the info, then events and
 * snapshots as they came, then the report. A snapshot is a begin, its rows (usage, connections,
 * ports) and an end; events never stand inside one. Written front to back only, so a recording may
 * go through a pipe.
 *
 * Checksums are CRC-32 as in zlib and RFC 1952. The length has one of its own, so that a changed
 * length is not taken for a file that ends early. Frames are numbered, so that a missing block is
 * noticed.
 */
#ifndef FW_RECORDING_FORMAT_H
#define FW_RECORDING_FORMAT_H

#include "abi/process_event.h"

FW_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "recordings are little-endian");

#define FW_RECORDING_MAGIC "FWRECORD"
#define FW_RECORDING_MAGIC_SIZE 8u

/* A newer major version is refused; a newer minor one has record types or fields to skip. */
#define FW_RECORDING_MAJOR 1
#define FW_RECORDING_MINOR 0

/* A larger length is damage. */
#define FW_RECORDING_MAX_RECORD (64u << 20)

/* The beginning of the file, and the one thing that keeps its layout in every version. */
struct fw_recording_header {
	uint8_t magic[FW_RECORDING_MAGIC_SIZE];
	uint16_t major;
	uint16_t minor;
	uint32_t size; /* bytes from the beginning of the file to the first frame */
	uint32_t reserved; /* 0 */
	uint32_t crc;	   /* of the fields above */
};
FW_STATIC_ASSERT(sizeof(struct fw_recording_header) == 24, "recording header layout");

struct fw_recording_frame {
	uint32_t length;     /* bytes of the record that follows */
	uint32_t number;     /* of frames before this one, modulo 2^32 */
	uint32_t length_crc; /* of length and number */
	uint32_t crc;	     /* of the fields above and of the record */
};
FW_STATIC_ASSERT(sizeof(struct fw_recording_frame) == 16, "recording frame layout");

enum fw_recording_flag {
	FW_RECORDING_WIRE = 1u << 0,	/* wire bytes were counted */
	FW_RECORDING_UDP = 1u << 1,	/* so was anything but TCP */
	FW_RECORDING_PRIVATE = 1u << 2, /* counting began with the recording */
};

/* FW_RECORDING_INFO. Says nothing that identifies the machine. Texts end with a zero byte. */
struct fw_recording_info {
	struct fw_record_header header;
	/* UTC, ns since 1970, of boot: boot_utc_ns + time_ns is a record's time */
	uint64_t boot_utc_ns;
	uint64_t since_ns;    /* when counting began, ns since boot */
	uint64_t interval_ns; /* between snapshots */
	uint64_t types;	      /* bits (1 << enum fw_record_type) subscribed to; 0: no events */
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t flags; /* enum fw_recording_flag */
	char product[32];	 /* version of flowwatcher */
	char backend[16];	 /* name of the backend */
	char kernel_release[64]; /* as uname(2) has it */
	char architecture[32];	 /* the same */
};
FW_STATIC_ASSERT(sizeof(struct fw_recording_info) == 24 + 32 + 8 + 144, "recording info layout");

/* FW_RECORDING_SNAPSHOT_BEGIN is a header alone. Rows: FW_RECORDING_USAGE, _CONNECTION, _PORT. */
struct fw_recording_usage {
	struct fw_record_header header;
	struct fw_usage usage;
};

struct fw_recording_connection {
	struct fw_record_header header;
	struct fw_connection connection;
};

struct fw_recording_port {
	struct fw_record_header header;
	struct fw_port port;
};

/* FW_RECORDING_SNAPSHOT_END; its header's time is when the connections had been read. */
struct fw_recording_snapshot_end {
	struct fw_record_header header;
	struct fw_counters departed; /* these as in struct fw_usage_summary */
	struct fw_counters unattributed;
	uint64_t time_ns;
	uint64_t since_ns;
	uint32_t flags; /* enum fw_recording_flag */
	uint32_t reserved; /* 0 */
};
FW_STATIC_ASSERT(sizeof(struct fw_recording_snapshot_end) == 24 + 64 + 24, "snapshot end layout");

/* FW_RECORDING_REPORT, of all events since the beginning; index = enum fw_record_type. */
struct fw_recording_report {
	struct fw_record_header header;
	uint64_t produced[FW_RECORD_EVENT_TYPES];
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
};
FW_STATIC_ASSERT(sizeof(struct fw_recording_report) == 24 + 3 * 128, "recording report layout");

#endif
