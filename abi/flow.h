/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Processes, their counters, connections and ports, as both kernels report them. Fixed-width
 * fields, explicit zero padding, no pointers. Included by kernel side and user side.
 *
 * Two layers are always told apart. Payload (`sent`, `received`): bytes the application handed to
 * or took from a socket, as its call returned them; peeked data and failed calls do not count. Wire
 * (`wire_*`): IP packet bytes, headers and retransmissions included.
 */
#ifndef FW_ABI_FLOW_H
#define FW_ABI_FLOW_H

#include "abi/record.h"

#define FW_COMM_SIZE 32	 /* bytes, with the terminating zero */
#define FW_EXE_SIZE  256 /* bytes, with the terminating zero */

/* All four in bytes, since counting of this object began. They never decrease. */
struct fw_counters {
	uint64_t sent;
	uint64_t received;
	uint64_t wire_sent;
	uint64_t wire_received;
};
FW_STATIC_ASSERT(sizeof(struct fw_counters) == 32, "counters layout");

enum fw_process_flag {
	FW_PROCESS_EXITED = 1u << 0,
	/* exe holds only the last FW_EXE_SIZE - 1 bytes of the path */
	FW_PROCESS_EXE_CUT = 1u << 1,
	FW_PROCESS_KERNEL = 1u << 2,  /* a kernel thread */
};

/* A process is (pid, start_ns): a reused pid is another process. */
struct fw_process {
	uint32_t pid;
	uint32_t parent_pid; /* 0: not known */
	uint64_t start_ns;   /* ns since boot, suspend included */
	uint32_t uid;	     /* effective user id; UINT32_MAX: not known */
	uint32_t flags;	     /* enum fw_process_flag */
	char comm[FW_COMM_SIZE];
	char exe[FW_EXE_SIZE]; /* absolute path; empty: not known */
};
FW_STATIC_ASSERT(sizeof(struct fw_process) == 24 + FW_COMM_SIZE + FW_EXE_SIZE, "process layout");

/* One row of a usage snapshot. */
struct fw_usage {
	struct fw_process process;
	struct fw_counters counters;
	uint64_t group; /* the measuring session (`stat`) the process belongs to; 0: none */
};
FW_STATIC_ASSERT(sizeof(struct fw_usage) == 312 + 32 + 8, "usage layout");

enum fw_family {
	FW_FAMILY_NONE = 0,
	FW_FAMILY_IPV4 = 4,
	FW_FAMILY_IPV6 = 6,
	FW_FAMILY_PACKET = 17, /* a link-layer socket (AF_PACKET): no addresses */
};

/* States as RFC 9293 names them; for sockets without connections FW_STATE_NONE. */
enum fw_tcp_state {
	FW_STATE_NONE = 0,
	FW_STATE_ESTABLISHED = 1,
	FW_STATE_SYN_SENT = 2,
	FW_STATE_SYN_RECEIVED = 3,
	FW_STATE_FIN_WAIT_1 = 4,
	FW_STATE_FIN_WAIT_2 = 5,
	FW_STATE_TIME_WAIT = 6,
	FW_STATE_CLOSED = 7,
	FW_STATE_CLOSE_WAIT = 8,
	FW_STATE_LAST_ACK = 9,
	FW_STATE_LISTEN = 10,
	FW_STATE_CLOSING = 11,
	FW_STATE_COUNT
};

/* IPPROTO_* numbers, and for FW_FAMILY_PACKET the pseudo-protocol below. */
#define FW_PROTOCOL_MPTCP  262
#define FW_PROTOCOL_PACKET 0xffff

/*
 * A connection or any other socket. `owner` is the process that touched it last, which is where its
 * bytes were charged while it did; `creator` made it.
 */
struct fw_connection {
	uint64_t id;	    /* stable for the socket's life, never reused before a reboot */
	uint64_t opened_ns; /* ns since boot; 0: before counting began */
	uint64_t closed_ns; /* ns since boot; 0: still there */
	uint64_t owner_start_ns;
	uint64_t creator_start_ns;
	uint32_t owner_pid;   /* 0: not known */
	uint32_t creator_pid; /* 0: not known */
	struct fw_counters counters;
	uint8_t local_address[16];  /* network byte order; IPv4 in the first four bytes */
	uint8_t remote_address[16]; /* the same */
	uint16_t local_port;	    /* host byte order */
	uint16_t remote_port;	    /* host byte order */
	uint16_t protocol;
	uint8_t family; /* enum fw_family */
	uint8_t state;	/* enum fw_tcp_state */
	uint32_t uid;	/* owner of the socket; UINT32_MAX: not known */
	uint32_t network_namespace; /* inode number of the namespace; 0: not known */
	uint64_t group;		    /* the measuring session of the owner; 0: none */
	char comm[FW_COMM_SIZE];    /* of the owner */
};
FW_STATIC_ASSERT(sizeof(struct fw_connection) == 48 + 32 + 32 + 8 + 8 + 8 + FW_COMM_SIZE,
	"connection layout");

struct fw_connection_record {
	struct fw_record_header header; /* FW_RECORD_CONNECTION_OPEN or _CLOSE */
	struct fw_connection connection;
};

/* A local port and the process that holds it. Several processes may hold one port. */
struct fw_port {
	uint64_t connection_id; /* the socket's id, as in struct fw_connection */
	uint64_t owner_start_ns;
	uint64_t since_ns; /* ns since boot; 0: before counting began */
	uint32_t owner_pid;
	uint32_t uid;
	uint32_t network_namespace;
	uint16_t protocol;
	uint16_t port; /* host byte order */
	uint8_t family;
	uint8_t state; /* enum fw_tcp_state: LISTEN for listening TCP; ESTABLISHED also for UDP with
			* a fixed peer */
	uint8_t reserved[6];	/* 0 */
	uint8_t address[16];	/* network byte order */
	char comm[FW_COMM_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_port) == 24 + 16 + 8 + 16 + FW_COMM_SIZE, "port layout");

struct fw_port_record {
	struct fw_record_header header; /* FW_RECORD_PORT_TAKEN or _RELEASED */
	struct fw_port port;
};

#endif
