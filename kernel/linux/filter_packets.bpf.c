// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The filter of adapters: judges each packet by its source where it is received, by its destination
 * where it is sent. An object of its own, loaded once for each adapter; its maps are those of the
 * kernel side that is loaded. What is not IPv4 or IPv6, or is cut off before its addresses, passes.
 */
#define FW_MAPS_HERE
#include "kernel/linux/filter_slots.bpf.h"

#include <bpf/bpf_endian.h>

#include "kernel/linux/filter_maps.bpf.h"
#include "kernel/linux/filter_lookup.bpf.h"
#include "kernel/linux/ip_header.bpf.h"
#include "kernel/linux/shaper_maps.h"

#define VLAN_TAGS 2
#define TYPE_OFFSET 12 /* of an Ethernet header */
#define VLAN_HEADER 4
#define FIRST_TYPE 0x600  /* IEEE 802.3: below are lengths */
#define LLC_SNAP 0xaaaa03 /* both SAPs, control; an OUI of three bytes follows, and the type */

#define TC_ACT_UNSPEC -1 /* the filters behind this one are asked */
#define TC_ACT_SHOT 2
#define TC_ACT_STOLEN 4 /* sent, as far as the sender knows */

const volatile __u32 filter_slot = 0;
const volatile bool filter_no_link_header =
	false; /* packets begin with the IP header (tun, wireguard) */

/* What one program sees of its packet. `relative`: from the network header on. */
struct frame {
	void *context;
	bool is_xdp;
	bool relative;
	bool untagged; /* its outer VLAN tag is not in the bytes any more */
};

static __always_inline __u32 frame_length(const struct frame *frame)
{
	if (frame->is_xdp)
		return (__u32)bpf_xdp_get_buff_len(frame->context);
	return ((struct __sk_buff *)frame->context)->len;
}

/* Where the bytes are that need no helper: calls are most of what a packet costs. */
static __always_inline void *frame_data(const struct frame *frame)
{
	if (frame->is_xdp)
		return (void *)(long)((struct xdp_md *)frame->context)->data;
	return (void *)(long)((struct __sk_buff *)frame->context)->data;
}

static __always_inline void *frame_end(const struct frame *frame)
{
	if (frame->is_xdp)
		return (void *)(long)((struct xdp_md *)frame->context)->data_end;
	return (void *)(long)((struct __sk_buff *)frame->context)->data_end;
}

static __always_inline long frame_load_slowly(
	const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	if (frame->is_xdp)
		return bpf_xdp_load_bytes(frame->context, offset, to, size);
	if (frame->relative)
		return bpf_skb_load_bytes_relative(
			frame->context, offset, to, size, BPF_HDR_START_NET);
	return bpf_skb_load_bytes(frame->context, offset, to, size);
}

/* Bytes of a frame; false: it ends before. Behind a link header what has whole words begins at one,
 * as the kernel counts (NET_IP_ALIGN); the compiler has to be told, or it reads byte by byte. */
static __always_inline bool frame_load(
	const struct frame *frame, __u32 offset, void *to, __u32 size)
{
	void *from = frame_data(frame) + offset;

	if (frame->relative || from + size > frame_end(frame))
		return frame_load_slowly(frame, offset, to, size) == 0;
	if (size % 4)
		__builtin_memcpy(to, __builtin_assume_aligned(from, 2), size);
	else
		__builtin_memcpy(to, __builtin_assume_aligned(from, 4), size);
	return true;
}

/* Bytes from there to the end. */
static __always_inline __u32 frame_rest(const struct frame *frame, __u32 offset)
{
	__u32 length = frame_length(frame);

	return length > offset ? length - offset : 0;
}

/* The length that a header tells, unless it cannot be: offloaded packets beyond 64 KiB have 0
 * there, and short frames are padded. */
static __always_inline __u32 ip_bytes(
	const struct frame *frame, __u32 offset, __u32 told, __u32 header)
{
	__u32 there;

	if (frame->is_xdp && told >= header &&
		frame_data(frame) + offset + told <= frame_end(frame))
		return told;
	there = frame_rest(frame, offset);
	return told < header || told > there ? there : told;
}

/* What a packet is judged by. */
struct judged {
	__be32 address[4]; /* of IPv4 the first */
	__u32 family;	   /* FW_FAMILY_NONE: none, it passes */
	__u32 bytes;
};

static __always_inline void read_ipv4(
	const struct frame *frame, __u32 offset, enum fw_filter_side side, struct judged *judged)
{
	struct ipv4_header ip;

	if (!frame_load(frame, offset, &ip, sizeof(ip)) || ip.version_length >> 4 != 4)
		return;
	judged->family = FW_FAMILY_IPV4;
	judged->address[0] = side == FW_FILTER_SIDE_IN ? ip.source : ip.destination;
	judged->bytes = ip_bytes(frame, offset, bpf_ntohs(ip.length), sizeof(ip));
}

