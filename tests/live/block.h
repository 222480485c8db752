/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwblock: every kind of socket a process can move payload with, before and after it is blocked.
 * Shared by its files only.
 *
 * A run has a subject, which will be blocked, and a peer, which will not. Whatever is sent carries
 * a stamp: sent before the block, or after. What each side got is counted by that stamp, and by
 * whether it lay in the receiver's queue already, in memory that all processes of the run share.
 */
#ifndef FW_BLOCK_H
#define FW_BLOCK_H

#include <netinet/in.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

#define FW_BLOCK_CHANNELS_MAX 16u
#define FW_BLOCK_ERRORS_MAX 24u
#define FW_BLOCK_MESSAGE_BYTES 200u

enum fw_block_flag {
	FW_BLOCK_UP = 1u << 0,		 /* the subject sends after the block */
	FW_BLOCK_DOWN = 1u << 1,	 /* it receives after the block */
	FW_BLOCK_EXISTING = 1u << 2,	 /* opened, and used both ways, before the block */
	FW_BLOCK_FLOWING = 1u << 3,	 /* and in use while the block comes */
	FW_BLOCK_QUEUED_UP = 1u << 4,	 /* the subject has filled its send buffer */
	FW_BLOCK_QUEUED_DOWN = 1u << 5,	 /* the peer has filled the subject's queue and its own */
	FW_BLOCK_CLOSED = 1u << 6,	 /* the subject has closed after that */
	FW_BLOCK_ORPHAN = 1u << 7,	 /* a child of the subject did all that, and has exited */
	FW_BLOCK_SHUT_SUBJECT = 1u << 8, /* half closed, by the subject */
	FW_BLOCK_SHUT_PEER = 1u << 9,	 /* half closed, by the peer */
	FW_BLOCK_PASSED_BEFORE = 1u
				 << 10, /* another process opened it and passes it by SCM_RIGHTS */
	FW_BLOCK_PASSED_AFTER = 1u << 11,
	FW_BLOCK_INHERITED = 1u << 12, /* another process opened it and forked the subject */
	FW_BLOCK_THREAD = 1u << 13,    /* after the block, a new thread goes on */
	FW_BLOCK_CHILD = 1u << 14,     /* or a new child */
	FW_BLOCK_EXEC = 1u << 15,      /* or a new child after an exec: block that executable */
	FW_BLOCK_WAITING = 1u << 16,   /* a thread sits in recv() while the block comes */
	FW_BLOCK_ECHO = 1u << 17,      /* the peer's kernel sends back what the subject sent */
	FW_BLOCK_STREAM = 1u << 18,
	FW_BLOCK_FASTOPEN = 1u << 19,
	FW_BLOCK_MAPPED =
		1u << 20, /* the subject's socket is IPv6, its addresses are ::ffff:a.b.c.d */
};

enum fw_block_phase {
	FW_BLOCK_PHASE_EXCHANGE, /* both ways, until each side got something */
	FW_BLOCK_PHASE_QUIET,	 /* nothing, or queues are filled */
	FW_BLOCK_PHASE_AFTER,	 /* the block is said to be in place: everything is tried */
	FW_BLOCK_PHASE_DONE,
};

enum fw_block_who { FW_BLOCK_SUBJECT, FW_BLOCK_PEER };

enum fw_block_cut { FW_BLOCK_CUT_NONE, FW_BLOCK_CUT_FIN, FW_BLOCK_CUT_RESET, FW_BLOCK_CUT_ERROR };

/* What one side got and sent, in bytes of payload. */
struct fw_block_counts {
	_Atomic uint64_t before;   /* got before the block */
	_Atomic uint64_t fresh;	   /* sent after the block */
	_Atomic uint64_t late;	   /* sent before, arrived after */
	_Atomic uint64_t queued;   /* arrived before, read after */
	_Atomic uint64_t accepted; /* what its own send calls took after the block */
};

struct fw_block_error {
	char call[16];
	int number;
	unsigned int count;
};

struct fw_block_settings {
	char address[2][64]; /* by side; empty: loopback */
	char device[2][16];  /* for AF_PACKET */
	char netns[2][256];  /* paths; empty: this one */
	char program[4096];  /* the subject is this executable; empty: this program */
	unsigned int try_ms;
	bool test; /* no block comes; try until everything has passed */
};

/* Shared by all processes of a run, across exec too: no pointers. */
struct fw_block_run {
	struct fw_block_settings settings;
	_Atomic int phase;
	sem_t arrived, after; /* a side has done its part; the block is in place */
	uint32_t nonce;	      /* in every datagram: not another run's */
	struct sockaddr_storage address[2];
	_Atomic bool known[2];
	struct fw_block_counts counts[2];
	struct fw_block_error errors[2][FW_BLOCK_ERRORS_MAX];
	_Atomic int cut[2]; /* enum fw_block_cut: what a side learned of an existing connection */
};

struct fw_block_channel;
/* How a channel moves payload; both return as send() and recv(), and never wait. */
struct fw_block_method {
	const char *send_name, *receive_name;
	ssize_t (*send)(struct fw_block_channel *channel, const char *data, size_t bytes);
	ssize_t (*receive)(struct fw_block_channel *channel, char *data, size_t size);
	void (*open)(struct fw_block_channel *channel); /* may be NULL */
	/* Bytes that have arrived for a stream, where its descriptor alone cannot be asked; may be NULL. */
	ssize_t (*queued)(struct fw_block_channel *channel);
};

