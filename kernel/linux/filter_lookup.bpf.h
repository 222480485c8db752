/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Looking a packet's address up in a list of the adapters' filter. For XDP, tc and test programs. */
#ifndef FW_FILTER_LOOKUP_BPF_H
#define FW_FILTER_LOOKUP_BPF_H

#include "kernel/linux/filter_maps.bpf.h"

#include <bpf/bpf_endian.h>

static __always_inline bool count_filter_hit(void *list, __u32 hits, __u32 number, __u32 bytes)
{
	__u64 *counters;

	if (number == FW_SET_NOWHERE)
		return false;
	counters = fw_set_hits(list, hits, number);
	if (counters) {
		__sync_fetch_and_add(&counters[0], 1);
		__sync_fetch_and_add(&counters[1], bytes);
	}
	return true;
}

/* Is `address` (as in the packet) in the list? Then the packet of `bytes` is counted for its prefix. `list`
 * is what a lookup in filter_lists gave. */
static __always_inline bool filter_drops4(void *list, __u32 address, __u32 bytes)
{
	const struct fw_set_block *block = filter_block(list, 0);

	if (!block)
		return false;
	return count_filter_hit(list, block->header.hits4,
		fw_set_find4(list, &block->header, bpf_ntohl(address)), bytes);
}

static __always_inline bool filter_drops6(void *list, const __u32 address[4], __u32 bytes)
{
	const struct fw_set_block *block = filter_block(list, 0);
	struct fw_set_wide wide;

	if (!block)
		return false;
	wide.high = (__u64)bpf_ntohl(address[0]) << 32 | bpf_ntohl(address[1]);
	wide.low = (__u64)bpf_ntohl(address[2]) << 32 | bpf_ntohl(address[3]);
	return count_filter_hit(list, block->header.hits6,
		fw_set_find6(list, &block->header, wide), bytes);
}

#endif
