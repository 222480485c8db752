/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwrate: what a limited process gets, and what its neighbours notice. Shared by its files only.
 *
 * Two sides, each a process of its own, move payload over N flows: the limited side, which a rule
 * may name by the pid it announces, and the free side. What arrives at the receiving side is
 * counted by flow and by second in memory that all processes of the run share.
 */
#ifndef FW_RATE_RUN_H
#define FW_RATE_RUN_H

#include <netinet/in.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FW_RATE_FLOWS_MAX 1024u
#define FW_RATE_SECONDS_MAX 600u
#define FW_RATE_BUFFER_BYTES (1u << 18)

struct fw_rate_options {
	int protocol, family; /* IPPROTO_TCP or IPPROTO_UDP; AF_INET or AF_INET6 */
	bool up;	      /* the limited side sends */
	bool latency;	      /* requests and responses instead of flows */
	bool existing;	      /* the flows are open before the run waits for its start */
	bool limited_listens; /* else the free side does */
	bool uring, wait;
	unsigned int flows, processes, seconds, warmup, interval_us;
	uint64_t size;			      /* bytes a call, or a datagram, or a request */
	uint64_t offered, target;	      /* bytes a second, all flows together; 0: not set */
	uint64_t send_buffer, receive_buffer; /* 0: as the kernel has it */
	uint16_t port;			      /* of the listener; 0: any */
	const char *address;		      /* of the listener; NULL: loopback */
	const char *limited_netns, *free_netns;
	const char *pid_file, *go_file, *output;
};
extern struct fw_rate_options fw_rate;

struct fw_rate_flow {
	struct sockaddr_storage client; /* UDP: where the connecting end is bound */
	struct sockaddr_storage server;
	/* Written by the flow's sender. */
	_Atomic uint64_t sent, datagrams_sent, send_errors;
	_Atomic int send_error; /* the last errno */
	uint64_t segments, retransmitted;
	/* Written by the flow's receiver. */
	_Atomic uint64_t datagrams_received;
	_Atomic int receive_error;
	_Atomic uint64_t seconds[FW_RATE_SECONDS_MAX]; /* bytes that arrived in each */
};

struct fw_rate_shared {
	sem_t arrived; /* a process has done a step; the main process counts */
	sem_t go, begin, finish;
	sem_t listening; /* `server` is where to connect to */
	struct sockaddr_storage server;
	sem_t bound; /* UDP: the connecting ends have their addresses */
	_Atomic int64_t start_ns;
	int64_t limited_cpu_ns, free_cpu_ns, machine_cpu_ns;
	struct fw_rate_flow flows[FW_RATE_FLOWS_MAX];
};

struct fw_rate_side {
	struct fw_rate_shared *shared;
	bool limited, sends, listens;
	unsigned int processes;
	int descriptors[FW_RATE_FLOWS_MAX];
};

int64_t fw_rate_now_ns(void); /* CLOCK_MONOTONIC */
int64_t fw_rate_process_cpu_ns(void); /* of this process and its children that have ended */
int64_t fw_rate_machine_cpu_ns(void); /* of all processors, since boot */

/* rate_connect.c: in a side's process; every failure ends the run. */
void fw_rate_open_flows(struct fw_rate_side *side);
void fw_rate_address(uint16_t port, struct sockaddr_storage *address, socklen_t *length);

/* rate_flow.c: moves the flows first, first + step, ...; returns when the time is over. */
void fw_rate_run_flows(struct fw_rate_side *side, unsigned int first, unsigned int step);

/* rate_uring.c: one ring a thread. */
struct fw_rate_ring;
struct fw_rate_ring *fw_rate_ring_new(void);
/* As send() and recv() return. */
ssize_t fw_rate_ring_send(
	struct fw_rate_ring *ring, int descriptor, const void *data, size_t bytes);
ssize_t fw_rate_ring_receive(struct fw_rate_ring *ring, int descriptor, void *data, size_t bytes);

/* rate_side.c: the run as a whole, in the main process. */
void fw_rate_run(struct fw_rate_shared *shared);
/* Writes the pid file and waits as --wait and --go-file say. */
void fw_rate_announce(pid_t pid);

/* rate_latency.c */
void fw_rate_run_latency(FILE *out);

/* rate_report.c: one line of JSON. */
void fw_rate_report(const struct fw_rate_shared *shared, FILE *out);

#endif
