/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter of adapters: lists of address prefixes, and what was dropped by them, as both kernels
 * keep and report it. Fixed-width fields, explicit zero padding, no pointers. Included by kernel
 * side and user side.
 *
 * A list belongs to an adapter and a direction. A packet that an adapter sends is looked up by its
 * destination, one that it receives by its source; in the list: it is dropped. What is not IPv4 or
 * IPv6 passes. One list may serve both directions of an adapter, and every adapter that a pattern
 * names.
 */
#ifndef FW_ABI_FILTER_H
#define FW_ABI_FILTER_H

#include "abi/flow.h"

#define FW_ADAPTER_NAME_SIZE 64 /* bytes, with the terminating zero; Linux has names up to 15 */
#define FW_ADAPTER_TEXT_SIZE 128
#define FW_FILTER_SOURCE_SIZE 256 /* bytes, with the terminating zero */

#define FW_FILTER_MAX_IPV4 6291456u /* prefixes of one list */
#define FW_FILTER_MAX_IPV6 4194304u

/* Bits, where a list is asked for. */
enum fw_filter_direction {
	FW_FILTER_IN = 1,  /* received: by source */
	FW_FILTER_OUT = 2, /* sent: by destination */
	FW_FILTER_BOTH = 3,
};

/*
 * One line of a list. Prefixes of a list are sorted: IPv4 before IPv6, then by address as a number;
 * none contains or repeats another, so no two begin at the same address. A kernel side refuses any
 * other list.
 *
 * Example: 192.0.2.0/24 of line 7 is {address = c0 00 02 00 0..., family = FW_FAMILY_IPV4, length =
 * 24, line = 7}.
 */
struct fw_filter_prefix {
	uint8_t address[16]; /* network byte order, host bits 0; IPv4 in the first four bytes */
	uint8_t family;	     /* FW_FAMILY_IPV4, FW_FAMILY_IPV6 */
	uint8_t length;	     /* bits */
	uint16_t reserved;   /* 0 */
	uint32_t line;	     /* of its source, from 1; 0: not from a file */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_prefix) == 24, "filter prefix layout");

/* Packets and bytes (of IP, headers included) that were dropped because of one prefix. */
struct fw_filter_hits {
	uint64_t packets;
	uint64_t bytes;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_hits) == 16, "filter hits layout");

/* A list that is in force, without its prefixes. */
struct fw_filter_list {
	/* a name, or a pattern with '*' and '?' for any number of them */
	char adapter[FW_ADAPTER_NAME_SIZE];
	/* where it came from: a path, "-", "command"; the last bytes of a longer one */
	char source[FW_FILTER_SOURCE_SIZE];
	uint32_t direction; /* enum fw_filter_direction */
	/* lists of the same id are one, with common counters; not used again until unload */
	uint32_t id;
	uint32_t ipv4;	    /* prefixes */
	uint32_t ipv6;
	uint64_t changed_ns;	 /* ns since boot */
	uint64_t memory_bytes;	 /* that the kernel side keeps for it */
	struct fw_filter_hits hits; /* of all its prefixes, of those it had before a change too */
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_list) == 64 + 256 + 16 + 16 + 16, "filter list layout");

/* Where packets are seen. */
enum fw_filter_hook {
	FW_FILTER_HOOK_NONE = 0,
	FW_FILTER_HOOK_XDP_NATIVE = 1,	/* received: in the driver */
	FW_FILTER_HOOK_XDP_GENERIC = 2, /* received: before the stack */
	FW_FILTER_HOOK_TC = 3,		/* sent; received where XDP is not to be had */
	FW_FILTER_HOOK_NDIS = 4,
};

enum fw_adapter_flag {
	FW_ADAPTER_UP = 1u << 0,	  /* switched on */
	FW_ADAPTER_CARRIER = 1u << 1,	  /* has a link */
	FW_ADAPTER_LOOPBACK = 1u << 2,
};

/* What one direction of an adapter did since its list was first set. */
struct fw_filter_counters {
	uint64_t packets; /* IP packets and others that came by */
	uint64_t bytes;
	uint64_t dropped_packets;
	uint64_t dropped_bytes;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_counters) == 32, "filter counters layout");

struct fw_adapter_direction {
	uint32_t hook; /* enum fw_filter_hook; NONE: no list */
	uint32_t list; /* id; 0: none */
	/* the kernel's number of what judges packets there; 0: none, or not a program */
	uint32_t program;
	uint32_t reserved; /* 0 */
	char reason[FW_ADAPTER_TEXT_SIZE]; /* why not an earlier hook; may be "" */
	char pattern[FW_ADAPTER_NAME_SIZE]; /* fw_filter_list.adapter of its list */
	struct fw_filter_counters counters;
};

/* Addresses of an adapter are asked for on their own: there may be any number. */
struct fw_adapter {
	uint32_t index;
	uint32_t flags; /* enum fw_adapter_flag */
	uint32_t mtu;
	uint32_t network_namespace; /* inode number */
	uint64_t speed_bps; /* bits a second; 0: not known */
	char name[FW_ADAPTER_NAME_SIZE];
	char driver[FW_ADAPTER_TEXT_SIZE]; /* "veth", "virtio_net"; may be "" */
	char medium[FW_ADAPTER_NAME_SIZE]; /* "ethernet", "loopback", "none" */
	uint8_t mac[32];
	uint32_t mac_length; /* bytes; 0: has none */
	uint32_t address_count;
	struct fw_adapter_direction in;
	struct fw_adapter_direction out;
	char alias[FW_ADAPTER_TEXT_SIZE]; /* what users call it: "Local Area Connection"; may be "" */
};

/* What happened to an adapter. */
enum fw_adapter_action {
	FW_ADAPTER_APPEARED = 1,
	FW_ADAPTER_VANISHED = 2,
	FW_ADAPTER_FILTERED = 3, /* a list that was set before now holds for it */
};

struct fw_adapter_event {
	uint64_t time_ns; /* since boot */
	uint32_t index;
	uint32_t network_namespace; /* inode number */
	uint32_t action;	    /* enum fw_adapter_action */
	uint32_t direction;	    /* bits of enum fw_filter_direction that have a list */
	char name[FW_ADAPTER_NAME_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_adapter_event) == 24 + 64, "adapter event layout");

#endif
