/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Block: connect() is refused, packets of blocked processes are dropped on their way out (the call gets
 * EPERM) and in. At the root cgroup; attached while there are rules.
 */
#include "kernel/linux/multipath.bpf.h"
#include "kernel/linux/verdict.bpf.h"

#include <bpf/bpf_tracing.h>

#define IPV6_EXTENSIONS	   4 /* headers skipped; behind more, or other ones, a packet has no port */
#define IPPROTO_HOPOPTS	   0
#define IPPROTO_ROUTING	   43
#define IPPROTO_DSTOPTS	   60
#define TCP_FLAG_SYN	   0x02
#define TCP_FLAG_RST	   0x04
#define UDP_HEADER_LENGTH  8
#define EPERM		   1

/* What a packet is, as far as rules ask. */
struct packet {
	struct peer peer;
	__u32 payload; /* bytes behind the transport header */
	__u16 local_port;
	__u8 local_address[16];
	__u8 protocol;
	__u8 tcp_flags;
};

static __always_inline void read_transport(struct __sk_buff *skb, struct packet *packet, __u32 at,
	enum fw_direction direction)
{
	__u32 header = packet->protocol == IPPROTO_UDP ? UDP_HEADER_LENGTH : 0;
	__u16 ports[2] = {};
	__u8 tcp[2] = {};

	if (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP ||
		packet->protocol == IPPROTO_UDPLITE || packet->protocol == IPPROTO_SCTP ||
		packet->protocol == IPPROTO_DCCP)
		bpf_skb_load_bytes(skb, at, ports, sizeof(ports));
	packet->peer.port = bpf_ntohs(ports[direction == FW_SENT]);
	packet->local_port = bpf_ntohs(ports[direction == FW_RECEIVED]);
	if (packet->protocol == IPPROTO_TCP) {
		bpf_skb_load_bytes(skb, at + 12, tcp, sizeof(tcp));
		header = (tcp[0] >> 4) * 4;
		packet->tcp_flags = tcp[1];
	}
	packet->payload = skb->len > at + header ? skb->len - at - header : 0;
}

static __always_inline void read_ipv4(struct __sk_buff *skb, struct packet *packet,
	enum fw_direction direction)
{
	__u8 first = 0x45;

	packet->peer.family = FW_FAMILY_IPV4;
	bpf_skb_load_bytes(skb, 0, &first, 1);
	bpf_skb_load_bytes(skb, 9, &packet->protocol, 1);
	bpf_skb_load_bytes(skb, direction == FW_SENT ? 16 : 12, packet->peer.address, 4);
	bpf_skb_load_bytes(skb, direction == FW_SENT ? 12 : 16, packet->local_address, 4);
	read_transport(skb, packet, (first & 0xf) * 4, direction);
}

static __always_inline void read_ipv6(struct __sk_buff *skb, struct packet *packet,
	enum fw_direction direction)
{
	__u32 at = 40;
	__u8 header[2];

	packet->peer.family = FW_FAMILY_IPV6;
	bpf_skb_load_bytes(skb, 6, &packet->protocol, 1);
	bpf_skb_load_bytes(skb, direction == FW_SENT ? 24 : 8, packet->peer.address, 16);
	bpf_skb_load_bytes(skb, direction == FW_SENT ? 8 : 24, packet->local_address, 16);
#pragma clang loop unroll(full)
	for (int i = 0; i < IPV6_EXTENSIONS; i++) {
		if (packet->protocol != IPPROTO_HOPOPTS && packet->protocol != IPPROTO_ROUTING &&
			packet->protocol != IPPROTO_DSTOPTS)
			break;
		if (bpf_skb_load_bytes(skb, at, header, sizeof(header)))
			break;
		packet->protocol = header[0];
		at += (header[1] + 1) * 8;
	}
	read_transport(skb, packet, at, direction);
}

static __always_inline void read_packet(struct __sk_buff *skb, struct packet *packet,
	enum fw_direction direction)
{
	__u8 first = 0;

	bpf_skb_load_bytes(skb, 0, &first, 1);
	if (first >> 4 == 4)
		read_ipv4(skb, packet, direction);
	else
		read_ipv6(skb, packet, direction);
}

static __always_inline __u8 stream_begun(const struct fw_flow_state *flow, __u32 state)
{
	if (flow->flags & FW_FLOW_CONNECTED || state == TCP_SYN_SENT)
		return BEGUN_HERE;
	if (flow->flags & FW_FLOW_ACCEPTED || state == TCP_LISTEN || state == TCP_SYN_RECV)
		return BEGUN_THERE;
	return BEGUN_UNKNOWN;
}

static __always_inline __u8 begun_by(const struct fw_flow_state *flow, const struct bpf_sock *sk,
	const struct packet *packet, enum fw_direction direction)
{
	if (packet->protocol != IPPROTO_TCP)
		return direction == FW_SENT ? BEGUN_HERE : BEGUN_THERE;
	return stream_begun(flow, sk->state);
}

static __always_inline __u8 operation_of(const struct bpf_sock *sk, const struct packet *packet,
	enum fw_direction direction)
{
	if (packet->protocol == IPPROTO_TCP && sk->state == TCP_LISTEN)
		return FW_BLOCKED_ACCEPT;
	return direction == FW_SENT ? FW_BLOCKED_SEND : FW_BLOCKED_RECEIVE;
}

/* The namespace of a packet's adapter. */
static __always_inline __u32 namespace_of(struct __sk_buff *skb)
{
	return BPF_CORE_READ((struct sk_buff *)skb, dev, nd_net.net, ns.inum);
}

