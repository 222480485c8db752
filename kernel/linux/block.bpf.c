/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Block, beside the packets (rule_packets.bpf.c): calls of blocked processes are refused, and the
 * sockets that a new rule refuses are found. Attached while there are rules.
 */
#include "kernel/linux/flow_owner.bpf.h"

#include <bpf/bpf_tracing.h>

#define EPERM 1

static __noinline int tell_connect(struct bpf_sock_addr *context, const struct peer *peer,
	__u32 rule, __u64 handle)
{
	struct fw_blocked_record record = {};

	refusal_begin(&record, rule, peer, FW_BLOCKED_CONNECT);
	record.connection_id = bpf_get_socket_cookie(context);
	record.protocol = context->protocol;
	refusal_deliver(&record, handle);
	return 0;
}

/* Who connects to no address gets the machine itself. */
static __always_inline void name_unspecified(struct peer *peer)
{
	if (peer->address[0] || peer->address[1] || peer->address[2] || peer->address[3])
		return;
	if (peer->family == FW_FAMILY_IPV4)
		peer->address[0] = bpf_htonl(0x7f000001);
	else
		peer->address[3] = bpf_htonl(1);
}

static __always_inline int judge_connect(struct bpf_sock_addr *context, struct peer *peer)
{
	__u64 handle = current_handle();
	struct fw_member *member = handle ? member_of_current(handle) : 0;
	__u32 rule;

	if (!member || !member->blocks)
		return 1;
	peer->port = bpf_ntohs(context->user_port);
	peer->begun = BEGUN_HERE;
	unmap_ipv4(peer);
	name_unspecified(peer);
	rule = rule_refusing(member, peer);
	if (!rule)
		return 1;
	count_refusal(rule, 0);
	if (anybody_reads(FW_RECORD_BLOCKED))
		tell_connect(context, peer, rule, handle);
	return 0;
}

SEC("cgroup/connect4")
int fw_block_connect4(struct bpf_sock_addr *context)
{
	struct peer peer = { .family = FW_FAMILY_IPV4 };

	peer.address[0] = context->user_ip4;
	return judge_connect(context, &peer);
}

SEC("cgroup/connect6")
int fw_block_connect6(struct bpf_sock_addr *context)
{
	struct peer peer = { .family = FW_FAMILY_IPV6 };

	peer.address[0] = context->user_ip6[0];
	peer.address[1] = context->user_ip6[1];
	peer.address[2] = context->user_ip6[2];
	peer.address[3] = context->user_ip6[3];
	return judge_connect(context, &peer);
}

/* Before a byte of the call is in the socket's queue, from which softirq may send it. */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(
	fw_owner_sending, struct sock *sk, struct msghdr *message, struct sk_buff *skb, int size)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);
	__u64 handle = current_handle();

	if (flow && handle && flow->owner != handle)
		flow->owner = handle;
	return 0;
}

static __always_inline void peer_of_socket(struct peer *peer, struct sock *sk)
{
	peer->family = family_of(BPF_CORE_READ(sk, __sk_common.skc_family));
	if (peer->family == FW_FAMILY_IPV4)
		peer->address[0] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	else if (peer->family == FW_FAMILY_IPV6)
		BPF_CORE_READ_INTO(&peer->address, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32);
	peer->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	unmap_ipv4(peer);
}

static __always_inline void read_local(struct fw_blocked_record *record, struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET)
		BPF_CORE_READ_INTO((__u32 *)&record->local_address, sk, __sk_common.skc_rcv_saddr);
	else if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6)
		BPF_CORE_READ_INTO(&record->local_address, sk,
			__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
	record->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	record->protocol = record->family == FW_FAMILY_PACKET ? FW_PROTOCOL_PACKET :
								BPF_CORE_READ(sk, sk_protocol);
}

static __noinline int tell_socket(struct sock *sk, __u64 id, const struct peer *peer, __u32 rule,
	__u32 operation)
{
	struct fw_blocked_record record = {};

	refusal_begin(&record, rule, peer, operation);
	record.connection_id = id;
	read_local(&record, sk);
	refusal_deliver(&record, current_handle());
	return 0;
}

/*
 * A call of the running process on a socket. Of sockets without a fixed peer only what is refused
 * whatever the peer is can be told here, and nothing of who began a connection (these hooks have no
 * socket storage): that is left to the packets.
 */
