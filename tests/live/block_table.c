// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The scenarios: name, what moves which way, how each side opens it. */
#include "block.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define UP FW_BLOCK_UP
#define DOWN FW_BLOCK_DOWN
#define WAYS (FW_BLOCK_UP | FW_BLOCK_DOWN)
#define OLD FW_BLOCK_EXISTING
#define FLAG(name) FW_BLOCK_##name

#define ROW(scenario_name, text, af, bits, number, how, prepares, opens)                           \
	{                                                                                          \
		.name = scenario_name, .description = text, .family = af, .flags = bits,           \
		.protocol = number, .method = &fw_block_##how, .prepare = prepares, .open = opens  \
	}
#define PAIR(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* The subject connects to a peer that listens, or the other way round. */
#define CONNECTS(name, af, text, bits, number, how)                                                \
	ROW(name, text, af, (bits) | FW_BLOCK_STREAM, number, how, PAIR(NULL, fw_block_listen),    \
		PAIR(fw_block_connect, NULL))
#define LISTENS(name, af, text, bits, number, how)                                                 \
	ROW(name, text, af, (bits) | FW_BLOCK_STREAM, number, how, PAIR(fw_block_listen, NULL),    \
		PAIR(NULL, fw_block_connect))
#define OPENS(name, af, text, bits, how, subject, peer)                                            \
	ROW(name, text, af, bits, 0, how, PAIR(NULL, peer), PAIR(subject, NULL))

#define BOTH_CONNECT(name, text, bits, number, how)                                                \
	CONNECTS(name "4", AF_INET, text ", IPv4", bits, number, how),                             \
		CONNECTS(name "6", AF_INET6, text ", IPv6", bits, number, how)
#define BOTH_LISTEN(name, text, bits, number, how)                                                 \
	LISTENS(name "4", AF_INET, text ", IPv4", bits, number, how),                              \
		LISTENS(name "6", AF_INET6, text ", IPv6", bits, number, how)
#define BOTH_OPEN(name, text, bits, how, subject, peer)                                            \
	OPENS(name "4", AF_INET, text ", IPv4", bits, how, subject, peer),                         \
		OPENS(name "6", AF_INET6, text ", IPv6", bits, how, subject, peer)
/* Opened before the block, and after it. */
#define EITHER(name, af, text, bits, how, subject, peer)                                           \
	OPENS(name, af, text, (bits) | OLD, how, subject, peer),                                   \
		OPENS(name "_new", af, text ", new", bits, how, subject, peer)

