/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What rules need to know of a packet: its addresses, and how much of it is payload. For BPF
 * programs at tc and cgroup_skb; reads relative to the network header, so it is the same for both.
 */
#ifndef FW_PACKET_BPF_H
#define FW_PACKET_BPF_H

#include "kernel/linux/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "kernel/linux/ip_header.bpf.h"
#include "kernel/linux/shaper_maps.h"

#define PACKET_VERSION_4      4
#define PACKET_FRAGMENT_MASK  0x1fff /* offset of an IPv4 fragment, RFC 791 */
#define PACKET_NEXT_FRAGMENT  44     /* IPv6 fragment header, RFC 8200 */
#define PACKET_NEXT_HOP	      0	     /* by hop; carries the length of what is beyond 64 KiB, RFC 2675 */
#define PACKET_NEXT_ROUTING   43
#define PACKET_NEXT_DESTINATION 60
#define PACKET_EXTENSIONS     4 /* headers skipped; behind more, a packet has no ports */
#define PACKET_TCP_FIN	      0x01
#define PACKET_TCP_SYN	      0x02
#define PACKET_TCP_RST	      0x04

struct transport_ports {
	__be16 source;
	__be16 destination;
};

struct packet {
	struct bpf_sock_tuple tuple;
	bool version4;
	bool has_ports; /* false: a later fragment, or cut off */
	__u32 headers;	/* bytes of IP headers */
	__u32 payload;	/* bytes, of all segments of an offloaded packet */
	__u8 kind;	/* enum fw_packet_kind */
	__u8 protocol;
	__u8 tcp_flags;
};

/* The network namespace of a packet's adapter, as its inode number. */
static __always_inline __u32 packet_namespace(struct __sk_buff *skb)
{
	return BPF_CORE_READ((struct sk_buff *)skb, dev, nd_net.net, ns.inum);
}

static __always_inline bool packet_load(struct __sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, offset, to, size, BPF_HDR_START_NET) == 0;
}

/* Length of the IP headers; 0: this is no IP packet. */
static __always_inline __u32 packet_read_ipv4(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv4_header ip;

	if (!packet_load(skb, 0, &ip, sizeof(ip)))
		return 0;
	packet->protocol = ip.protocol;
	packet->tuple.ipv4.saddr = ip.source;
	packet->tuple.ipv4.daddr = ip.destination;
	if (!(ip.fragment & bpf_htons(PACKET_FRAGMENT_MASK)))
		packet->has_ports = true;
	return (ip.version_length & 0x0f) * 4;
}

static __always_inline __u32 packet_read_ipv6(struct __sk_buff *skb, struct packet *packet)
{
	struct ipv6_header ip;
	__u32 offset = sizeof(ip);
	__u8 extension[4];

	if (!packet_load(skb, 0, &ip, sizeof(ip)))
		return 0;
	packet->protocol = ip.next;
	__builtin_memcpy(packet->tuple.ipv6.saddr, ip.source, sizeof(ip.source));
	__builtin_memcpy(packet->tuple.ipv6.daddr, ip.destination, sizeof(ip.destination));
	packet->has_ports = true;
#pragma unroll
	for (int i = 0; i < PACKET_EXTENSIONS; i++) {
		bool fragment = packet->protocol == PACKET_NEXT_FRAGMENT;

		if (!fragment && packet->protocol != PACKET_NEXT_HOP &&
			packet->protocol != PACKET_NEXT_ROUTING &&
			packet->protocol != PACKET_NEXT_DESTINATION)
			return offset;
		if (!packet_load(skb, offset, extension, sizeof(extension)))
			return 0;
		packet->protocol = extension[0];
		if (fragment && (extension[2] || extension[3] & 0xf8))
			packet->has_ports = false;
		offset += fragment ? 8 : (extension[1] + 1u) * 8;
	}
	return offset;
}

/* Header length of TCP; 0: it is not all there. */
static __always_inline __u32 packet_read_tcp(
	struct __sk_buff *skb, struct packet *packet, __u32 offset)
{
	__u8 header[2]; /* data offset and flags */

	if (!packet_load(skb, offset + 12, header, sizeof(header)))
		return 0;
	packet->tcp_flags = header[1];
	return (header[0] >> 4) * 4;
}

static __always_inline __u8 packet_kind(const struct packet *packet, __u32 transport)
{
	bool version4 = packet->version4;

	if (!packet->has_ports)
		return version4 ? FW_PACKET_OTHER : FW_PACKET_UDP6;
	if (packet->protocol == IPPROTO_TCP && transport < FW_TCP_STAMPED_HEADER)
		return version4 ? FW_PACKET_TCP4 : FW_PACKET_TCP6;
	if (packet->protocol == IPPROTO_TCP)
		return version4 ? FW_PACKET_TCP4_STAMPED : FW_PACKET_TCP6_STAMPED;
	if (version4)
		return packet->protocol == IPPROTO_UDP ? FW_PACKET_UDP4 : FW_PACKET_OTHER;
	return FW_PACKET_UDP6; /* what is not UDP differs by 8 bytes */
}

static __always_inline void packet_read_ports(
	struct __sk_buff *skb, struct packet *packet, __u32 offset)
{
	struct transport_ports ports;

	if (!packet->has_ports || !packet_load(skb, offset, &ports, sizeof(ports))) {
		packet->has_ports = false;
	} else if (packet->version4) {
		packet->tuple.ipv4.sport = ports.source;
		packet->tuple.ipv4.dport = ports.destination;
	} else {
		packet->tuple.ipv6.sport = ports.source;
		packet->tuple.ipv6.dport = ports.destination;
	}
}

/* `length` is that of the packet from the IP header on. False: not IP, or cut off. */
static __always_inline bool packet_read(struct __sk_buff *skb, __u32 length, struct packet *packet)
{
	bool version4 = skb->protocol == bpf_htons(ETH_P_IP);
	__u32 headers, transport = 0;

	if (!version4 && skb->protocol != bpf_htons(ETH_P_IPV6))
		return false;
	packet->version4 = version4;
	headers = version4 ? packet_read_ipv4(skb, packet) : packet_read_ipv6(skb, packet);
	if (!headers)
		return false;
	packet->headers = headers;
	if (packet->has_ports && packet->protocol == IPPROTO_TCP)
		transport = packet_read_tcp(skb, packet, headers);
	else if (packet->has_ports && packet->protocol == IPPROTO_UDP)
		transport = FW_UDP_HEADER;
	packet_read_ports(skb, packet, headers);
	packet->kind = packet_kind(packet, transport);
	packet->payload = length > headers + transport ? length - headers - transport : 0;
	return true;
}

#endif
