/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Building a list of the adapters' filter on behalf of the command that calls it. Each prefix is copied from the
 * caller's memory once and checked as it was copied; from then on only what was written to the list counts. The
 * list must be frozen: programs in user space read it, but cannot write to it any more. It is claimed at the
 * start, so that no list is built twice.
 */
#define FW_MAPS_HERE
#include "kernel/linux/filter_maps.bpf.h"

#include <bpf/bpf_endian.h>

#include "core/address_build.h"
#include "core/address_count.h"

/* The most that a loop of the kernel has, and enough: FW_FILTER_MAX_IPV4. Loops of loops would take the verifier ten
 * times as long. */
#define ROUNDS (1u << 23)
FW_STATIC_ASSERT(FW_FILTER_MAX_IPV4 + (1u << FW_SET_MOST_BITS) <= ROUNDS, "a loop goes over prefixes and buckets");

enum { GO_ON = 0, STOP = 1 }; /* as bpf_loop() has it */

struct commit_run {
	struct fw_set_build build;
	__u64 prefixes;
	__u32 result; /* enum fw_filter_commit_result */
	__u32 ended;  /* this phase */
};

static __always_inline long stop(struct commit_run *run, __u32 result)
{
	run->result = result;
	run->ended = 1;
	return STOP;
}

/* The next prefix of the caller. */
static __always_inline bool take_prefix(struct commit_run *run, struct fw_filter_prefix *prefix)
{
	const char *from = (const char *)run->prefixes + (__u64)run->build.number * sizeof(*prefix);

	return !bpf_copy_from_user(prefix, sizeof(*prefix), from);
}

