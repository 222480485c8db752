/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules, packet by packet: what blocked processes send and receive is dropped, and what limited
 * ones do is counted against their limit where it cannot wait in a queue. At the root cgroup;
 * attached while there are rules.
 */
#include "kernel/linux/flow_owner.bpf.h"
#include "kernel/linux/packet.bpf.h"
#include "kernel/linux/police.bpf.h"

#define VERDICT_DROP	  0 /* a sender gets EPERM */
#define VERDICT_PASS	  1
#define VERDICT_DROP_SENT 2 /* nobody is told: a sender goes on */

/* A packet of a member, and what becomes of it. */
struct packet_case {
	struct packet packet;
	struct peer peer;
	__u64 handle; /* of the member */
	__u32 rule;   /* that refuses it */
	__u32 operation; /* enum fw_blocked_operation */
	bool sent;
};

static __always_inline bool carries_ports(const struct packet *packet)
{
	return packet->has_ports &&
	       (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP ||
		       packet->protocol == IPPROTO_UDPLITE || packet->protocol == IPPROTO_SCTP ||
		       packet->protocol == IPPROTO_DCCP);
}

/* The packet's source or destination; the port in host byte order. */
static __always_inline void read_end(const struct packet *packet, bool source, void *address,
	__u16 *port)
{
	const struct bpf_sock_tuple *tuple = &packet->tuple;
	__be16 found;

	if (packet->version4) {
		__builtin_memcpy(address, source ? &tuple->ipv4.saddr : &tuple->ipv4.daddr, 4);
		found = source ? tuple->ipv4.sport : tuple->ipv4.dport;
	} else {
		__builtin_memcpy(address, source ? tuple->ipv6.saddr : tuple->ipv6.daddr, 16);
		found = source ? tuple->ipv6.sport : tuple->ipv6.dport;
	}
	*port = carries_ports(packet) ? bpf_ntohs(found) : 0;
}

static __always_inline __u8 packet_begun(
	const struct fw_flow_state *flow, const struct bpf_sock *sk, const struct packet_case *this)
{
	if (this->packet.protocol != IPPROTO_TCP)
		return this->sent ? BEGUN_HERE : BEGUN_THERE;
	return stream_begun(flow, sk->state);
}

static __always_inline __u8 packet_operation(
	const struct bpf_sock *sk, const struct packet_case *this)
{
	if (this->packet.protocol == IPPROTO_TCP && sk->state == TCP_LISTEN)
		return FW_BLOCKED_ACCEPT;
	return this->sent ? FW_BLOCKED_SEND : FW_BLOCKED_RECEIVE;
}

static __noinline int tell_packet(struct __sk_buff *skb, const struct packet_case *this)
{
	struct fw_blocked_record record = {};

	refusal_begin(&record, this->rule, &this->peer, this->operation);
	record.connection_id = bpf_get_socket_cookie(skb);
	record.network_namespace = packet_namespace(skb);
	record.protocol = this->packet.protocol;
	read_end(&this->packet, this->sent, record.local_address, &record.local_port);
	refusal_deliver(&record, this->handle);
	return 0;
}

/* Resets pass: the peer of a connection that was cut learns of it so. */
static __always_inline bool is_reset(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && packet->tcp_flags & PACKET_TCP_RST &&
	       !packet->payload;
}

static __always_inline bool is_refused(struct __sk_buff *skb, struct bpf_sock *sk,
	struct fw_flow_state *flow, const struct fw_member *member, __u64 handle, bool sent)
{
	struct packet_case this = { .handle = handle, .sent = sent };

	if (packet_read(skb, skb->len, &this.packet)) {
		this.peer.family = this.packet.version4 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6;
		read_end(&this.packet, !sent, this.peer.address, &this.peer.port);
	}
	this.peer.begun = packet_begun(flow, sk, &this);
	this.rule = rule_refusing(member, &this.peer);
	if (!this.rule || is_reset(&this.packet))
		return false;
	count_refusal(this.rule, this.packet.payload);
	this.operation = packet_operation(sk, &this);
	/* A listener refuses many peers; else one record a flow will do. */
	if (anybody_reads(FW_RECORD_BLOCKED) &&
		(flow->told_rule != this.rule || sk->state == TCP_LISTEN))
		tell_packet(skb, &this);
	flow->told_rule = this.rule;
	return true;
}

/* Subprograms, so that the case is not on the stack while a membership is found. */
static __noinline bool refuses_sent(struct __sk_buff *skb, struct bpf_sock *sk,
	struct fw_flow_state *flow, const struct fw_member *member, __u64 handle)
{
	return is_refused(skb, sk, flow, member, handle, true);
}

static __noinline bool refuses_received(struct __sk_buff *skb, struct bpf_sock *sk,
	struct fw_flow_state *flow, const struct fw_member *member, __u64 handle)
{
	return is_refused(skb, sk, flow, member, handle, false);
}

/* The flow's owner was no member, and nothing has changed since. A change of user changes nothing
 * that is seen, so rules on users are always asked; and so is everybody while not all processes
 * have been. */
static __always_inline bool is_free(const struct fw_flow_state *flow)
{
	return is_settled() && flow->free_mark == members_mark() && flow->owner &&
	       flow->free_owner == flow->owner && !machine.policy_kinds[FW_RULE_USER];
}

static __always_inline void note_free(struct fw_flow_state *flow, __u64 mark)
{
	flow->free_owner = flow->owner;
	flow->free_mark = mark;
}

SEC("cgroup_skb/egress")
int fw_rule_sent(struct __sk_buff *skb)
{
	struct bpf_sock *sk = full_socket_of(skb);
	struct fw_flow_state *flow;
	struct fw_member *member;
	__u64 handle, mark = members_mark();
	struct sock *socket;

	flow = sk ? packet_flow(sk) : 0;
	if (!flow || (is_free(flow) && flow->owner == current_handle()))
		return VERDICT_PASS;
	socket = packet_socket(flow);
	if (BPF_CORE_READ_BITFIELD_PROBED(socket, sk_kern_sock) && !packet_owner(sk, flow))
		return VERDICT_PASS;
	if (is_sent_by_current(sk, socket)) {
		handle = current_handle();
		member = member_of_current(handle);
		if (flow->owner != handle)
			flow->owner = handle;
	} else {
		handle = packet_owner(sk, flow);
		member = bpf_map_lookup_elem(&members, &handle);
	}
	if (!member)
		note_free(flow, mark);
	if (member && member->blocks && refuses_sent(skb, sk, flow, member, handle))
		return VERDICT_DROP;
	if (member && member->limit_rule && !police(skb, member, true))
		return VERDICT_DROP_SENT;
	return VERDICT_PASS;
}

SEC("cgroup_skb/ingress")
int fw_rule_received(struct __sk_buff *skb)
{
	struct bpf_sock *sk = full_socket_of(skb);
	struct fw_flow_state *flow;
	__u64 handle, mark = members_mark();
	struct fw_member *member;

	flow = sk ? packet_flow(sk) : 0;
	if (!flow || is_free(flow))
		return VERDICT_PASS;
	handle = packet_owner(sk, flow);
	member = bpf_map_lookup_elem(&members, &handle);
	if (!member)
		note_free(flow, mark);
	if (member && member->blocks && refuses_received(skb, sk, flow, member, handle))
		return VERDICT_DROP;
	if (member && member->limit_rule && !police(skb, member, false))
		return VERDICT_DROP;
	return VERDICT_PASS;
}