struct fw_block_channel {
	int descriptor;
	const struct fw_block_method *method;
	struct sockaddr_storage to; /* for those that are not connected */
	bool existing, read_ended, write_ended;
	uint64_t queue_left; /* streams: bytes that had arrived when the block came, unread */
	void *state;	     /* of the method */
	int ends[2], files[2];
};

struct fw_block_side;
typedef void fw_block_hook(struct fw_block_side *side);

struct fw_block_scenario {
	const char *name, *description;
	int family;
	unsigned int flags;
	int protocol;			      /* for socket() */
	const struct fw_block_method *method; /* of the subject, and of a peer that is no stream */
	fw_block_hook *prepare[2];	      /* once, at the start */
	fw_block_hook *open[2];		      /* until there is a channel */
};
extern const struct fw_block_scenario fw_block_scenarios[];
extern const size_t fw_block_scenario_count;

struct fw_block_side {
	struct fw_block_run *run;
	const struct fw_block_scenario *scenario;
	enum fw_block_who who;
	bool after;	       /* it has seen that the block is in place */
	bool helper;	       /* not the subject itself: opens its channels for it */
	int listener, control; /* control: a UNIX socket for passed descriptors */
	int shared;	       /* the descriptor of `run`, for an exec */
	unsigned int count;
	struct fw_block_channel channels[FW_BLOCK_CHANNELS_MAX];
};

/* block_ledger.c */
void fw_block_count(struct fw_block_side *side, struct fw_block_channel *channel, const char *data,
	size_t bytes);
void fw_block_error_add(struct fw_block_side *side, const char *call, int number);
void fw_block_cut_add(
	struct fw_block_side *side, const struct fw_block_channel *channel, enum fw_block_cut cut);
/* Fills with what `side` sends now; returns how many of the bytes to send. */
size_t fw_block_stamp(const struct fw_block_side *side, char *data, size_t bytes);
void fw_block_report(const struct fw_block_run *run, const struct fw_block_scenario *scenario,
	int pid, FILE *out);
/* NULL: with no block, all that the scenario has moved payload; else what did not. */
const char *fw_block_missing(
	const struct fw_block_run *run, const struct fw_block_scenario *scenario);

/* block_channel.c: opening; a failure is recorded, there is then no channel. */
fw_block_hook fw_block_listen, fw_block_connect, fw_block_fastopen, fw_block_udp,
	fw_block_udp_connected;
struct fw_block_channel *fw_block_channel_new(
	struct fw_block_side *side, int descriptor, const struct fw_block_method *method);
void fw_block_channel_remove(struct fw_block_side *side, unsigned int index);
void fw_block_accept(struct fw_block_side *side);
void fw_block_own_address(
	const struct fw_block_side *side, struct sockaddr_storage *address, socklen_t *length);
socklen_t fw_block_address_length(const struct sockaddr_storage *address);

/* block_pump.c */
void fw_block_tick(struct fw_block_side *side, bool sends, bool receives);
void fw_block_fill(struct fw_block_side *side); /* until no send is taken any more */
void fw_block_mark_queue(struct fw_block_side *side, struct fw_block_channel *channel);
void fw_block_wait_start(struct fw_block_side *side); /* a thread that sits in recv() */
void fw_block_after(struct fw_block_side *side);

/* block_side.c: the life of a side, in its process. */
void fw_block_side_run(struct fw_block_side *side);

/* block_pass.c: channels of other processes. */
fw_block_hook fw_block_receive_passed;
void fw_block_pass(struct fw_block_side *side);
/* Execs the subject's program with all channels; `word` is "subject" or "pump". */
_Noreturn void fw_block_exec(struct fw_block_side *side, const char *word);
int fw_block_exec_main(int argc, char **argv);

/* block_run.c: one run, in the main process. */
int fw_block_run_scenario(const struct fw_block_scenario *scenario,
	const struct fw_block_settings *settings, const char *ready, const char *go, FILE *out);
struct fw_block_run *fw_block_map(int descriptor);

/* block_method.c, block_uring.c, block_raw.c, block_packet.c */
extern const struct fw_block_method fw_block_plain, fw_block_to, fw_block_sendfile, fw_block_splice,
	fw_block_zerocopy, fw_block_uring, fw_block_uring_fixed, fw_block_uring_armed,
	fw_block_uring_async, fw_block_uring_sqpoll, fw_block_icmp4, fw_block_icmp6,
	fw_block_raw_udp, fw_block_packet_frame, fw_block_packet_cooked, fw_block_packet_ip,
	fw_block_packet_ring;
fw_block_hook fw_block_ping, fw_block_raw_icmp, fw_block_raw, fw_block_raw_udp_open,
	fw_block_packet_raw, fw_block_packet_dgram, fw_block_packet_bypass, fw_block_packet_udp,
	fw_block_packet_mapped;
/* block_raw.c: of an even number of bytes, or odd; `sum` is what was summed before. */
uint32_t fw_block_sum(const void *data, size_t bytes, uint32_t sum);
uint16_t fw_block_checksum(uint32_t sum);

#endif
