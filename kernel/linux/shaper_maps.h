/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How the shaper's programs (kernel/linux/shaper.bpf.c) and the backend that sets queues up
 * (backend/linux/shaper.c) agree: numbers of queues, devices that have them, and what is counted.
 * Part of FW_MAPS_VERSION.
 *
 * A *shaper device* is one end of a veth pair of ours in each network namespace. Packets of limited
 * processes are redirected to it, wait in its HTB queues, come out of the other end, and are sent
 * back to where they were. Packets of `lo` cannot leave it (they would lose their route): there HTB
 * is lo's own queue, and a program only chooses the class. On their way to slow queues packets
 * first go through the veth pair in the other direction, which cuts offloaded ones into segments.
 */
#ifndef FW_SHAPER_MAPS_H
#define FW_SHAPER_MAPS_H

#include "kernel/linux/rule_maps.h"

#define FW_SHAPED_DEVICES                                                                          \
	8192 /* as many as fit skb->tc_index beside the bits below; 0 is not used */

/* skb->tc_index of a packet that waited. */
#define FW_SHAPED_SENT 1u
#define FW_SHAPED_RECEIVED 2u
#define FW_SHAPED_INWARD 4u /* goes back to where packets come in */
#define FW_SHAPED_SHIFT 3

/* HTB is 15:0; minor number of a class: slot * 16 + direction * 8 + kind. Its leaf queue has that
 * number as its own major one, so that the queues of all slots have different numbers. */
#define FW_QUEUE_MAJOR 15u
#define FW_QUEUE_DIRECTION 8u

/* Kinds of packets, by the length of their headers. HTB charges a packet's length as the size table
 * of its leaf has it, so each kind has a leaf that takes its headers off. */
enum fw_packet_kind {
	FW_PACKET_ALL,		/* the class that has the rate, parent of the others */
	FW_PACKET_TCP4_STAMPED, /* with time stamps, as nearly always */
	FW_PACKET_TCP4,
	FW_PACKET_TCP6_STAMPED,
	FW_PACKET_TCP6,
	FW_PACKET_UDP4,
	FW_PACKET_UDP6,
	FW_PACKET_OTHER,
	FW_PACKET_KINDS
};

#define FW_ETHERNET_HEADER 14u
#define FW_IPV4_HEADER 20u
#define FW_IPV6_HEADER 40u
#define FW_UDP_HEADER 8u
#define FW_TCP_HEADER 20u
#define FW_TCP_STAMPED_HEADER 32u

/* Below this rate offloaded packets (up to 64 KiB) are cut into segments before they wait, or a
 * second would see too few of them. */
#define FW_SLICED_RATE 4000000ull

/* What a rate may save up while nothing is sent: more makes the first second too fast, less loses
 * time whenever the queue is served late. */
#define FW_SHAPER_BURST_NS 30000000ull

/* Where a device's queue is. Key: network namespace's inode number and interface index. */
struct fw_shaped_device_key {
	uint32_t network_namespace;
	uint32_t device;
};

enum fw_shaped_device_flag {
	FW_SHAPED_NO_LINK_HEADER = 1u << 0, /* packets begin with the IP header (tun, wireguard) */
	/* What leaves by it cannot be queued: somebody's `ingress` is where clsact would have to
	   be. */
	FW_SHAPED_NOT_SENT = 1u << 1,
};

struct fw_shaped_device {
	uint32_t index;	 /* of shaped_devices */
	uint32_t shaper; /* interface index of the shaper device; 0: the queue is the device's own
			    (lo) */
	uint32_t flags;	 /* enum fw_shaped_device_flag */
	uint32_t device; /* interface index */
	uint32_t slicer; /* interface index: the shaper device's far end */
};

/* One direction of a limit. Written by the programs on any CPU. */
struct fw_limit_flow {
	uint64_t
		paid_ns; /* token bucket: a model of the queue, and the limit where there is none */
	uint64_t bytes;	 /* payload that went through */
	uint64_t second_ns;    /* when the second began that is being measured */
	uint64_t second_bytes; /* `bytes` then */
	uint64_t rate;	       /* over the last whole second */
	uint64_t window_ns;    /* when the window below was last changed */
	uint32_t window; /* bytes that each TCP connection may have under way; 0: not chosen yet */
	uint32_t reserved;
};

/* What a limit did, by slot; set to 0 when a slot gets a new rule. */
struct fw_limit_state {
	struct fw_limit_flow sent;
	struct fw_limit_flow received;
	uint64_t waited;       /* packets */
	uint64_t waited_bytes; /* payload */
	uint64_t dropped;
};

#endif
