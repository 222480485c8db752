/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwtraffic: real traffic whose exact payload is known, one scenario a run. Shared by its files
 * only.
 *
 * Every process that does I/O has one row in a ledger of shared memory. What a call returned goes
 * through fw_sent() or fw_received(); peeks, error queues and failed calls do not. At the end the
 * main process prints the rows, which is what a monitor must have seen.
 */
#ifndef FW_TRAFFIC_H
#define FW_TRAFFIC_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define FW_EXIT_SKIP 77

/* Sizes are odd on purpose: a monitor that rounds to pages or segments shows. */
#define FW_BULK_BYTES 700001u
#define FW_REPLY_BYTES 123457u

enum fw_scenario_flag {
	FW_SCENARIO_BALANCED = 1u << 0, /* everything sent is received: checked after the run */
	FW_SCENARIO_STAGED = 1u << 1, /* its sockets are open before --wait and until --hold ends */
	FW_SCENARIO_NETNS = 1u << 2,  /* runs in a network namespace of its own */
	FW_SCENARIO_SLOW = 1u << 3,   /* many processes or connections */
	FW_SCENARIO_PEERS = 1u << 4,  /* one TCP connection: its two ends must mirror each other */
	FW_SCENARIO_HOLD = 1u << 5,   /* with --hold it stops before it closes its sockets */
};

struct fw_scenario {
	const char *name;
	const char *description;
	void (*run)(const struct fw_scenario *scenario);
	int family; /* AF_INET or AF_INET6, for the run function */
	unsigned int flags;
};

extern const struct fw_scenario fw_scenarios[];
extern const size_t fw_scenario_count;

struct fw_traffic_options {
	double scale;	      /* multiplies counts and volumes */
	unsigned int seconds; /* no process of a run lives longer */
	bool wait;	      /* stop at READY until told to go on */
	const char *client_netns,
		*server_netns;	    /* paths, for the two ends of a pair; NULL: this one */
	const char *server_address; /* NULL: loopback */
	bool hold;		    /* stop at HOLD, sockets still open */
};
extern struct fw_traffic_options fw_traffic;

/* n times the scale, at least 1. */
size_t fw_scaled(size_t n);

/* traffic_ledger.c: the rows. Any process or thread of the run may call these. */
struct fw_row;
int fw_ledger_open(void);	     /* the descriptor, which survives exec */
void fw_ledger_join(int descriptor); /* after exec */
struct fw_row *fw_row_new(const char *role);
void fw_row_set_pid(struct fw_row *row, pid_t pid); /* as the initial pid namespace numbers it */
void fw_row_use(struct fw_row *row);		    /* what this process counts from now on */
unsigned int fw_row_index(void);
void fw_row_use_index(unsigned int index);
/* Add what a call returned when it is above 0; return it unchanged. */
ssize_t fw_sent(ssize_t bytes);
ssize_t fw_received(ssize_t bytes);
bool fw_ledger_print(const char *path, const char *scenario);
bool fw_ledger_balanced(const char *scenario);

/* traffic_run.c: processes and stages. */
typedef void (*fw_process_fn)(void *argument);
_Noreturn void fw_fail(const char *what); /* with errno */
_Noreturn void fw_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Start a process with a row of its own; it ends when `run` returns. `row` may be NULL. */
pid_t fw_spawn(const char *role, fw_process_fn run, void *argument, struct fw_row **row);
void fw_process_bound(void); /* after a plain fork: dies with the run's time limit */
void fw_reap(pid_t pid);     /* this child; any failure ends the run */
void fw_reap_all(void);
void fw_reap_ended(void); /* a child that has ended, if one has; does not wait */
void fw_semaphore_await(sem_t *semaphore);
/* The same in the main process: a child that fails ends the run, as it would never post. */
void fw_semaphore_await_children(sem_t *semaphore);
void fw_kill(pid_t pid); /* a child of the run that is meant to die */
void fw_kill_all(void);
/* From now on an alarm (with a word about it), SIGTERM and SIGINT end this program and all it
 * started. */
void fw_end_by_signals(void);
void fw_wait_asleep(pid_t pid); /* until it sleeps in a system call; bounded */
void fw_stages_open(void);
void fw_stage_arrive(int stage);		/* in the children: 0 READY, 1 HOLD */
void fw_stage_release(int stage, int children); /* in the main process */
void fw_stage_announce(const char *word);
void *fw_shared(size_t size); /* zeroed memory that all processes of the run see */

/* traffic_socket.c: sockets and exact transfers; every failure ends the run. */
struct fw_pair {
	int family, type, protocol;
	struct sockaddr_storage address; /* of the server */
	socklen_t length;
	const struct fw_scenario *scenario;
	sem_t opened;  /* the server listens, or is bound */
	sem_t step[4]; /* for a scenario's own order of things */
	pid_t server_pid, client_pid;
	int listener; /* in the server's process */
	int argument;
	void (*prepare_listener)(int descriptor);
	void (*prepare_client)(int descriptor);
};
typedef void (*fw_end_fn)(int descriptor, struct fw_pair *pair);

