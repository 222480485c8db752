/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the user side and the Windows packet filter say to each other: control codes of \\.\FlowWatcherFilter and
 * their buffers. Of the same kind as abi/control.h, whose cursor, rows and hello it uses: little-endian, fixed width,
 * explicit zero padding, no pointers; every structure begins with its size. Included by backend/windows and
 * kernel/windows.
 *
 * All codes are METHOD_BUFFERED and need FILE_READ_DATA, those that change something FILE_WRITE_DATA too. A buffer
 * that is too small or says a wrong size is refused with STATUS_INVALID_PARAMETER or STATUS_BUFFER_TOO_SMALL before
 * anything is done, a major version other than the driver's with STATUS_REVISION_MISMATCH.
 *
 * A list is sent in pieces, as a draft of one handle, and comes into force by a commit. Drafts go with their handle.
 */
#ifndef FW_ABI_FILTER_CONTROL_H
#define FW_ABI_FILTER_CONTROL_H

#include "abi/control.h"

#define FW_FILTER_CONTROL_DEVICE_NAME "\\Device\\FlowWatcherFilter"
#define FW_FILTER_CONTROL_LINK_NAME   "\\DosDevices\\FlowWatcherFilter"

/* Of the same device type as FW_CONTROL_*; function numbers from 0x840 on. */
enum fw_filter_control_function {
	FW_FILTER_CONTROL_HELLO = 0x840,    /* in, out: struct fw_control_hello; first on every handle */
	FW_FILTER_CONTROL_ADAPTERS = 0x841, /* in: struct fw_control_cursor; out: fw_control_rows of struct
					     * fw_adapter, by index; address_count is 0 */
	FW_FILTER_CONTROL_LISTS = 0x842,    /* the same of struct fw_filter_list, as they were set */
	FW_FILTER_CONTROL_PREFIXES = 0x843, /* in: struct fw_filter_control_prefixes; out: fw_control_rows of struct
					     * fw_filter_control_prefix, in their order */
	FW_FILTER_CONTROL_DRAFT = 0x844,    /* in: struct fw_filter_control_draft: a new draft of this handle */
	FW_FILTER_CONTROL_APPEND = 0x845,   /* in: struct fw_filter_control_append: the next prefixes of a draft */
	FW_FILTER_CONTROL_COMMIT = 0x846,   /* in: struct fw_filter_control_commit: all changes or none; when it
					     * returns no packet is judged by what was there before. Its drafts are
					     * used up, also when it fails. */
	FW_FILTER_CONTROL_FOLLOW = 0x847,   /* out: fw_control_rows of struct fw_adapter_event; pends until there is
					     * one. Events are kept for a handle from its first follow on.
					     * STATUS_DATA_OVERRUN, once: there were more than are kept, and the
					     * adapters are to be asked for again. */
	FW_FILTER_CONTROL_OPEN = 0x848,	    /* in: struct fw_filter_control_open: this handle is about one adapter
					     * from now on; once a handle */
	FW_FILTER_CONTROL_QUERY = 0x849,    /* in: struct fw_filter_control_query; out: what the adapter below
					     * answers. STATUS_DEVICE_REMOVED: the handle's adapter has gone. */
	FW_FILTER_CONTROL_STATUS = 0x84a,   /* out: struct fw_filter_control_status */
	FW_FILTER_CONTROL_FEATURES = 0x84b, /* as FW_CONTROL_FEATURES */
	FW_FILTER_CONTROL_PLACES = 0x84c,   /* as ADAPTERS, of struct fw_filter_control_place */
};

/* The whole code of a function. */
static inline uint32_t fw_filter_control_code(enum fw_filter_control_function function)
{
	switch (function) {
	case FW_FILTER_CONTROL_DRAFT:
	case FW_FILTER_CONTROL_APPEND:
	case FW_FILTER_CONTROL_COMMIT:
		return FW_CONTROL_CODE(function, 0, 3);
	default:
		return FW_CONTROL_CODE(function, 0, 1);
	}
}

