/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Values of the BPF maps, shared by the programs (kernel/linux) and the backend that reads the maps
 * (backend/linux). Not an ABI between versions: the loaded kernel side and the command must agree
 * on FW_MAPS_VERSION, or the command refuses.
 *
 * A process *handle* is one u64 that names (pid, start time): bits 0-21 the pid (Linux pids have at
 * most 22 bits), bits 22-63 the low bits of start_ns / 1024. It wraps after 52 days of uptime, so
 * two processes share a handle only if they have the same pid and started a multiple of 52 days
 * apart to the microsecond. Being one word it is stored and compared atomically.
 */
#ifndef FW_FLOW_MAPS_H
#define FW_FLOW_MAPS_H

#include "abi/process_event.h"
#include "abi/rule.h"

#define FW_MAPS_VERSION 8

#define FW_MAX_PROCESSES 65536 /* rows; traffic of further ones counts as unattributed */
#define FW_EXITED_KEPT	 8192  /* exited processes kept as rows of their own */
#define FW_MAX_GROUPS	 1024
#define FW_MAX_READERS	 8

#define FW_HANDLE_PID_BITS 22

static inline uint64_t fw_handle(uint32_t pid, uint64_t start_ns)
{
	return (start_ns >> 10) << FW_HANDLE_PID_BITS | pid;
}

static inline uint32_t fw_handle_pid(uint64_t handle)
{
	return (uint32_t)(handle & ((1u << FW_HANDLE_PID_BITS) - 1));
}

/* How far the receive position of a TCP socket is known. */
enum fw_sequence_state {
	FW_SEQUENCE_UNKNOWN = 0,
	FW_SEQUENCE_KNOWN = 1,
};

enum fw_flow_flag {
	FW_FLOW_BORN = 1u << 0,	      /* made after counting began */
	FW_FLOW_PORT_SHOWN = 1u << 1, /* port_taken was reported */
	FW_FLOW_CLOSED = 1u << 2,     /* the socket is only waiting to be freed */
	FW_FLOW_KERNEL = 1u << 3,     /* the kernel's own: answers to ping, resets */
	FW_FLOW_CONNECTED = 1u << 4,  /* TCP: begun from here */
	FW_FLOW_ACCEPTED = 1u << 5,   /* TCP: begun from elsewhere */
};

/* One per socket (sk_storage). Written by softirq and process context on any CPU: counters only by
 * atomic add, the rest by plain stores of single words whose races are harmless. */
struct fw_flow_state {
	/* address of the socket; differs in a fresh clone of a listener's state */
	uint64_t self;
	uint64_t id;	  /* socket cookie; 0: not asked for yet */
	uint64_t owner;	  /* handle of the process that touched it last; 0: none yet */
	/* where its row was last found; that row's handle tells if it still is */
	uint32_t owner_row;
	uint32_t flags;
	struct fw_counters counters;
	uint64_t unclaimed_sent; /* wire bytes from before there was an owner */
	uint64_t unclaimed_received;
	uint32_t seen_sequence; /* TCP: receive position already charged */
	uint32_t urgent_seen;	/* TCP: urgent position already skipped */
	uint32_t sequence_state;
	uint32_t told_rule; /* whose refusal was reported last */
	uint64_t creator; /* handle; 0: not known */
	uint64_t holder;  /* handle of one that had it, or its listener, when counting began */
	uint64_t opened_ns;
	uint64_t since_ns; /* when the port was taken */
	/* TCP: addresses as they were before an abort cleared them, while somebody reads closes. */
	uint8_t last_local[16], last_remote[16];
	uint16_t last_local_port, last_remote_port;
	/* machine.rules_generation when somebody held it who is not blocked */
	uint32_t free_holder;
	/* was no member when what changes with members (members_mark) was this: */
	uint64_t free_owner;
	uint64_t free_mark;
	uint64_t unlimited_mark; /* over lo: neither end had a limit when members_mark was this, */
	uint64_t unlimited_until_ns; /* and it need not be looked at before then */
};

/* One per process with traffic, a cache line. Rows are used again: `handle` is written last when
 * one is taken and first when it is given back. */
struct fw_process_state {
	struct fw_counters counters;
	uint64_t handle; /* 0: row is free */
	uint64_t start_ns;
	uint64_t group;
	uint32_t name_version; /* changes with exec */
	uint32_t exited;
};

/* What a process is called, keyed by handle. The path is built from its end: it starts at
 * path[path_offset] and ends before path[FW_EXE_SIZE - 1], which is 0. */