void fw_loopback(int family, uint16_t port, struct sockaddr_storage *address, socklen_t *length);
struct fw_pair *fw_pair_new(const struct fw_scenario *scenario, int type, int protocol);
/* IPv6 sockets that talk IPv4: ::ffff:127.0.0.1 */
void fw_pair_map(struct fw_pair *pair);
void fw_pair_listen(struct fw_pair *pair);
int fw_pair_connect(struct fw_pair *pair);
int fw_pair_accept(struct fw_pair *pair);
/* Server and client as two processes; returns when both ended well. */
void fw_pair_run(struct fw_pair *pair, fw_end_fn server, fw_end_fn client);
void fw_tcp_run(const struct fw_scenario *scenario, fw_end_fn server, fw_end_fn client);
void fw_udp_run(const struct fw_scenario *scenario, fw_end_fn server, fw_end_fn client);
/* The plain ends: FW_BULK_BYTES up, FW_REPLY_BYTES down. */
void fw_plain_server(int descriptor, struct fw_pair *pair);
void fw_plain_client(int descriptor, struct fw_pair *pair);
void fw_stream_pair(int family, int ends[2]); /* TCP, both ends in this process */

void fw_send_all(int descriptor, size_t bytes);
void fw_send_pieces(int descriptor, size_t count, size_t bytes);
void fw_receive_exact(int descriptor, size_t bytes);
size_t fw_receive_end(int descriptor); /* until the peer's FIN */
void fw_set_int(int descriptor, int level, int name, int value);
void fw_step_done(struct fw_pair *pair, int step);
void fw_step_await(struct fw_pair *pair, int step);
extern char fw_buffer[1 << 16]; /* what is sent, where it is received */

/* traffic_namespace.c */
void fw_loopback_up(void);
void fw_netns_new(void);
void fw_netns_enter(const char *path);			/* NULL: stay */
void fw_write_file(const char *path, const char *text); /* ends the run on failure */
bool fw_try_write_file(const char *path, const char *text);

/* traffic_exec.c: what runs after an exec of this program. */
int fw_exec_main(int argc, char **argv);
_Noreturn void fw_exec_self(const char *what, int descriptor);

/* The scenarios, by file. */
typedef void fw_scenario_fn(const struct fw_scenario *scenario);
/* traffic_tcp.c */
fw_scenario_fn fw_run_tcp, fw_run_tcp_mapped, fw_run_tcp_vector, fw_run_tcp_peek, fw_run_tcp_trunc,
	fw_run_tcp_oob, fw_run_tcp_oob_unread, fw_run_tcp_oob_inline, fw_run_tcp_waitall,
	fw_run_tcp_partial, fw_run_tcp_one_process, fw_run_tcp_drip, fw_run_tcp_mmsg,
	fw_run_tcp_more, fw_run_tcp_request;
/* traffic_tcp_end.c */
fw_scenario_fn fw_run_tcp_eagain, fw_run_tcp_timeout, fw_run_tcp_half_close, fw_run_tcp_reset,
	fw_run_tcp_exit_queued, fw_run_tcp_unread, fw_run_tcp_broken_pipe, fw_run_tcp_fastopen,
	fw_run_tcp_fastopen_connect, fw_run_tcp_ktls, fw_run_tcp_killed;
/* traffic_udp.c */
fw_scenario_fn fw_run_udp, fw_run_udp_unconnected, fw_run_udp_vector, fw_run_udp_mmsg,
	fw_run_udp_gso, fw_run_udp_empty, fw_run_udp_peek, fw_run_udp_trunc, fw_run_udp_cork,
	fw_run_udp_refused, fw_run_udp_error_queue, fw_run_udp_multicast, fw_run_udp_one_process,
	fw_run_udp_large, fw_run_udplite, fw_run_udp_lost, fw_run_udp_mapped;
/* traffic_splice.c */
fw_scenario_fn fw_run_sendfile_tcp, fw_run_sendfile_udp, fw_run_splice_to_tcp,
	fw_run_vmsplice_to_tcp, fw_run_splice_from_tcp, fw_run_splice_from_tcp_mixed,
	fw_run_splice_from_tcp_thread, fw_run_splice_from_tcp_peek, fw_run_splice_proxy,
	fw_run_splice_to_udp, fw_run_splice_from_udp, fw_run_splice_from_tcp_oob;
/* traffic_zerocopy.c */
fw_scenario_fn fw_run_zerocopy_tcp, fw_run_zerocopy_udp, fw_run_zerocopy_receive;
/* traffic_uring.c */
fw_scenario_fn fw_run_uring_tcp, fw_run_uring_udp, fw_run_uring_async, fw_run_uring_sqpoll,
	fw_run_uring_send_zc, fw_run_uring_rw, fw_run_uring_splice, fw_run_uring_multishot,
	fw_run_uring_fixed, fw_run_uring_peek;
/* traffic_mptcp.c */
fw_scenario_fn fw_run_mptcp, fw_run_mptcp_fallback, fw_run_mptcp_peek, fw_run_mptcp_splice;
/* traffic_raw.c */
fw_scenario_fn fw_run_ping, fw_run_raw_icmp, fw_run_raw_protocol, fw_run_raw_header,
	fw_run_packet_raw, fw_run_packet_dgram, fw_run_packet_sniff;
/* traffic_process.c */
fw_scenario_fn fw_run_short_lived, fw_run_fork_shared, fw_run_scm_rights, fw_run_pidfd_getfd,
	fw_run_inetd, fw_run_accept_fork, fw_run_prefork, fw_run_daemon, fw_run_threads,
	fw_run_exec, fw_run_vfork;
/* traffic_namespace.c */
fw_scenario_fn fw_run_netns, fw_run_cgroup, fw_run_pid_namespace, fw_run_pid_reuse;
/* traffic_preopened.c */
fw_scenario_fn fw_run_blocked_tcp, fw_run_blocked_udp, fw_run_blocked_splice;
/* traffic_volume.c */
fw_scenario_fn fw_run_connections, fw_run_many_sockets, fw_run_unix;

#endif
