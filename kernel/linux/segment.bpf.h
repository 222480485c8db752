/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Segments of lo have 64 KiB, more than a slow limit lets through in a second. The greatest size
 * that the ends of a connection announce to each other is made that of Ethernet, so that limits
 * are as fine there as elsewhere. For the shaper's program on lo; connections that are older than
 * the limit keep theirs. Offload still makes packets of up to 64 KiB of them where the rate allows
 * it.
 */
#ifndef FW_SEGMENT_BPF_H
#define FW_SEGMENT_BPF_H

#include "kernel/linux/packet.bpf.h"

#define SEGMENT_MOST 1440u
#define SEGMENT_LENGTH_OFFSET 12u /* of the header, in 32-bit words, upper half of the byte */
#define SEGMENT_OPTION_OFFSET 20u /* Linux puts it first */
#define SEGMENT_OPTION 2	  /* RFC 9293; its length is 4 */
#define SEGMENT_CHECKSUM_OFFSET 16u

/* In a packet with SYN; `offset` is that of its TCP header. */
static __always_inline void segment_clamp(struct __sk_buff *skb, __u32 offset)
{
	__u32 at = offset + SEGMENT_OPTION_OFFSET;
	__be16 before, after = bpf_htons(SEGMENT_MOST);
	__u8 option[4], length;

	if (bpf_skb_load_bytes(skb, offset + SEGMENT_LENGTH_OFFSET, &length, sizeof(length)) ||
		(length >> 4) * 4 < SEGMENT_OPTION_OFFSET + sizeof(option))
		return;
	if (bpf_skb_load_bytes(skb, at, option, sizeof(option)) || option[0] != SEGMENT_OPTION ||
		option[1] != sizeof(option))
		return;
	__builtin_memcpy(&before, &option[2], sizeof(before));
	if (bpf_ntohs(before) <= SEGMENT_MOST)
		return;
	bpf_l4_csum_replace(skb, offset + SEGMENT_CHECKSUM_OFFSET, before, after, sizeof(after));
	bpf_skb_store_bytes(skb, at + 2, &after, sizeof(after), 0);
}

#endif
