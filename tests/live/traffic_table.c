// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The scenarios: name, what it is about, how to run it. */
#include "traffic.h"

#include <netinet/in.h>

#define B FW_SCENARIO_BALANCED
#define S FW_SCENARIO_STAGED
#define H FW_SCENARIO_HOLD
#define P FW_SCENARIO_PEERS
#define N FW_SCENARIO_NETNS
#define SLOW FW_SCENARIO_SLOW

#define V4(name, run, flags, text)                                                                 \
	{                                                                                          \
		name "4", text ", IPv4", run, AF_INET, flags                                       \
	}
#define V6(name, run, flags, text)                                                                 \
	{                                                                                          \
		name "6", text ", IPv6", run, AF_INET6, flags                                      \
	}
#define BOTH(name, run, flags, text) V4(name, run, flags, text), V6(name, run, flags, text)
#define ONE(name, run, flags, text)                                                                \
	{                                                                                          \
		name, text, run, AF_INET, flags                                                    \
	}

const struct fw_scenario fw_scenarios[] = {
	BOTH("tcp", fw_run_tcp, B | S | H | P, "bulk one way, a reply the other"),
	BOTH("tcp_request", fw_run_tcp_request, B | S | P, "500 requests and responses"),
	V6("tcp_mapped", fw_run_tcp_mapped, B | S | H | P, "::ffff:127.0.0.1, an IPv4 address"),
	BOTH("tcp_one_process", fw_run_tcp_one_process, B | S | H, "both ends in one process"),
	ONE("tcp_vector", fw_run_tcp_vector, B | S | P, "writev, readv, sendmsg, recvmsg"),
	ONE("tcp_mmsg", fw_run_tcp_mmsg, B | S | P, "sendmmsg, recvmmsg on a stream"),
	ONE("tcp_more", fw_run_tcp_more, B | S | P, "MSG_MORE and TCP_CORK"),
	BOTH("tcp_peek", fw_run_tcp_peek, B | S | P, "MSG_PEEK: not received"),
	ONE("tcp_trunc", fw_run_tcp_trunc, B | S | P,
		"MSG_TRUNC: discarded, received all the same"),
	ONE("tcp_oob", fw_run_tcp_oob, B | S | P, "urgent data, read with MSG_OOB"),
	ONE("tcp_oob_unread", fw_run_tcp_oob_unread, S, "urgent data that nobody reads"),
	ONE("tcp_oob_inline", fw_run_tcp_oob_inline, B | S | P, "urgent data in line"),
	ONE("tcp_waitall", fw_run_tcp_waitall, B | S | P, "MSG_WAITALL, the last one partial"),
	ONE("tcp_partial", fw_run_tcp_partial, B | S | P, "reads smaller than segments"),
	ONE("tcp_eagain", fw_run_tcp_eagain, B | S | P, "non-blocking: failed and partial sends"),
	ONE("tcp_timeout", fw_run_tcp_timeout, B | S | P,
		"SO_SNDTIMEO, SO_RCVTIMEO cut calls short"),
	ONE("tcp_half_close", fw_run_tcp_half_close, B | S | H | P,
		"a reply after the client's FIN"),
	ONE("tcp_reset", fw_run_tcp_reset, S, "SO_LINGER 0 while data is unread"),
	ONE("tcp_unread", fw_run_tcp_unread, S, "closed with data unread"),
	ONE("tcp_broken_pipe", fw_run_tcp_broken_pipe, S, "sends to a closed peer"),
	BOTH("tcp_exit_queued", fw_run_tcp_exit_queued, B, "a process that exits with data queued"),
	ONE("tcp_killed", fw_run_tcp_killed, B, "a process killed with SIGKILL"),
	ONE("tcp_drip", fw_run_tcp_drip, B | S | P, "one byte at a time"),
	BOTH("tcp_fastopen", fw_run_tcp_fastopen, B | N, "data in the SYN by MSG_FASTOPEN"),
	ONE("tcp_fastopen_connect", fw_run_tcp_fastopen_connect, B | N, "TCP_FASTOPEN_CONNECT"),
	ONE("tcp_ktls", fw_run_tcp_ktls, B | S, "kernel TLS: plain text bytes"),
	ONE("tcp_connections", fw_run_connections, B | SLOW,
		"10,000 connections, 10 bytes in, 20 out"),
	BOTH("tcp_many_sockets", fw_run_many_sockets, B | S | H | SLOW, "500 connections at once"),

	BOTH("udp", fw_run_udp, B | S | H, "connected client"),
	BOTH("udp_unconnected", fw_run_udp_unconnected, B | S | H, "sendto, recvfrom"),
	V6("udp_mapped", fw_run_udp_mapped, B | S | H, "::ffff:127.0.0.1, an IPv4 address"),
	BOTH("udp_one_process", fw_run_udp_one_process, B | S | H, "both ends in one process"),
	BOTH("udp_vector", fw_run_udp_vector, B | S | H,
		"sendmsg, recvmsg, writev, readv, read, write"),
	BOTH("udp_mmsg", fw_run_udp_mmsg, B | S | H, "sendmmsg, recvmmsg"),
	BOTH("udp_gso", fw_run_udp_gso, B | S | H, "UDP_SEGMENT and UDP_GRO"),
	BOTH("udp_empty", fw_run_udp_empty, B | S | H, "datagrams of no bytes"),
	BOTH("udp_peek", fw_run_udp_peek, B | S | H, "MSG_PEEK: not received"),
	BOTH("udp_trunc", fw_run_udp_trunc, S | H,
		"short buffers; MSG_TRUNC returns the whole length"),
	ONE("udp_cork", fw_run_udp_cork, B | S | H, "MSG_MORE and UDP_CORK"),
	BOTH("udp_refused", fw_run_udp_refused, 0, "a closed port: failed sends do not count"),
	BOTH("udp_error_queue", fw_run_udp_error_queue, 0, "the error queue is not received data"),
	BOTH("udp_multicast", fw_run_udp_multicast, B | N, "multicast on lo"),
	BOTH("udp_large", fw_run_udp_large, B | S | H, "datagrams near the largest"),
	ONE("udp_lost", fw_run_udp_lost, 0, "dropped for want of buffer: sent, not received"),
	BOTH("udplite", fw_run_udplite, B | S | H, "UDP-Lite"),

	BOTH("sendfile_tcp", fw_run_sendfile_tcp, B | S | P, "sendfile to TCP"),
	BOTH("sendfile_udp", fw_run_sendfile_udp, B | S | H, "sendfile to UDP"),
	ONE("splice_to_tcp", fw_run_splice_to_tcp, B | S | P, "pipe to TCP"),
	BOTH("vmsplice_to_tcp", fw_run_vmsplice_to_tcp, B | S | P, "memory to pipe to TCP"),
	ONE("splice_to_udp", fw_run_splice_to_udp, B | S | H, "pipe to UDP"),
	BOTH("splice_from_tcp", fw_run_splice_from_tcp, B | S | P,
		"TCP to pipe, FIN behind the data"),
	ONE("splice_from_tcp_mixed", fw_run_splice_from_tcp_mixed, B | S | P,
		"TCP to pipe, recv, read and peek by turns"),
	ONE("splice_from_tcp_peek", fw_run_splice_from_tcp_peek, B | S | P, "peeked, then spliced"),
	ONE("splice_from_tcp_thread", fw_run_splice_from_tcp_thread, B | S | P,
		"TCP to pipe by another thread"),
	ONE("splice_from_tcp_oob", fw_run_splice_from_tcp_oob, S,
		"TCP to pipe, urgent data between"),
	ONE("splice_proxy", fw_run_splice_proxy, B | S | P, "TCP to pipe to TCP"),
	ONE("splice_from_udp", fw_run_splice_from_udp, B | S | H, "UDP to pipe"),
	BOTH("zerocopy_tcp", fw_run_zerocopy_tcp, B | S | P, "MSG_ZEROCOPY and its completions"),
	BOTH("zerocopy_udp", fw_run_zerocopy_udp, B | S | H, "MSG_ZEROCOPY and its completions"),
	ONE("zerocopy_receive", fw_run_zerocopy_receive, B | S | P, "TCP_ZEROCOPY_RECEIVE"),

	BOTH("uring_tcp", fw_run_uring_tcp, B | S | H | P, "io_uring send and recv"),
	BOTH("uring_udp", fw_run_uring_udp, B | S | H, "io_uring send, recv, sendmsg, recvmsg"),
	ONE("uring_async", fw_run_uring_async, B | S | H | P, "io_uring worker threads"),
	ONE("uring_sqpoll", fw_run_uring_sqpoll, B | S | H | P, "io_uring's polling thread"),
	ONE("uring_send_zc", fw_run_uring_send_zc, B | S | P, "io_uring zero-copy send"),
	ONE("uring_rw", fw_run_uring_rw, B | S | H | P, "io_uring read and write"),
	ONE("uring_peek", fw_run_uring_peek, B | S | H | P, "io_uring recv with MSG_PEEK"),
	ONE("uring_splice", fw_run_uring_splice, B | S | P, "io_uring splice, both directions"),
	ONE("uring_multishot", fw_run_uring_multishot, B | S | P, "io_uring multishot receive"),
	ONE("uring_fixed", fw_run_uring_fixed, B | S | P, "io_uring registered file, linked sends"),

	BOTH("mptcp", fw_run_mptcp, B | S | H, "MPTCP both ends"),
	BOTH("mptcp_fallback", fw_run_mptcp_fallback, B, "MPTCP to a TCP server"),
	ONE("mptcp_peek", fw_run_mptcp_peek, B | S, "MPTCP with MSG_PEEK"),
	ONE("mptcp_splice", fw_run_mptcp_splice, B | S, "MPTCP to pipe"),

	BOTH("ping", fw_run_ping, B | N, "ping socket"),
	BOTH("raw_icmp", fw_run_raw_icmp, N, "raw ICMP socket"),
	V4("raw_protocol", fw_run_raw_protocol, N, "raw socket, IP protocol 253"),
	V6("raw_protocol", fw_run_raw_protocol, B | N, "raw socket, IP protocol 253"),
	ONE("raw_header", fw_run_raw_header, B | N, "raw socket that writes the IP header"),
	ONE("packet_raw", fw_run_packet_raw, B | N, "AF_PACKET with link header"),
	ONE("packet_dgram", fw_run_packet_dgram, B | N, "AF_PACKET without link header"),
	ONE("packet_sniff", fw_run_packet_sniff, N, "AF_PACKET reading others' packets"),

	ONE("short_lived", fw_run_short_lived, B | SLOW, "200 processes of a millisecond"),
	ONE("vfork", fw_run_vfork, B, "children between the sends"),
	BOTH("fork_shared", fw_run_fork_shared, B | S | H, "parent and child use one socket"),
	ONE("scm_rights", fw_run_scm_rights, B, "a connection passed to another process"),
	ONE("pidfd_getfd", fw_run_pidfd_getfd, B, "a connection taken from another process"),
	ONE("inetd", fw_run_inetd, B | S, "accepted by one program, served by another"),
	ONE("accept_fork", fw_run_accept_fork, B | S,
		"accepted by one process, served by its child"),
	ONE("prefork", fw_run_prefork, B, "children accept from their parent's socket"),
	ONE("daemon", fw_run_daemon, B, "double fork and setsid before the traffic"),
	ONE("threads", fw_run_threads, B, "threads go on when the main one has ended"),
	ONE("exec", fw_run_exec, B, "one process before and after exec"),
	BOTH("netns", fw_run_netns, B, "equal addresses in two network namespaces"),
	ONE("cgroup", fw_run_cgroup, B, "a process in another cgroup"),
	ONE("pid_namespace", fw_run_pid_namespace, B, "processes of a pid namespace"),
	ONE("pid_reuse", fw_run_pid_reuse, B, "four processes of one pid"),
	ONE("unix", fw_run_unix, B, "UNIX sockets are not network traffic"),

	BOTH("blocked_tcp", fw_run_blocked_tcp, B | S | H, "already asleep in recv"),
	BOTH("blocked_udp", fw_run_blocked_udp, B | S | H, "already asleep in recvfrom"),
	ONE("blocked_splice", fw_run_blocked_splice, B | S | H, "already asleep in splice"),
};
const size_t fw_scenario_count = sizeof(fw_scenarios) / sizeof(fw_scenarios[0]);
