/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules: which processes are blocked or limited, as both kernels keep and report them, and the record of
 * something that was refused. Fixed-width fields, explicit zero padding, no pointers. Included by kernel
 * side and user side.
 */
#ifndef FW_ABI_RULE_H
#define FW_ABI_RULE_H

#include "abi/flow.h"

enum fw_rule_action {
	FW_RULE_BLOCK = 1,
	FW_RULE_LIMIT = 2,
	FW_RULE_DENY = 3, /* Windows: such a process, or a child of FW_RULE_PID, is not created */
};

/*
 * What a rule is about, the most specific first. Of the rules of one action that match a process, those of
 * the most specific target count and no others. Among cgroups and units the deepest is the most specific.
 *
 * Windows knows the first three. Names and paths are compared there without case; a path is that of the kernel
 * (\Device\HarddiskVolume1\...) or begins with a drive (C:\...), which the driver looks up when the rule is made,
 * in the view of who makes it.
 */
enum fw_rule_target {
	FW_RULE_PID = 1, /* pid and start_ns; children inherit it unless FW_RULE_NO_CHILDREN */
	FW_RULE_EXE,	 /* text: absolute path; also the file that is there now, under any name */
	FW_RULE_COMM,	 /* text: name of the process's first thread */
	FW_RULE_CGROUP,	 /* text: path of the cgroup; everything below it too */
	FW_RULE_UNIT,	 /* text: last part of the path of a cgroup, at any depth */
	FW_RULE_USER,	 /* uid: effective user of the process */
	FW_RULE_TARGET_COUNT
};

enum fw_rule_flag {
	FW_RULE_NO_CHILDREN = 1u << 0,
	FW_RULE_ALLOW_LOOPBACK = 1u << 1, /* not peers in 127.0.0.0/8 and ::1 */
	FW_RULE_ONLY_INCOMING = 1u << 2,  /* what others begin: accepted connections, datagrams received */
	FW_RULE_ONLY_OUTGOING = 1u << 3,  /* what the process begins: connections, datagrams sent */
	/* Only in what is reported: */
	FW_RULE_PROCESS_GONE = 1u << 8, /* the process has ended and has no descendants left */
};

#define FW_RULE_TEXT_SIZE 512 /* bytes, with the terminating zero */

/* Bytes a second that a limit may ask for. */
#define FW_RATE_MIN 1000ull
#define FW_RATE_MAX 1000000000000ull

/*
 * Example: `limit exe:/usr/bin/curl --down 1MB/s` is {action = FW_RULE_LIMIT, target = FW_RULE_EXE,
 * received_rate = 1000000, text = "/usr/bin/curl"}.
 */
struct fw_rule {
	uint32_t id;	    /* from 1; not used again until unload */
	uint16_t action;    /* enum fw_rule_action */
	uint16_t target;    /* enum fw_rule_target */
	uint32_t flags;	    /* enum fw_rule_flag */
	uint32_t pid;	    /* FW_RULE_PID */
	uint32_t uid;	    /* FW_RULE_USER */
	uint32_t reserved;  /* 0 */
	uint64_t start_ns;  /* FW_RULE_PID: of the process */
	uint64_t made_ns;   /* ns since boot */
	uint64_t ends_ns;   /* ns since boot; 0: never */
	uint64_t device;    /* FW_RULE_EXE: the kernel's number of the file system; 0: no such file yet */
	uint64_t inode;
	uint64_t sent_rate; /* FW_RULE_LIMIT: payload bytes a second; 0: not limited */
	uint64_t received_rate;
	uint8_t prefix[16]; /* FW_RULE_BLOCK: only peers in it; network byte order, host bits 0 */
	uint8_t prefix_family; /* enum fw_family; FW_FAMILY_NONE: every peer */
	uint8_t prefix_length; /* bits */
	uint16_t first_port;   /* of the peer, host byte order; 0 with last_port 65535: every port */
	uint16_t last_port;
	uint16_t reserved2; /* 0 */
	char text[FW_RULE_TEXT_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_rule) == 24 + 56 + 24 + FW_RULE_TEXT_SIZE, "rule layout");

/* What a rule did since it was made. */
struct fw_rule_counters {
	uint64_t hits;	/* calls and packets refused; packets that had to wait or were dropped */
	uint64_t bytes; /* payload of these */
	uint64_t dropped; /* packets a limit had to drop because nothing could slow their sender */
	uint64_t sent;	  /* payload bytes that went through a limit */
	uint64_t received;
	uint64_t sent_rate; /* bytes a second, over the last second in which something went through */
	uint64_t received_rate;
	uint64_t processes; /* that the rule is in force for */
};
FW_STATIC_ASSERT(sizeof(struct fw_rule_counters) == 64, "rule counters layout");

enum fw_blocked_operation {
	FW_BLOCKED_CONNECT = 1,
	FW_BLOCKED_ACCEPT = 2,	/* a connection that somebody else began */
	FW_BLOCKED_SEND = 3,
	FW_BLOCKED_RECEIVE = 4,
	FW_BLOCKED_CUT = 5, /* a connection that was there when the rule was made */
	FW_BLOCKED_START = 6, /* a process that was to be created; its pid, and no addresses */
};

/* FW_RECORD_BLOCKED. Each refused call gives one; of refused packets, the first of each flow and rule. */
struct fw_blocked_record {
	struct fw_record_header header;
	uint64_t start_ns;	    /* of the process */
	uint64_t connection_id;	    /* of the socket */
	uint32_t pid;
	uint32_t uid;		    /* effective; UINT32_MAX: not known */
	uint32_t rule;		    /* id */
	uint32_t network_namespace; /* inode number; 0: not known */
	uint8_t local_address[16];  /* network byte order; IPv4 in the first four bytes */
	uint8_t remote_address[16];
	uint16_t local_port; /* host byte order */
	uint16_t remote_port;
	uint16_t protocol;  /* as in struct fw_connection */
	uint8_t family;	    /* enum fw_family */
	uint8_t operation;  /* enum fw_blocked_operation */
	char comm[FW_COMM_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_blocked_record) == 24 + 16 + 16 + 32 + 8 + FW_COMM_SIZE,
	"blocked layout");

#endif
