/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Limits by queues: packets of limited processes take a way through a queue of ours (shaper_maps.h
 * says which). Attached by the backend with cls_bpf, direct action; a packet that has waited passes
 * as if there were no program, so that the filters of others still see it.
 */
#include "kernel/linux/flow.bpf.h"
#include "kernel/linux/limit.bpf.h"
#include "kernel/linux/packet.bpf.h"
#include "kernel/linux/segment.bpf.h"
#include "kernel/linux/unlimited.bpf.h"
#include "kernel/linux/window.bpf.h"

#define TC_ACT_UNSPEC (-1) /* go on with the next filter */
#define TC_ACT_SHOT 2

#define NO_BOUND (~0ull)
#define REMOTE_TCP_BYTES (4ull << 20) /* that senders elsewhere may have waiting in one limit */
#define REMOTE_DATAGRAM_BYTES 65536ull
#define REMOTE_DATAGRAM_NS 200000000ull

static __always_inline __u32 network_length(
	struct __sk_buff *skb, const struct fw_shaped_device *device)
{
	return device->flags & FW_SHAPED_NO_LINK_HEADER ? skb->len : skb->len - FW_ETHERNET_HEADER;
}

static __always_inline bool is_tcp(const struct packet *packet)
{
	return packet->has_ports && packet->protocol == IPPROTO_TCP;
}

/* Acknowledgments and the first packets of a connection pass: they carry nothing, and slowing them
 * slows the other direction. */
static __always_inline bool has_to_wait(const struct packet *packet)
{
	/* An end must not overtake the data before it. */
	return packet->payload || packet->tcp_flags & (PACKET_TCP_FIN | PACKET_TCP_RST);
}

static __always_inline __u32 queue_of(__u32 slot, bool received, __u32 kind)
{
	return FW_QUEUE_MAJOR << 16 | slot << 4 | (received ? FW_QUEUE_DIRECTION : 0) | kind;
}

/* The sending socket and the limit of its process; NULL: none. What a connection that is not
 * accepted yet sends is its listener's. */
static __always_inline struct bpf_sock *limited_sender(struct __sk_buff *skb, struct limit_use *use)
{
	struct bpf_sock *any = (struct bpf_sock *)skb->sk_pointer, *sk;
	struct fw_flow_state *flow;

	if (!any)
		return 0;
	sk = bpf_sk_fullsock(any);
	if (!sk)
		sk = bpf_get_listener_sock(any);
	if (!sk)
		return 0;
	flow = bpf_sk_storage_get(&flows, sk, 0, 0);
	if (!flow || flow->self != (__u64)sk)
		return 0;
	return limit_of(flow->owner, use) ? sk : 0;
}

static __always_inline bool sender_limit(struct __sk_buff *skb, struct limit_use *use)
{
	return limited_sender(skb, use) && use->sent_rate;
}

static __always_inline bool socket_limit(struct bpf_sock *sk, struct limit_use *use)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);

	return flow && limit_of(flow->owner, use);
}

/* The socket that a packet is for, to be released; NULL: none that can be found by ports. */
static __always_inline struct bpf_sock *receiver_of(struct __sk_buff *skb, struct packet *packet)
{
	struct bpf_sock_tuple *tuple = &packet->tuple;
	__u32 size = packet->version4 ? sizeof(tuple->ipv4) : sizeof(tuple->ipv6);

	if (!packet->has_ports)
		return 0;
	if (packet->protocol == IPPROTO_TCP)
		return bpf_sk_lookup_tcp(skb, tuple, size, BPF_F_CURRENT_NETNS, 0);
	if (packet->protocol == IPPROTO_UDP)
		return bpf_sk_lookup_udp(skb, tuple, size, BPF_F_CURRENT_NETNS, 0);
	return 0;
}

/* The limit of the process that will receive a packet; false: none for receiving. */
static __always_inline bool receiver_limit(
	struct __sk_buff *skb, struct packet *packet, struct limit_use *use)
{
	struct bpf_sock *sk = receiver_of(skb, packet);
	bool found;

	if (!sk)
		return false;
	found = socket_limit(sk, use) && use->received_rate;
	bpf_sk_release(sk);
	return found;
}

/* Send a packet to the queue, or through the far end first if it has to be cut. One without a link
 * header gets one for the way. */
static __always_inline int send_to_queue(struct __sk_buff *skb,
	const struct fw_shaped_device *device, __u32 queue, __u32 mark, __u64 rate)
{
	bool slices = rate < FW_SLICED_RATE && skb->gso_segs > 1;
	__u32 way = slices ? device->slicer : device->shaper;
	__be16 protocol = skb->protocol;

	skb->priority = queue;
	skb->tc_index =
		device->index << FW_SHAPED_SHIFT | (skb->tc_index & ~FW_SHAPED_INWARD & 7) | mark;
	if (device->flags & FW_SHAPED_NO_LINK_HEADER) {
		if (bpf_skb_change_head(skb, FW_ETHERNET_HEADER, 0) ||
			bpf_skb_store_bytes(skb, 12, &protocol, sizeof(protocol), 0))
			return TC_ACT_SHOT;
	}
	return bpf_redirect(way, 0);
}

