/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the user side and the Windows driver say to each other: control codes of \\.\FlowWatcher and their
 * buffers. Little-endian, fixed width, explicit zero padding, no pointers; every structure begins with its
 * size, so that either side can grow. Included by backend/windows and kernel/windows.
 *
 * All codes are METHOD_BUFFERED but FW_CONTROL_READ (METHOD_OUT_DIRECT), all need FILE_READ_DATA, those that
 * change something FILE_WRITE_DATA too. A buffer that is too small or says a wrong size is refused with
 * STATUS_INVALID_PARAMETER or STATUS_BUFFER_TOO_SMALL before anything is done, a major version other than the
 * driver's with STATUS_REVISION_MISMATCH.
 */
#ifndef FW_ABI_CONTROL_H
#define FW_ABI_CONTROL_H

#include "abi/filter.h"
#include "abi/process_event.h"
#include "abi/rule.h"

#define FW_CONTROL_DEVICE_NAME "\\Device\\FlowWatcher"
#define FW_CONTROL_LINK_NAME   "\\DosDevices\\FlowWatcher"
#define FW_CONTROL_DEVICE_TYPE 0x8f57u /* of the range for vendors */

/* Function numbers, from 0x800 on as vendors have them. */
enum fw_control_function {
	FW_CONTROL_HELLO = 0x800,	/* in, out: struct fw_control_hello; first on every handle */
	FW_CONTROL_STATUS = 0x801,	/* out: struct fw_control_status */
	FW_CONTROL_USAGE = 0x802,	/* in: struct fw_control_cursor; out: fw_control_rows of struct fw_usage */
	FW_CONTROL_CONNECTIONS = 0x803, /* the same of struct fw_connection */
	FW_CONTROL_PORTS = 0x804,	/* the same of struct fw_port */
	FW_CONTROL_SUBSCRIBE = 0x805,	/* in: struct fw_control_subscription; once a handle */
	FW_CONTROL_READ = 0x806,	/* out (direct), FW_CONTROL_READ_MIN bytes at least: whole records; pends
					 * until there is one, or the stream ended. Requests are served in their order. */
	FW_CONTROL_DRAIN = 0x807,	/* nothing new from now on; reads that find nothing give 0 bytes */
	FW_CONTROL_REPORT = 0x808,	/* out: struct fw_control_report */
	FW_CONTROL_RULES = 0x809,	/* in: struct fw_control_cursor; out: fw_control_rows of fw_control_rule */
	FW_CONTROL_RULES_ADD = 0x80a,	/* in, out: struct fw_control_rules; all or none; ids are filled in */
	FW_CONTROL_RULES_REMOVE = 0x80b, /* in: struct fw_control_rule_ids; all or none */
	/* Bypass: what comes from now on is neither counted nor judged. As soon as nothing is in use any more the driver
	 * is detached and can be unloaded (FW_CONTROL_UNLOADABLE): ask again until it is. Out: status. */
	FW_CONTROL_STOP = 0x80c,
	FW_CONTROL_START = 0x80d, /* out: status; not once the driver can be unloaded: then it is loaded anew */
	FW_CONTROL_FEATURES = 0x80e, /* in: struct fw_control_cursor; out: fw_control_rows of fw_control_feature */
	FW_CONTROL_DUMP = 0x80f, /* in: struct fw_control_dump: the periodic dump through DbgPrint */
};

/* No record is larger, so a read of this size never finds one it cannot hold. */
#define FW_CONTROL_READ_MIN 16384u

/* Bounds of fw_control_subscription.queue_bytes, and what 0 means. */
#define FW_CONTROL_QUEUE_MIN	 65536u
#define FW_CONTROL_QUEUE_DEFAULT (1u << 20)
#define FW_CONTROL_QUEUE_MAX	 (16u << 20)

/* Handles that may subscribe at one time, and rules there may be. */
#define FW_CONTROL_READERS 16
#define FW_CONTROL_RULES_MAX 1024

/* The control code of a function as CTL_CODE makes it: method 0 buffered, 2 direct output; access 1 read, 2 write. */
#define FW_CONTROL_CODE(function, method, access) \
	(FW_CONTROL_DEVICE_TYPE << 16 | (uint32_t)(access) << 14 | (uint32_t)(function) << 2 | (method))

/* The whole code of a function. */
static inline uint32_t fw_control_code(enum fw_control_function function)
{
	switch (function) {
	case FW_CONTROL_READ:
		return FW_CONTROL_CODE(function, 2, 1);
	case FW_CONTROL_RULES_ADD:
	case FW_CONTROL_RULES_REMOVE:
	case FW_CONTROL_STOP:
	case FW_CONTROL_START:
	case FW_CONTROL_DUMP:
		return FW_CONTROL_CODE(function, 0, 3);
	default:
		return FW_CONTROL_CODE(function, 0, 1);
	}
}