#define FW_TASK_COMM_SIZE 16
struct fw_process_name {
	uint32_t parent_pid;
	uint32_t uid;
	uint32_t flags; /* enum fw_process_flag */
	uint32_t path_offset;
	char comm[FW_TASK_COMM_SIZE];
	char path[2 * FW_EXE_SIZE]; /* twice, so that the verifier sees every write inside */
};

/* A measuring session. */
struct fw_group_state {
	struct fw_counters departed; /* of its exited processes whose rows were folded away */
	uint64_t owner;		     /* handle of the process that measures */
};

/* Each reader has a queue for each class of records, so that a flood of one does not push out the
 * other. */
enum fw_queue { FW_QUEUE_NETWORK, FW_QUEUE_PROCESS, FW_QUEUE_COUNT };

#define FW_PROCESS_TYPES                                                                           \
	(1u << FW_RECORD_PROCESS_CREATE | 1u << FW_RECORD_PROCESS_EXIT |                           \
		1u << FW_RECORD_THREAD_CREATE | 1u << FW_RECORD_THREAD_EXIT)
#define FW_NETWORK_TYPES                                                                           \
	(1u << FW_RECORD_CONNECTION_OPEN | 1u << FW_RECORD_CONNECTION_CLOSE |                      \
		1u << FW_RECORD_PORT_TAKEN | 1u << FW_RECORD_PORT_RELEASED |                       \
		1u << FW_RECORD_BLOCKED)

static inline enum fw_queue fw_queue_of(uint32_t type)
{
	return FW_PROCESS_TYPES & (1u << type) ? FW_QUEUE_PROCESS : FW_QUEUE_NETWORK;
}

/* Written by the programs but for `types` and `owner`. `gap`: lost and not yet reported in the
 * stream; the sum of each queue's types is only a hint that there are any. */
struct fw_reader_state {
	uint64_t types; /* bit per record type; 0: nothing is delivered */
	uint64_t owner; /* handle of the reading process; 0: slot free */
	uint64_t produced[FW_RECORD_EVENT_TYPES]; /* by record type, since the reader began */
	uint64_t lost[FW_RECORD_EVENT_TYPES];
	uint64_t gap[FW_RECORD_EVENT_TYPES];
	uint64_t gap_total[FW_QUEUE_COUNT];
};

/* The one instance that all programs share; the backend maps it into memory. */
struct fw_machine {
	uint32_t maps_version;
	uint32_t abi_major;
	uint32_t abi_minor;
	uint32_t has_wire;
	uint64_t since_ns;
	struct fw_counters departed;
	uint64_t departed_count; /* rows folded into `departed`, and of how many that was begun */
	uint64_t departing_count;
	uint64_t rows_used; /* all further rows were never taken */
	struct fw_counters unattributed;
	uint64_t exited_count;
	uint64_t groups_active;
	uint64_t flow_failures;	   /* no memory for a flow: its own counters miss bytes */
	uint64_t process_failures; /* no row for a process: bytes went to unattributed */
	uint64_t group_failures;   /* a child could not be put into its parent's group */
	uint64_t reader_count; /* readers that have a slot or are about to take one */
	uint64_t count_synack; /* the egress hook misses SYN-ACKs over IPv6 */
	uint64_t rules_count;  /* 0: nobody is a member of anything */
	uint64_t rules_committed; /* the highest id of rules in force */
	uint64_t members_changed; /* members that became so, or other ones */
	uint64_t member_failures; /* no memory for a member: a rule is not in force for it */
	uint64_t cutter; /* handle of a command that empties queues: what it reads is nobody's */
	uint32_t takes_sockets; /* which of its two passes fw_iter_holders makes: 0 or 1 */
	uint32_t rules_generation; /* grows when members may have to be found anew */
	uint32_t rules_settled; /* the generation for which all processes were asked */
	uint32_t policy_kinds[FW_RULE_TARGET_COUNT]; /* how many policies there are of each kind */
	uint32_t filter_lists_made; /* the highest id of a list */
	uint32_t filter_is_used; /* there may be something of the filter on an adapter */
	struct fw_reader_state readers[FW_MAX_READERS];
};

/* Rows that the iterators write. A row of family FW_FAMILY_NONE tells the reading process, in
 * holder_pid and holder_start_ns, who it is in the initial pid namespace. */
struct fw_socket_row {
	struct fw_connection connection;
	uint64_t owner;	  /* handle */
	uint64_t creator; /* handle */
	uint64_t since_ns;
	uint64_t holder_start_ns; /* iter/task_file: the process whose descriptor this is */
	uint32_t holder_pid;
	uint32_t rule; /* fw_iter_cut: that refuses the socket */
};

#endif