static __always_inline __u32 transport_offset(
	const struct fw_shaped_device *device, const struct packet *packet)
{
	return packet->headers +
	       (device->flags & FW_SHAPED_NO_LINK_HEADER ? 0 : FW_ETHERNET_HEADER);
}

SEC("tc")
int fw_shape_egress(struct __sk_buff *skb)
{
	struct fw_shaped_device *device;
	struct packet packet = {};
	struct limit_use use = {};
	struct bpf_sock *sk;

	if (skb->tc_index & FW_SHAPED_SENT)
		return TC_ACT_UNSPEC;
	sk = limited_sender(skb, &use);
	if (!sk)
		return TC_ACT_UNSPEC;
	device = covered_device(skb);
	if (!device || !device->shaper || !packet_read(skb, network_length(skb, device), &packet))
		return TC_ACT_UNSPEC;
	if (is_tcp(&packet))
		window_clamp(skb, transport_offset(device, &packet),
			window_to(sk, &use, packet.tcp_flags));
	if (!use.sent_rate || !has_to_wait(&packet))
		return TC_ACT_UNSPEC;
	limit_admit(use.slot, true, use.sent_rate, packet.payload, NO_BOUND);
	return send_to_queue(
		skb, device, queue_of(use.slot, false, packet.kind), FW_SHAPED_SENT, use.sent_rate);
}

/* How long a packet from elsewhere may wait. Whoever sends datagrams will not notice that they
 * wait, so their queue is short; TCP is let fill its window. */
static __always_inline __u64 remote_bound(const struct packet *packet, __u64 rate)
{
	__u64 bound;

	if (packet->protocol == IPPROTO_TCP)
		return fw_token_bucket_cost_ns(REMOTE_TCP_BYTES, rate);
	bound = fw_token_bucket_cost_ns(REMOTE_DATAGRAM_BYTES, rate);
	return bound > REMOTE_DATAGRAM_NS ? bound : REMOTE_DATAGRAM_NS;
}

/*
 * The limit of the process that a packet is for; false: none. An acknowledgment for data that the
 * process sends gets a window that fits its limit.
 */
static __always_inline bool receive_limited(struct __sk_buff *skb,
	const struct fw_shaped_device *device, struct packet *packet, struct limit_use *use)
{
	struct bpf_sock *sk = receiver_of(skb, packet);
	struct window window = {};
	bool found;

	if (!sk)
		return false;
	found = socket_limit(sk, use);
	if (found && is_tcp(packet))
		window = window_from(sk, use, packet->tcp_flags);
	bpf_sk_release(sk);
	window_clamp(skb, transport_offset(device, packet), window);
	return found;
}

/* `packet` was read with the link header in its length. */
static __always_inline void leave_out_link_header(
	struct packet *packet, const struct fw_shaped_device *device)
{
	if (device->flags & FW_SHAPED_NO_LINK_HEADER)
		return;
	packet->payload =
		packet->payload > FW_ETHERNET_HEADER ? packet->payload - FW_ETHERNET_HEADER : 0;
}

SEC("tc")
int fw_shape_ingress(struct __sk_buff *skb)
{
	struct unlimited_key key = {};
	struct fw_shaped_device *device;
	struct packet packet = {};
	struct limit_use use = {};
	__u64 now, most;

	if (skb->tc_index & FW_SHAPED_RECEIVED || !packet_read(skb, skb->len, &packet))
		return TC_ACT_UNSPEC;
	now = bpf_ktime_get_coarse_ns();
	unlimited_key_of(skb, &packet, &key);
	if (is_unlimited(&key, now))
		return TC_ACT_UNSPEC;
	device = covered_device(skb);
	if (!device || !device->shaper)
		return TC_ACT_UNSPEC;
	leave_out_link_header(&packet, device);
	if (!receive_limited(skb, device, &packet, &use)) {
		/* The next packet after a SYN is of another socket. */
		if (packet.has_ports && !(packet.tcp_flags & PACKET_TCP_SYN))
			note_unlimited(&key, now);
		return TC_ACT_UNSPEC;
	}
	if (!use.received_rate || !has_to_wait(&packet))
		return TC_ACT_UNSPEC;
	most = skb->sk_pointer ? NO_BOUND : remote_bound(&packet, use.received_rate);
	if (!limit_admit(use.slot, false, use.received_rate, packet.payload, most))
		return TC_ACT_SHOT;
	return send_to_queue(skb, device, queue_of(use.slot, true, packet.kind),
		FW_SHAPED_RECEIVED | FW_SHAPED_INWARD, use.received_rate);
}

