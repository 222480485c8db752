/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Looking a packet's address up in a list of the adapters' filter. For XDP, tc and test programs. */
#ifndef FW_FILTER_LOOKUP_BPF_H
#define FW_FILTER_LOOKUP_BPF_H

#include "kernel/linux/filter_maps.bpf.h"

#include <bpf/bpf_endian.h>

#include "core/address_count.h"

static __always_inline struct fw_set_found filter_find4(
	void *list, const struct fw_set_header *header, __u32 address)
{
	return fw_set_find4(list, header, bpf_ntohl(address));
}

static __always_inline struct fw_set_found filter_find6(
	void *list, const struct fw_set_header *header, const __u32 address[4])
{
	struct fw_set_wide wide;

	wide.high = (__u64)bpf_ntohl(address[0]) << 32 | bpf_ntohl(address[1]);
	wide.low = (__u64)bpf_ntohl(address[2]) << 32 | bpf_ntohl(address[3]);
	return fw_set_find6(list, header, wide);
}

/* Is `address` (as in the packet) in the list? Then the packet of `bytes` is counted for its prefix. `list`
 * is what a lookup in filter_lists gave. */
static __always_inline bool filter_drops4(void *list, __u32 address, __u32 bytes)
{
	const struct fw_set_block *block = filter_block(list, 0);
	struct fw_set_found found;

	if (!block)
		return false;
	found = filter_find4(list, &block->header, address);
	if (found.number == FW_SET_NOWHERE)
		return false;
	fw_set_count(list, FW_SET_PLACES4, block->header.most, &found, bytes);
	return true;
}

static __always_inline bool filter_drops6(void *list, const __u32 address[4], __u32 bytes)
{
	const struct fw_set_block *block = filter_block(list, 0);
	struct fw_set_found found;

	if (!block)
		return false;
	found = filter_find6(list, &block->header, address);
	if (found.number == FW_SET_NOWHERE)
		return false;
	fw_set_count(list, FW_SET_PLACES6, block->header.most, &found, bytes);
	return true;
}

#endif