static __always_inline void read_ipv6(
	const struct frame *frame, __u32 offset, enum fw_filter_side side, struct judged *judged)
{
	struct ipv6_header ip;
	__u32 payload;

	if (!frame_load(frame, offset, &ip, sizeof(ip)) ||
		(ip.version_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return;
	judged->family = FW_FAMILY_IPV6;
	__builtin_memcpy(judged->address, side == FW_FILTER_SIDE_IN ? ip.source : ip.destination,
		sizeof(judged->address));
	payload = bpf_ntohs(ip.payload_length);
	judged->bytes = ip_bytes(frame, offset, payload ? payload + sizeof(ip) : 0, sizeof(ip));
}

static __always_inline bool is_vlan(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

/* IP in an IEEE 802.3 frame, as RFC 1042 has it but for any OUI: Linux does not receive it, NT
 * does. A type that was not there is 0, and what would follow it is not there either. */
static __always_inline void skip_snap(const struct frame *frame, __be16 *type, __u32 *offset)
{
	__be32 snap[2];
	__u32 inner;

	if (bpf_ntohs(*type) >= FIRST_TYPE || !frame_load(frame, *offset, snap, sizeof(snap)) ||
		bpf_ntohl(snap[0]) >> 8 != LLC_SNAP)
		return;
	inner = bpf_ntohl(snap[1]) & 0xffff;
	if (inner != ETH_P_IP && inner != ETH_P_IPV6)
		return;
	*type = inner == ETH_P_IP ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	*offset += sizeof(snap);
}

static __always_inline void read_packet(
	const struct frame *frame, __be16 type, enum fw_filter_side side, struct judged *judged)
{
	__u32 offset = 0;

	if (!frame->relative) {
		offset = TYPE_OFFSET + sizeof(type);
		if (!frame_load(frame, TYPE_OFFSET, &type, sizeof(type)))
			type = 0;
#pragma unroll
		for (int i = 0; i < VLAN_TAGS; i++) {
			if (!is_vlan(type) || (frame->untagged && i == VLAN_TAGS - 1))
				break;
			if (!frame_load(frame, offset + 2, &type, sizeof(type)))
				type = 0;
			offset += VLAN_HEADER;
		}
		if (type != bpf_htons(ETH_P_IP) && type != bpf_htons(ETH_P_IPV6))
			skip_snap(frame, &type, &offset);
	}
	if (type == bpf_htons(ETH_P_IP))
		read_ipv4(frame, offset, side, judged);
	else if (type == bpf_htons(ETH_P_IPV6))
		read_ipv6(frame, offset, side, judged);
	if (judged->family == FW_FAMILY_NONE)
		judged->bytes = frame_rest(frame, offset);
}

static __always_inline bool is_listed(__u32 place, const struct judged *judged)
{
	void *list = bpf_map_lookup_elem(&filter_lists, &place);

	if (list && judged->family == FW_FAMILY_IPV4)
		return filter_drops4(list, judged->address[0], judged->bytes);
	return list && judged->family == FW_FAMILY_IPV6 &&
	       filter_drops6(list, judged->address, judged->bytes);
}

/* Read first, looked up afterwards: so the verifier goes through the search once and not for every
 * kind of header, which counts when many adapters are attached. `counts`: the packet has not come
 * by before. */
static __always_inline bool drops(
	const struct frame *frame, __be16 type, enum fw_filter_side side, bool counts)
{
	__u32 place = fw_filter_place(filter_slot, side);
	struct judged judged = { .family = FW_FAMILY_NONE };
	struct fw_filter_counters *counters;
	bool dropped;

	read_packet(frame, type, side, &judged);
	dropped = is_listed(place, &judged);
	counters = bpf_map_lookup_elem(&filter_counters, &place);
	if (!counters)
		return dropped;
	if (counts) {
		counters->packets++;
		counters->bytes += judged.bytes;
	}
	if (dropped) {
		counters->dropped_packets++;
		counters->dropped_bytes += judged.bytes;
	}
	return dropped;
}

/* A packet that waited in the queue of a limit comes by twice. */
static __always_inline bool skb_drops(struct __sk_buff *skb, enum fw_filter_side side)
{
	__u32 waited = side == FW_FILTER_SIDE_IN ? FW_SHAPED_RECEIVED : FW_SHAPED_SENT;
	const struct frame frame = { skb, false, filter_no_link_header, skb->vlan_present };

	return drops(&frame, (__be16)skb->protocol, side, !(skb->tc_index & waited));
}

/* With fragments: packets that do not fit one page. */
SEC("xdp.frags")
int fw_filter_xdp(struct xdp_md *xdp)
{
	const struct frame frame = { xdp, true, false, false };

	return drops(&frame, 0, FW_FILTER_SIDE_IN, true) ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int fw_filter_in(struct __sk_buff *skb)
{
	return skb_drops(skb, FW_FILTER_SIDE_IN) ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* TC_ACT_SHOT would tell TCP and whoever asks for errors that the packet was dropped here. */
SEC("tc")
int fw_filter_out(struct __sk_buff *skb)
{
	return skb_drops(skb, FW_FILTER_SIDE_OUT) ? TC_ACT_STOLEN : TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