static __always_inline __u32 big_endian(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static __always_inline __u64 big_endian_wide(const __u8 *bytes)
{
	return (__u64)big_endian(bytes) << 32 | big_endian(bytes + 4);
}

static long add4_step(__u32 index, struct commit_run *run)
{
	struct fw_filter_prefix prefix;

	if (run->build.number >= run->build.count)
		return stop(run, FW_FILTER_COMMIT_DONE);
	if (!take_prefix(run, &prefix))
		return stop(run, FW_FILTER_COMMIT_UNREADABLE);
	if (prefix.family != FW_FAMILY_IPV4 || prefix.reserved || big_endian(&prefix.address[4]) ||
		big_endian_wide(&prefix.address[8]))
		return stop(run, FW_FILTER_COMMIT_REFUSED);
	if (!fw_set_add4(&run->build, big_endian(prefix.address), prefix.length, prefix.line))
		return stop(run, FW_FILTER_COMMIT_REFUSED);
	return GO_ON;
}

static long add6_step(__u32 index, struct commit_run *run)
{
	struct fw_filter_prefix prefix;
	struct fw_set_wide start;

	if (run->build.number >= run->build.count)
		return stop(run, FW_FILTER_COMMIT_DONE);
	if (!take_prefix(run, &prefix))
		return stop(run, FW_FILTER_COMMIT_UNREADABLE);
	if (prefix.family != FW_FAMILY_IPV6 || prefix.reserved)
		return stop(run, FW_FILTER_COMMIT_REFUSED);
	start.high = big_endian_wide(prefix.address);
	start.low = big_endian_wide(&prefix.address[8]);
	if (!fw_set_add6(&run->build, start, prefix.length, prefix.line))
		return stop(run, FW_FILTER_COMMIT_REFUSED);
	return GO_ON;
}

static long pad4_step(__u32 index, struct commit_run *run)
{
	return fw_set_pad4(&run->build, index) ? GO_ON : stop(run, FW_FILTER_COMMIT_NO_ROOM);
}

static long pad6_step(__u32 index, struct commit_run *run)
{
	return fw_set_pad6(&run->build, index) ? GO_ON : stop(run, FW_FILTER_COMMIT_NO_ROOM);
}

static __always_inline long after_index(struct commit_run *run, enum fw_set_step step)
{
	if (step == FW_SET_GOES_ON)
		return GO_ON;
	return stop(run, step == FW_SET_ENDED ? FW_FILTER_COMMIT_DONE : FW_FILTER_COMMIT_NO_ROOM);
}

static long index4_step(__u32 index, struct commit_run *run)
{
	return after_index(run, fw_set_index4(&run->build));
}

static long index6_step(__u32 index, struct commit_run *run)
{
	return after_index(run, fw_set_index6(&run->build));
}

/* The families take turns with one builder, for stack is scarce. */
static __always_inline bool build4(struct commit_run *run, __u32 count, __u32 begin)
{
	__u32 last;

	fw_set_lay4(&run->build, count, begin);
	if (!fw_set_begin(&run->build, FW_SET_PLACES4))
		return false;
	run->ended = 0;
	bpf_loop(ROUNDS, add4_step, run, 0);
	if (run->result || run->build.number != count)
		return false;
	bpf_loop(FW_SET_PADS4, pad4_step, run, 0);
	last = (__u32)(run->build.next.low - 1);
	fw_set_split4(&run->build, (__u32)run->build.lowest.low, last, run->build.places.end);
	run->ended = 0;
	bpf_loop(ROUNDS, index4_step, run, 0);
	return !run->result && run->ended;
}

static __always_inline bool build6(struct commit_run *run, __u32 count, __u32 begin)
{
	fw_set_lay6(&run->build, count, begin);
	if (!fw_set_begin(&run->build, FW_SET_PLACES6))
		return false;
	run->ended = 0;
	bpf_loop(ROUNDS, add6_step, run, 0);
	if (run->result || run->build.number != count)
		return false;
	bpf_loop(FW_SET_PADS6, pad6_step, run, 0);
	fw_set_split6(&run->build, run->build.lowest, run->build.next, run->build.places.end);
	run->ended = 0;
	bpf_loop(ROUNDS, index6_step, run, 0);
	return !run->result && run->ended;
}

static __always_inline int fail(struct commit_run *run, struct fw_filter_commit *commit, __u32 before)
{
	commit->refused = before + run->build.number;
	return run->result ? run->result : FW_FILTER_COMMIT_NO_ROOM;
}

/* From before it is built on, no program in user space can write to it, whatever descriptor it gets. */
static __always_inline bool is_frozen(void *list)
{
	return ((struct bpf_map *)list)->frozen;
}

SEC("syscall")
int fw_filter_commit(struct fw_filter_commit *commit)
{
	__u32 zero = 0, ipv4 = commit->ipv4, ipv6 = commit->ipv6, buckets4;
	struct commit_run run = { .prefixes = commit->prefixes };
	struct fw_set_block *header;

	/* Read twice: that it is 0, and as a number that the verifier does not know. The program has it alone. */
	if (*(volatile __u32 *)&commit->refused)
		return FW_FILTER_COMMIT_REFUSED;
	run.build.zero = *(volatile __u32 *)&commit->refused;
	run.build.set = bpf_map_lookup_elem(&filter_building, &zero);
	if (!run.build.set || !is_frozen(run.build.set))
		return FW_FILTER_COMMIT_NO_LIST;
	header = filter_block(run.build.set, 0);
	if (!header || __sync_val_compare_and_swap(&header->header.format, FW_SET_EMPTY, FW_SET_BUILDING))
		return FW_FILTER_COMMIT_NO_LIST;
	if (ipv4 > FW_FILTER_MAX_IPV4 || ipv6 > FW_FILTER_MAX_IPV6)
		return FW_FILTER_COMMIT_NO_ROOM;
	if (!build4(&run, ipv4, FW_SET_FIRST))
		return fail(&run, commit, 0);
	fw_set_describe4(&run.build, &header->header);
	buckets4 = run.build.buckets;
	run.prefixes += (__u64)ipv4 * sizeof(struct fw_filter_prefix);
	if (!build6(&run, ipv6, run.build.index + buckets4))
		return fail(&run, commit, ipv4);
	fw_set_describe6(&run.build, &header->header);
	header->header.id = commit->id;
	header->header.most = fw_set_counter_most(commit->processors);
	header->header.buckets4 = buckets4;
	header->header.buckets6 = run.build.buckets;
	header->header.format = FW_SET_READY;
	return FW_FILTER_COMMIT_DONE;
}

char _license[] SEC("license") = "Dual BSD/GPL";
