/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Looks addresses up in a list as the packet programs do, without packets. Loaded by filter_probe.c. */
#define FW_MAPS_HERE
#include "kernel/linux/filter_lookup.bpf.h"

#include "tests/live/filter_probe_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PROBE_ADDRESSES);
	__type(key, __u32);
	__type(value, __u32[4]);
} addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PROBE_ADDRESSES);
	__type(key, __u32);
	__type(value, __u64); /* the kernel has no smaller values than 8 bytes */
} verdicts SEC(".maps");

struct probe_run {
	__u64 sum;
	__u32 drops;
	__u32 mode;
	__u32 bytes;
	__u32 family;
};

static __always_inline long note(__u32 index, struct probe_run *run, bool drop)
{
	__u64 *verdict;

	run->drops += drop;
	if (run->mode != PROBE_VERDICTS)
		return 0;
	verdict = bpf_map_lookup_elem(&verdicts, &index);
	if (verdict)
		*verdict = drop;
	return 0;
}

static long read_step(__u32 index, struct probe_run *run)
{
	__u32 *address = bpf_map_lookup_elem(&addresses, &index), zero = 0;

	if (!address)
		return 1;
	run->sum += address[0];
	return note(index, run, bpf_map_lookup_elem(&filter_lists, &zero) == 0);
}

static long find_step(__u32 index, struct probe_run *run)
{
	__u32 *address = bpf_map_lookup_elem(&addresses, &index), zero = 0;
	void *list = bpf_map_lookup_elem(&filter_lists, &zero);
	const struct fw_set_block *block;
	struct fw_set_found found;

	if (!address || !list)
		return 1;
	block = filter_block(list, 0);
	if (!block)
		return 1;
	if (run->family == FW_FAMILY_IPV4)
		found = filter_find4(list, &block->header, address[0]);
	else
		found = filter_find6(list, &block->header, address);
	return note(index, run, found.number != FW_SET_NOWHERE);
}

static long find4_step(__u32 index, struct probe_run *run)
{
	__u32 *address = bpf_map_lookup_elem(&addresses, &index), zero = 0;
	void *list = bpf_map_lookup_elem(&filter_lists, &zero);

	if (!address || !list)
		return 1;
	return note(index, run, filter_drops4(list, address[0], run->bytes));
}

static long find6_step(__u32 index, struct probe_run *run)
{
	__u32 *address = bpf_map_lookup_elem(&addresses, &index), zero = 0;
	void *list = bpf_map_lookup_elem(&filter_lists, &zero);

	if (!address || !list)
		return 1;
	return note(index, run, filter_drops6(list, address, run->bytes));
}

SEC("syscall")
int probe_run(struct probe_argument *argument)
{
	struct probe_run run = { .mode = argument->mode, .bytes = argument->bytes,
		.family = argument->family };
	__u64 begin_ns = bpf_ktime_get_ns();
	__u32 count = argument->count;

	if (argument->mode == PROBE_NOTHING)
		bpf_loop(count, read_step, &run, 0);
	else if (argument->mode == PROBE_FIND)
		bpf_loop(count, find_step, &run, 0);
	else if (argument->family == FW_FAMILY_IPV4)
		bpf_loop(count, find4_step, &run, 0);
	else
		bpf_loop(count, find6_step, &run, 0);
	argument->ns = bpf_ktime_get_ns() - begin_ns;
	argument->drops = run.drops;
	return run.sum == 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