/* The client says what it speaks, the driver what it is. */
struct fw_control_hello {
	uint32_t size;
	uint16_t major; /* FW_ABI_MAJOR */
	uint16_t minor;
};
FW_STATIC_ASSERT(sizeof(struct fw_control_hello) == 8, "hello layout");

enum fw_control_state {
	FW_CONTROL_BYPASS = 1u << 0,   /* stopped, or to be unloaded */
	FW_CONTROL_HAS_TCP = 1u << 1,  /* attached to \Device\Tcp; below: the others */
	FW_CONTROL_HAS_UDP = 1u << 2,
	FW_CONTROL_HAS_RAW = 1u << 3,
	FW_CONTROL_HAS_TCP6 = 1u << 4,
	FW_CONTROL_HAS_UDP6 = 1u << 5,
	FW_CONTROL_HAS_RAW6 = 1u << 6,
	FW_CONTROL_UNLOADABLE = 1u << 7, /* the service can be stopped, once every handle is closed */
	FW_CONTROL_COVERED = 1u << 8, /* another filter is attached above, and has to go before this one can */
};

struct fw_control_status {
	uint32_t size;
	uint32_t state;	   /* enum fw_control_state */
	uint64_t since_ns; /* when counting began, ns since boot */
	uint64_t time_ns;  /* now */
	uint64_t failures; /* objects for which there was no memory; their bytes are unattributed */
	uint32_t processes; /* rows held */
	uint32_t readers;   /* handles that subscribed */
	uint32_t addresses; /* objects and calls that keep the driver from being unloaded */
	uint32_t connections;
	uint32_t handlers;
	uint32_t requests;
	/* Of rows that were folded away. Rows are asked for on their own, so who wants an exact sum asks for the status
	 * before and after them, and again if `departed` changed between. */
	struct fw_counters departed;
	struct fw_counters unattributed;
	/* UTC of the boot, ns since 1970, as it was at the driver's load: the start_ns of every process is counted from
	 * there, whatever is done to the clock since, and whoever counts from there too has the same number for it. */
	uint64_t boot_utc_ns;
};
FW_STATIC_ASSERT(sizeof(struct fw_control_status) == 56 + 64 + 8, "status layout");

/* Rows are asked for in batches, by number, the lowest first: each that is there during all of the batches comes
 * exactly once. */
struct fw_control_cursor {
	uint32_t size;
	uint32_t reserved; /* 0 */
	uint64_t after;	   /* rows with greater numbers; 0: from the first on */
};
FW_STATIC_ASSERT(sizeof(struct fw_control_cursor) == 16, "cursor layout");

/* As many rows as there is room for; `count` 0: there are no more. */
struct fw_control_rows {
	uint32_t size;	   /* of this header: where the first row begins */
	uint32_t row_size; /* bytes from a row to the next */
	uint32_t count;
	uint32_t reserved; /* 0 */
	uint64_t after;	   /* for the next call */
};
FW_STATIC_ASSERT(sizeof(struct fw_control_rows) == 24, "rows layout");

struct fw_control_subscription {
	uint32_t size;
	uint32_t queue_bytes; /* 0: the default; bounded by the driver */
	uint64_t types;	      /* bit (1 << enum fw_record_type) */
	uint32_t existing;    /* not 0: what there is of these types first */
	uint32_t reserved;    /* 0 */
};
FW_STATIC_ASSERT(sizeof(struct fw_control_subscription) == 24, "subscription layout");

struct fw_control_report {
	uint32_t size;
	uint32_t reserved; /* 0 */
	uint64_t produced[FW_RECORD_EVENT_TYPES];
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
};
FW_STATIC_ASSERT(sizeof(struct fw_control_report) == 8 + 3 * 128, "report layout");

struct fw_control_rule {
	struct fw_rule rule;
	struct fw_rule_counters counters;
};

#define FW_CONTROL_RULES_AT_ONCE 256

/* Followed by `count` struct fw_rule. */
struct fw_control_rules {
	uint32_t size; /* of this header */
	uint32_t count;
};

/* Followed by `count` ids of 32 bits. */
struct fw_control_rule_ids {
	uint32_t size; /* of this header */
	uint32_t count;
};

struct fw_control_feature {
	uint32_t number;
	uint32_t state; /* as enum fw_feature_state of backend/backend.h */
	char group[32];
	char name[64];
	char reason[160];
};
FW_STATIC_ASSERT(sizeof(struct fw_control_feature) == 264, "feature layout");

#define FW_CONTROL_DUMP_MIN_MS 10u
#define FW_CONTROL_DUMP_MAX_MS (24u * 60 * 60 * 1000)

struct fw_control_dump {
	uint32_t size;
	uint32_t interval_ms; /* 0: none; else between the two above */
};
FW_STATIC_ASSERT(sizeof(struct fw_control_dump) == 8, "dump layout");

#endif