struct fw_filter_control_status {
	uint32_t size;
	uint32_t adapters; /* the driver is bound to */
	uint32_t lists;
	uint32_t handles;
	uint64_t memory_bytes; /* of lists and drafts */
	uint64_t time_ns;      /* now, ns since boot */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_status) == 32, "filter status layout");

/* Rows with places after `after`; the first has place 1. STATUS_NOT_FOUND: no list has the id. */
struct fw_filter_control_prefixes {
	uint32_t size;
	uint32_t list; /* fw_filter_list.id */
	uint64_t after;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_prefixes) == 16, "prefixes layout");

struct fw_filter_control_prefix {
	struct fw_filter_prefix prefix;
	struct fw_filter_hits hits;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_prefix) == 40, "control prefix layout");

/* Where the driver sees packets. */
enum fw_filter_place {
	FW_FILTER_PLACE_SEND = 0,
	FW_FILTER_PLACE_LOOKAHEAD = 1, /* received: a header and what comes next */
	FW_FILTER_PLACE_PACKET = 2,    /* received: whole packets */
	FW_FILTER_PLACES = 3,
};

/* What each place of an adapter saw; those of a direction add up to fw_adapter_direction.counters. */
struct fw_filter_control_place {
	uint32_t index; /* of the adapter */
	uint32_t place; /* enum fw_filter_place */
	struct fw_filter_counters counters;
	char name[FW_ADAPTER_NAME_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_place) == 40 + FW_ADAPTER_NAME_SIZE, "place layout");

#define FW_FILTER_CONTROL_DRAFTS 256 /* of one handle */
#define FW_FILTER_CONTROL_AT_ONCE 4096 /* prefixes of an append */

/* Memory for all of it is taken here: STATUS_INSUFFICIENT_RESOURCES comes early. */
struct fw_filter_control_draft {
	uint32_t size;
	uint32_t number; /* the caller's, from 1; of a draft that this handle does not have yet */
	uint32_t ipv4;	 /* prefixes it will have, up to FW_FILTER_MAX_IPV4 */
	uint32_t ipv6;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_draft) == 16, "draft layout");

/* Followed by `count` struct fw_filter_prefix, sorted and apart from each other and from those before:
 * STATUS_DATA_ERROR and the draft is gone. */
struct fw_filter_control_append {
	uint32_t size; /* of this header */
	uint32_t number;
	uint32_t count;	   /* up to FW_FILTER_CONTROL_AT_ONCE */
	uint32_t reserved; /* 0 */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_append) == 16, "append layout");

enum fw_filter_control_flag {
	FW_FILTER_CONTROL_UPDATE = 1u << 0, /* only in the place of `replaces`: else STATUS_OBJECT_NAME_COLLISION */
};

/* A name that is no pattern and that of no adapter: STATUS_OBJECT_NAME_NOT_FOUND. */
struct fw_filter_control_change {
	char adapter[FW_ADAPTER_NAME_SIZE];
	char source[FW_FILTER_SOURCE_SIZE];
	uint32_t direction; /* enum fw_filter_direction */
	uint32_t flags;	    /* enum fw_filter_control_flag */
	uint32_t draft;	    /* a full draft of this handle; 0: no list any more */
	uint32_t replaces;  /* id of a list; 0: of none */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_change) == 64 + 256 + 16, "change layout");

/* Followed by `count` changes. */
struct fw_filter_control_commit {
	uint32_t size; /* of this header */
	uint32_t count; /* up to FW_FILTER_CONTROL_DRAFTS */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_commit) == 8, "commit layout");

struct fw_filter_control_open {
	uint32_t size;
	uint32_t reserved; /* 0 */
	char adapter[FW_ADAPTER_NAME_SIZE]; /* fw_adapter.name */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_open) == 8 + FW_ADAPTER_NAME_SIZE, "open layout");

/* An NDIS query (never a set) of an OID_. */
struct fw_filter_control_query {
	uint32_t size;
	uint32_t oid;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_control_query) == 8, "query layout");

#endif