const struct fw_block_scenario fw_block_scenarios[] = {
	BOTH_CONNECT("tcp_connect", "a new connection", WAYS, 0, plain),
	BOTH_LISTEN(
		"tcp_accept", "an old listener, a new connection from the peer", WAYS, 0, plain),
	BOTH_CONNECT("tcp_existing", "a connection, idle as the block comes", WAYS | OLD, 0, plain),
	BOTH_LISTEN("tcp_accepted", "a connection that the subject accepted", WAYS | OLD, 0, plain),
	BOTH_CONNECT("tcp_flowing", "a connection in use as the block comes",
		WAYS | OLD | FLAG(FLOWING), 0, plain),
	BOTH_CONNECT("tcp_waiting", "a thread sits in recv() as the block comes",
		WAYS | OLD | FLAG(WAITING), 0, plain),
	BOTH_CONNECT(
		"tcp_half_up", "half closed by the peer", UP | OLD | FLAG(SHUT_PEER), 0, plain),
	BOTH_CONNECT("tcp_half_down", "half closed by the subject", DOWN | OLD | FLAG(SHUT_SUBJECT),
		0, plain),
	BOTH_CONNECT("tcp_queued_up", "the subject's send buffer is full", OLD | FLAG(QUEUED_UP), 0,
		plain),
	BOTH_CONNECT("tcp_queued_down", "the subject's receive queue is full",
		OLD | FLAG(QUEUED_DOWN), 0, plain),
	BOTH_CONNECT("tcp_closed", "closed by the subject, its send buffer is full",
		OLD | FLAG(QUEUED_UP) | FLAG(CLOSED), 0, plain),
	BOTH_CONNECT("tcp_orphan", "the owner has exited, its send buffer is full",
		OLD | FLAG(QUEUED_UP) | FLAG(ORPHAN), 0, plain),
	BOTH_CONNECT("tcp_thread", "a new thread uses the connection", WAYS | OLD | FLAG(THREAD), 0,
		plain),
	BOTH_CONNECT(
		"tcp_child", "a new child uses the connection", WAYS | OLD | FLAG(CHILD), 0, plain),
	BOTH_CONNECT("tcp_exec", "a new child uses the connection after an exec",
		WAYS | OLD | FLAG(EXEC), 0, plain),
	BOTH_LISTEN("listener_exec", "a new child uses the listener after an exec",
		WAYS | FLAG(EXEC), 0, plain),
	BOTH_CONNECT("tcp_inherited", "a connection of the parent, which is not blocked",
		WAYS | OLD | FLAG(INHERITED), 0, plain),
	BOTH_LISTEN("listener_inherited", "a listener of the parent, which is not blocked",
		WAYS | FLAG(INHERITED), 0, plain),
	BOTH_CONNECT("tcp_passed_before", "a connection passed to the subject before the block",
		WAYS | OLD | FLAG(PASSED_BEFORE), 0, plain),
	BOTH_CONNECT("tcp_passed", "a connection passed to the subject after the block",
		WAYS | OLD | FLAG(PASSED_AFTER), 0, plain),
	BOTH_CONNECT("tcp_passed_queued", "the same, with a full receive queue",
		OLD | FLAG(QUEUED_DOWN) | FLAG(PASSED_AFTER), 0, plain),
	BOTH_CONNECT("uring", "io_uring on a connection", WAYS | OLD, 0, uring),
	BOTH_CONNECT("uring_async", "io_uring by worker threads", WAYS | OLD, 0, uring_async),
	BOTH_CONNECT("uring_sqpoll", "io_uring by the kernel's polling thread", WAYS | OLD, 0,
		uring_sqpoll),
	BOTH_CONNECT("uring_fixed", "io_uring on a fixed file, its descriptor closed", WAYS | OLD,
		0, uring_fixed),
	BOTH_CONNECT("uring_armed", "a receive by io_uring under way as the block comes",
		WAYS | OLD, 0, uring_armed),
	BOTH_CONNECT("uring_new", "io_uring on a new connection", WAYS, 0, uring),
	BOTH_CONNECT("sendfile", "sendfile() into a connection", WAYS | OLD, 0, sendfile),
	BOTH_CONNECT("splice", "splice() into and out of a connection", WAYS | OLD, 0, splice),
	BOTH_CONNECT("zerocopy", "MSG_ZEROCOPY on a connection", WAYS | OLD, 0, zerocopy),
	BOTH_CONNECT("mptcp", "Multipath TCP", WAYS | OLD, IPPROTO_MPTCP, plain),
	BOTH_CONNECT("mptcp_new", "Multipath TCP, new", WAYS, IPPROTO_MPTCP, plain),
	BOTH_CONNECT("sctp", "SCTP", WAYS | OLD, IPPROTO_SCTP, plain),
	BOTH_CONNECT("sctp_new", "SCTP, new", WAYS, IPPROTO_SCTP, plain),
	CONNECTS("tcp_mapped", AF_INET, "an IPv6 socket that talks IPv4", WAYS | OLD | FLAG(MAPPED),
		0, plain),
	CONNECTS("tcp_mapped_new", AF_INET, "an IPv6 socket that talks IPv4, new",
		WAYS | FLAG(MAPPED), 0, plain),
	LISTENS("tcp_mapped_accept", AF_INET, "an IPv6 listener that talks IPv4",
		WAYS | FLAG(MAPPED), 0, plain),
	EITHER("udp_mapped", AF_INET, "an IPv6 UDP socket that talks IPv4", WAYS | FLAG(MAPPED),
		plain, fw_block_udp_connected, fw_block_udp),
	ROW("tcp_fastopen4", "data in the SYN, IPv4", AF_INET, WAYS | FLAG(STREAM) | FLAG(FASTOPEN),
		0, plain, PAIR(NULL, fw_block_listen), PAIR(fw_block_fastopen, NULL)),
	ROW("tcp_fastopen6", "data in the SYN, IPv6", AF_INET6,
		WAYS | FLAG(STREAM) | FLAG(FASTOPEN), 0, plain, PAIR(NULL, fw_block_listen),
		PAIR(fw_block_fastopen, NULL)),
	BOTH_OPEN("udp_connected", "a connected UDP socket", WAYS | OLD, plain,
		fw_block_udp_connected, fw_block_udp),
	BOTH_OPEN("udp_connected_new", "a connected UDP socket, new", WAYS, plain,
		fw_block_udp_connected, fw_block_udp),
	BOTH_OPEN("udp", "sendto() and recvfrom() on a bound UDP socket", WAYS | OLD, to,
		fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_new", "sendto() and recvfrom(), new", WAYS, to, fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_queued_down", "datagrams lie in the subject's queue",
		OLD | FLAG(QUEUED_DOWN), to, fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_waiting", "a thread sits in recv() as the block comes",
		WAYS | OLD | FLAG(WAITING), to, fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_passed", "a UDP socket passed to the subject after the block",
		WAYS | OLD | FLAG(PASSED_AFTER), to, fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_passed_queued", "the same, with datagrams in its queue",
		OLD | FLAG(QUEUED_DOWN) | FLAG(PASSED_AFTER), to, fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_child", "a new child uses the socket", WAYS | OLD | FLAG(CHILD), to,
		fw_block_udp, fw_block_udp),
	BOTH_OPEN("udp_uring", "io_uring on a connected UDP socket", WAYS | OLD, uring,
		fw_block_udp_connected, fw_block_udp),
	BOTH_OPEN("udp_uring_armed", "a receive by io_uring under way as the block comes",
		WAYS | OLD, uring_armed, fw_block_udp_connected, fw_block_udp),
	BOTH_OPEN("udp_splice", "splice() into and out of a UDP socket", WAYS | OLD, splice,
		fw_block_udp_connected, fw_block_udp),
	BOTH_OPEN("udp_zerocopy", "MSG_ZEROCOPY on a UDP socket", WAYS | OLD, zerocopy,
		fw_block_udp_connected, fw_block_udp),
	EITHER("ping4", AF_INET, "an ICMP socket: echo", WAYS | FLAG(ECHO), icmp4, fw_block_ping,
		fw_block_raw_icmp),
	EITHER("ping6", AF_INET6, "an ICMPv6 socket: echo", WAYS | FLAG(ECHO), icmp6, fw_block_ping,
		fw_block_raw_icmp),
	EITHER("raw_icmp4", AF_INET, "a raw socket: ICMP echo", WAYS | FLAG(ECHO), icmp4,
		fw_block_raw_icmp, fw_block_raw_icmp),
	EITHER("raw_icmp6", AF_INET6, "a raw socket: ICMPv6 echo", WAYS | FLAG(ECHO), icmp6,
		fw_block_raw_icmp, fw_block_raw_icmp),
	EITHER("raw_udp4", AF_INET, "a raw socket: UDP, IPv4", WAYS, raw_udp, fw_block_raw_udp_open,
		fw_block_udp),
	EITHER("raw_udp6", AF_INET6, "a raw socket: UDP, IPv6", WAYS, raw_udp,
		fw_block_raw_udp_open, fw_block_udp),
	EITHER("raw4", AF_INET, "a raw socket: an unassigned protocol, IPv4", WAYS, to,
		fw_block_raw, fw_block_raw),
	EITHER("raw6", AF_INET6, "a raw socket: an unassigned protocol, IPv6", WAYS, to,
		fw_block_raw, fw_block_raw),
	EITHER("packet_raw", AF_INET, "AF_PACKET, frames", WAYS, packet_frame, fw_block_packet_raw,
		fw_block_packet_raw),
	EITHER("packet_dgram", AF_INET, "AF_PACKET, SOCK_DGRAM", WAYS, packet_cooked,
		fw_block_packet_dgram, fw_block_packet_dgram),
	EITHER("packet_bypass", AF_INET, "AF_PACKET, PACKET_QDISC_BYPASS", WAYS, packet_frame,
		fw_block_packet_bypass, fw_block_packet_raw),
	EITHER("packet_mapped", AF_INET, "AF_PACKET, a mapped ring", WAYS, packet_ring,
		fw_block_packet_mapped, fw_block_packet_raw),
	EITHER("packet_udp4", AF_INET, "AF_PACKET, UDP datagrams by hand, IPv4", WAYS, packet_ip,
		fw_block_packet_udp, fw_block_udp),
	EITHER("packet_udp6", AF_INET6, "AF_PACKET, UDP datagrams by hand, IPv6", WAYS, packet_ip,
		fw_block_packet_udp, fw_block_udp),
};
const size_t fw_block_scenario_count = sizeof(fw_block_scenarios) / sizeof(fw_block_scenarios[0]);