/* Segments of packets that were too large to wait, at the near end. The way there cost them their
 * class, so it is found again; a limit that ended meanwhile lets them go. */
SEC("tc")
int fw_shape_slice(struct __sk_buff *skb)
{
	bool inward = skb->tc_index & FW_SHAPED_INWARD;
	struct packet packet = {};
	struct limit_use use = {};

	if (!(skb->tc_index >> FW_SHAPED_SHIFT) ||
		!packet_read(skb, skb->len - FW_ETHERNET_HEADER, &packet))
		return TC_ACT_SHOT;
	if (inward ? receiver_limit(skb, &packet, &use) : sender_limit(skb, &use))
		skb->priority = queue_of(use.slot, inward, packet.kind);
	return bpf_redirect(skb->ifindex, 0);
}

/* Packets that have waited, at the far end of the shaper device. Nothing else ever comes out there.
 */
SEC("tc")
int fw_shape_return(struct __sk_buff *skb)
{
	__u32 index = skb->tc_index >> FW_SHAPED_SHIFT;
	struct fw_shaped_device *device = bpf_map_lookup_elem(&shaped_devices, &index);
	struct bpf_sock *sk;

	if (!index || !device || !device->device)
		return TC_ACT_SHOT;
	if (skb->tc_index & FW_SHAPED_INWARD)
		return bpf_redirect(device->device, BPF_F_INGRESS);
	sk = full_socket_of(skb);
	if (sk)
		skb->priority = sk->priority;
	return bpf_redirect(device->device, 0);
}

/* Both ends of a packet on lo; a rate of 0: not limited. Windows and segments are made to fit. */
static __always_inline void loopback_limits(struct __sk_buff *skb, struct packet *packet,
	struct limit_use *sender, struct limit_use *receiver)
{
	__u32 offset = FW_ETHERNET_HEADER + packet->headers;
	struct bpf_sock *from = limited_sender(skb, sender), *to = receiver_of(skb, packet);
	struct window ours = {}, theirs = {};
	bool limited = from;

	if (from && is_tcp(packet))
		ours = window_to(from, sender, packet->tcp_flags);
	if (to) {
		if (socket_limit(to, receiver)) {
			limited = true;
			if (is_tcp(packet))
				theirs = window_from(to, receiver, packet->tcp_flags);
		}
		bpf_sk_release(to);
	}
	if (!limited || !is_tcp(packet))
		return;
	window_clamp(skb, offset, ours);
	window_clamp(skb, offset, theirs);
	if (packet->tcp_flags & PACKET_TCP_SYN)
		segment_clamp(skb, offset);
}

/* The state of the socket that sends, if it is known. */
static __always_inline struct fw_flow_state *sending_flow(struct __sk_buff *skb)
{
	struct bpf_sock *sk = full_socket_of(skb);
	struct fw_flow_state *flow = sk ? bpf_sk_storage_get(&flows, sk, 0, 0) : 0;

	return flow && flow->self == (__u64)sk ? flow : 0;
}

/*
 * On lo a packet can wait once. If both of its ends are limited it waits for the slower one, which
 * is then the only one that is charged by the queue.
 */
SEC("tc")
int fw_shape_loopback(struct __sk_buff *skb)
{
	struct limit_use sender = {}, receiver = {};
	struct fw_flow_state *flow = sending_flow(skb);
	__u64 now = bpf_ktime_get_coarse_ns();
	struct packet packet = {};

	if (is_flow_unlimited(flow, now) ||
		!packet_read(skb, skb->len - FW_ETHERNET_HEADER, &packet))
		return TC_ACT_UNSPEC;
	loopback_limits(skb, &packet, &sender, &receiver);
	/* Of sockets without a connection the next packet may have another other end. */
	if (!sender.slot && !receiver.slot && is_tcp(&packet))
		note_flow_unlimited(flow, now);
	if (!has_to_wait(&packet))
		return TC_ACT_UNSPEC;
	if (sender.sent_rate)
		limit_admit(sender.slot, true, sender.sent_rate, packet.payload, NO_BOUND);
	if (receiver.received_rate)
		limit_admit(receiver.slot, false, receiver.received_rate, packet.payload, NO_BOUND);
	if (receiver.received_rate &&
		(!sender.sent_rate || receiver.received_rate <= sender.sent_rate))
		skb->priority = queue_of(receiver.slot, true, packet.kind);
	else if (sender.sent_rate)
		skb->priority = queue_of(sender.slot, false, packet.kind);
	return TC_ACT_UNSPEC;
}