static __noinline int tell_packet(struct __sk_buff *skb, struct packet *packet, __u32 rule,
	__u64 handle, __u32 operation)
{
	struct fw_blocked_record record = {};

	refusal_begin(&record, rule, &packet->peer, operation);
	record.connection_id = bpf_get_socket_cookie(skb);
	record.network_namespace = namespace_of(skb);
	record.local_port = packet->local_port;
	record.protocol = packet->protocol;
	__builtin_memcpy(record.local_address, packet->local_address, sizeof(record.local_address));
	refusal_deliver(&record, handle);
	return 0;
}

/* Resets pass: the peer of a connection that was cut learns of it so. */
static __always_inline bool is_reset(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet->tcp_flags & TCP_FLAG_RST && !packet->payload;
}

static __always_inline int judge(struct __sk_buff *skb, struct bpf_sock *sk, struct fw_flow_state *flow,
	__u64 handle, const struct fw_member *member, enum fw_direction direction)
{
	struct packet packet = {};
	__u32 rule;

	read_packet(skb, &packet, direction);
	packet.peer.begun = begun_by(flow, sk, &packet, direction);
	rule = rule_refusing(member, &packet.peer);
	if (!rule || is_reset(&packet))
		return 1;
	count_refusal(rule, packet.payload);
	/* A listener refuses many peers; else one record a flow will do. */
	if (anybody_reads(FW_RECORD_BLOCKED) &&
		(flow->told_rule != rule || sk->state == TCP_LISTEN))
		tell_packet(skb, &packet, rule, handle, operation_of(sk, &packet, direction));
	flow->told_rule = rule;
	return 0;
}

static __always_inline struct fw_flow_state *packet_flow(struct bpf_sock *sk)
{
	struct fw_flow_state *flow;

	flow = bpf_sk_storage_get(&flows, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (flow && flow->self != (__u64)sk)
		flow_begin(flow, (__u64)sk);
	return flow;
}

/* The address is read back because the verifier allows no arithmetic on the pointer itself. */
static __always_inline struct sock *packet_socket(const struct fw_flow_state *flow)
{
	return (struct sock *)*(volatile __u64 *)&flow->self;
}

/* Who touched the flow last; before anybody did, who made it, or had it when counting began. */
static __always_inline __u64 owner_of(const struct fw_flow_state *flow)
{
	if (flow->owner)
		return flow->owner;
	return flow->creator ? flow->creator : flow->holder;
}

/* The same of a packet's socket. Subflows of multipath TCP are the kernel's own sockets, and their
 * connection's. */
static __always_inline __u64 packet_owner(struct bpf_sock *sk, struct fw_flow_state *flow)
{
	if (!flow->owner)
		flow->owner = multipath_owner(sk);
	return owner_of(flow);
}

/*
 * The process that runs sends this packet itself, unless it is the kernel's own, or TCP sends what waited
 * and nobody has the socket locked. So a socket that was handed on is judged by who uses it now.
 */
static __always_inline bool is_sent_by_current(struct bpf_sock *sk, struct sock *socket)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & PF_KTHREAD || !task->tgid)
		return false;
	return sk->type != SOCK_STREAM || BPF_CORE_READ(socket, sk_lock.owned);
}

SEC("cgroup_skb/egress")
int fw_block_sent(struct __sk_buff *skb)
{
	struct bpf_sock *sk = (struct bpf_sock *)skb->sk_pointer;
	struct fw_flow_state *flow;
	struct fw_member *member;
	struct sock *socket;
	__u64 handle;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	flow = sk ? packet_flow(sk) : 0;
	if (!flow)
		return 1;
	socket = packet_socket(flow);
	if (BPF_CORE_READ_BITFIELD_PROBED(socket, sk_kern_sock) && !packet_owner(sk, flow))
		return 1;
	if (is_sent_by_current(sk, socket)) {
		handle = current_handle();
		member = member_of_current(handle);
		if (flow->owner != handle)
			flow->owner = handle;
	} else {
		handle = packet_owner(sk, flow);
		member = bpf_map_lookup_elem(&members, &handle);
	}
	if (!member || !member->blocks)
		return 1;
	return judge(skb, sk, flow, handle, member, FW_SENT);
}

SEC("cgroup_skb/ingress")
int fw_block_received(struct __sk_buff *skb)
{
	struct bpf_sock *sk = (struct bpf_sock *)skb->sk_pointer;
	struct fw_flow_state *flow;
	struct fw_member *member;
	__u64 handle;

	if (sk)
		sk = bpf_sk_fullsock(sk);
	flow = sk ? packet_flow(sk) : 0;
	if (!flow)
		return 1;
	handle = packet_owner(sk, flow);
	member = bpf_map_lookup_elem(&members, &handle);
	if (!member || !member->blocks)
		return 1;
	return judge(skb, sk, flow, handle, member, FW_RECEIVED);
}

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
int BPF_PROG(fw_owner_sending, struct sock *sk, struct msghdr *message, struct sk_buff *skb, int size)
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
 * A call of the running process on a socket. Of sockets without a fixed peer only what is refused whatever
 * the peer is can be told here, and nothing of who began a connection (these hooks have no socket storage):
 * that is left to the packets.
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

	if (!sk || !flow || flow->self != (__u64)sk || flow->flags & (FW_FLOW_CLOSED | FW_FLOW_KERNEL))
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
 * A socket that was handed on is known to be its new holder's when he first uses it. Before that, those that
 * only blocked processes hold are found in two passes: the first marks what others hold as well.
 */
SEC("iter/task_file")
int fw_iter_holders(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct fw_flow_state *flow;
	struct fw_member *member;
	struct socket *socket;
	__u64 handle;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	flow = socket && socket->sk ? bpf_sk_storage_get(&flows, socket->sk, 0, 0) : 0;
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
