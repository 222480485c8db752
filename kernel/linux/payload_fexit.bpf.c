/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Payload by the results of the protocol families' own functions, for kernels without the socket
 * tracepoints (before 6.3). All of these are reached through function pointers or from other
 * translation units, so the compiler cannot have inlined them.
 */
#include "kernel/linux/receive.bpf.h"
#include "kernel/linux/send.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("fexit/inet_sendmsg")
int BPF_PROG(
	fw_inet_sendmsg, struct socket *socket, struct msghdr *message, size_t size, int result)
{
	charge_sent(socket->sk, result);
	return 0;
}

SEC("fexit/inet6_sendmsg")
int BPF_PROG(
	fw_inet6_sendmsg, struct socket *socket, struct msghdr *message, size_t size, int result)
{
	charge_sent(socket->sk, result);
	return 0;
}

SEC("fexit/packet_sendmsg")
int BPF_PROG(
	fw_packet_sendmsg, struct socket *socket, struct msghdr *message, size_t size, int result)
{
	charge_sent(socket->sk, result);
	return 0;
}

/*
 * sendfile() and splice() into a socket until 6.4 (removed by commit dc97391e6610). A protocol
 * without a sendpage of its own comes back through inet_sendmsg and is counted there.
 */
SEC("fexit/inet_sendpage")
int BPF_PROG(fw_inet_sendpage, struct socket *socket, struct page *page, int offset, size_t size,
	int flags, long result)
{
	struct sock *sk = socket->sk;

	if (bpf_core_field_exists(((struct proto *)0)->sendpage) &&
		BPF_CORE_READ(sk, __sk_common.skc_prot, sendpage))
		charge_sent(sk, result);
	return 0;
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(fw_inet_recvmsg, struct socket *socket, struct msghdr *message, size_t size, int flags,
	int result)
{
	charge_received(socket->sk, result, flags);
	return 0;
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(fw_inet6_recvmsg, struct socket *socket, struct msghdr *message, size_t size,
	int flags, int result)
{
	charge_received(socket->sk, result, flags);
	return 0;
}

/* Raw and ping sockets of IPv6. */
SEC("fexit/sock_common_recvmsg")
int BPF_PROG(fw_sock_common_recvmsg, struct socket *socket, struct msghdr *message, size_t size,
	int flags, int result)
{
	charge_received(socket->sk, result, flags);
	return 0;
}

SEC("fexit/packet_recvmsg")
int BPF_PROG(fw_packet_recvmsg, struct socket *socket, struct msghdr *message, size_t size,
	int flags, int result)
{
	charge_received(socket->sk, result, flags);
	return 0;
}

/*
 * Where udp_recvmsg lets go of a datagram it delivered; negative lengths are peeks and errors.
 * fexit misses a receive that was waiting before it was attached, which is how a server is usually
 * found; this does not. The backend checks at load that the function is really called for both
 * families.
 */
SEC("fentry/skb_consume_udp")
int BPF_PROG(fw_udp_consumed, struct sock *sk, struct sk_buff *skb, int length)
{
	if (length > 0)
		charge(flow_get(sk), FW_RECEIVED, length);
	return 0;
}