static __always_inline int judge_call(struct sock *sk, enum fw_blocked_operation operation)
{
	__u64 handle = current_handle();
	struct fw_member *member = handle ? member_of_current(handle) : 0;
	struct peer peer = {};
	__u32 rule;

	if (!member || !member->blocks || !family_counts(sk))
		return 0;
	peer_of_socket(&peer, sk);
	if (sk->sk_type == SOCK_STREAM)
		peer.begun = BEGUN_UNTOLD;
	else
		peer.begun = operation == FW_BLOCKED_SEND ? BEGUN_HERE : BEGUN_THERE;
	rule = rule_refusing(member, &peer);
	if (!rule)
		return 0;
	count_refusal(rule, 0);
	if (anybody_reads(FW_RECORD_BLOCKED))
		tell_socket(sk, bpf_get_socket_cookie(sk), &peer, rule, operation);
	return -EPERM;
}

SEC("fmod_ret/security_socket_sendmsg")
int BPF_PROG(fw_block_sendmsg, struct socket *socket, struct msghdr *message, int size, int result)
{
	struct sock *sk = socket->sk;

	return sk && !result ? judge_call(sk, FW_BLOCKED_SEND) : result;
}

SEC("fmod_ret/security_socket_recvmsg")
int BPF_PROG(fw_block_recvmsg, struct socket *socket, struct msghdr *message, int size, int flags,
	int result)
{
	struct sock *sk = socket->sk;

	return sk && !result ? judge_call(sk, FW_BLOCKED_RECEIVE) : result;
}

/* Sockets that see packets before anything of ours does are not made in the first place. */
SEC("fmod_ret/security_socket_create")
int BPF_PROG(fw_block_create, int family, int type, int protocol, int kernel, int result)
{
	struct peer peer = { .family = FW_FAMILY_PACKET, .begun = BEGUN_UNTOLD };
	struct fw_member *member;
	__u32 rule;

	if (result || kernel || (family != AF_PACKET && family != AF_XDP))
		return result;
	member = member_of_current(current_handle());
	rule = member && member->blocks ? rule_refusing(member, &peer) : 0;
	if (!rule)
		return 0;
	count_refusal(rule, 0);
	return -EPERM;
}

static __noinline int tell_cut(const struct fw_connection *connection, const struct peer *peer,
	__u32 rule, __u64 handle)
{
	struct fw_blocked_record record = {};

	refusal_begin(&record, rule, peer, FW_BLOCKED_CUT);
	record.connection_id = connection->id;
	record.network_namespace = connection->network_namespace;
	record.local_port = connection->local_port;
	record.protocol = connection->protocol;
	__builtin_memcpy(record.local_address, connection->local_address,
		sizeof(record.local_address));
	describe_refused_process(&record, handle);
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_blocked_to(slot, &record);
	return 0;
}

/* What a block refuses of the sockets that are there: a row for the command, which cuts it. */
SEC("iter/bpf_sk_storage_map")
int fw_iter_cut(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct fw_flow_state *flow = context->value;
	struct sock *sk = context->sk;
	struct fw_socket_row row = {};
	struct fw_member *member;
	struct peer peer = {};

	if (!sk || !flow || flow->self != (__u64)sk ||
		flow->flags & (FW_FLOW_CLOSED | FW_FLOW_KERNEL))
		return 0;
	row.owner = owner_of(flow);
	member = bpf_map_lookup_elem(&members, &row.owner);
	if (!member || !member->blocks)
		return 0;
	describe_socket(&row.connection, sk);
	describe_flow_of(&row.connection, flow, sk);
	peer_of_socket(&peer, sk);
	/* Of others it is what they receive that is thrown away. */
	peer.begun = row.connection.state ? stream_begun(flow, row.connection.state) : BEGUN_THERE;
	row.rule = rule_refusing(member, &peer);
	if (!row.rule)
		return 0;
	if (row.connection.state && row.connection.state != TCP_LISTEN &&
		row.connection.state != TCP_CLOSE && anybody_reads(FW_RECORD_BLOCKED))
		tell_cut(&row.connection, &peer, row.rule, row.owner);
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}

/*
 * A socket that was handed on is known to be its new holder's when he first uses it. Before that,
 * those that only blocked processes hold are found in two passes: the first marks what others hold
 * as well.
 */
SEC("iter/task_file")
int fw_iter_holders(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct fw_flow_state *flow;
	struct fw_member *member;
	struct socket *socket;
	struct sock *sk;
	__u64 handle;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : 0;
	/* One that nobody used since it was made has no state yet. */
	flow = sk && family_counts(sk) ? flow_get(sk) : 0;
	if (!flow)
		return 0;
	handle = fw_handle(task->tgid, BPF_CORE_READ(task, group_leader, start_boottime));
	member = bpf_map_lookup_elem(&members, &handle);
	if (!machine.takes_sockets && (!member || !member->blocks))
		flow->free_holder = machine.rules_generation;
	if (machine.takes_sockets && member && member->blocks &&
		flow->free_holder != machine.rules_generation)
		flow->owner = handle;
	return 0;
}
