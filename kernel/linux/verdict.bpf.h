/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Is a process's traffic with a peer refused, and by which rule; counting and telling what was. For
 * every kind of BPF program.
 */
#ifndef FW_VERDICT_BPF_H
#define FW_VERDICT_BPF_H

#include "kernel/linux/connection.bpf.h"
#include "kernel/linux/member.bpf.h"

/* The other side of something that is about to happen. */
struct peer {
	__u32 address[4]; /* network byte order; IPv4 in the first */
	__u16 port;	  /* host byte order; 0: there is none, or it is not known */
	__u8 family;	  /* enum fw_family; FW_FAMILY_NONE: not known */
	__u8 begun;	  /* enum begun */
};

/* By whom. Of what is not known, either could be refused; untold: leave it to the packets. */
enum begun { BEGUN_UNKNOWN, BEGUN_HERE, BEGUN_THERE, BEGUN_UNTOLD };

static __always_inline bool is_loopback(const struct peer *peer)
{
	if (peer->family == FW_FAMILY_IPV4)
		return (peer->address[0] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return peer->family == FW_FAMILY_IPV6 && !peer->address[0] && !peer->address[1] &&
	       !peer->address[2] && peer->address[3] == bpf_htonl(1);
}

/* ::ffff:192.0.2.1 is 192.0.2.1. */
static __always_inline void unmap_ipv4(struct peer *peer)
{
	if (peer->family != FW_FAMILY_IPV6 || peer->address[0] || peer->address[1] ||
		peer->address[2] != bpf_htonl(0xffff))
		return;
	peer->address[0] = peer->address[3];
	peer->address[2] = peer->address[3] = 0;
	peer->family = FW_FAMILY_IPV4;
}

static __always_inline __u32 prefix_mask(__u32 length, __u32 word)
{
	__u32 before = word * 32;

	if (length <= before)
		return 0;
	return length >= before + 32 ? 0xffffffff : bpf_htonl(~(0xffffffffu >> (length - before)));
}

static __always_inline bool is_in_prefix(
	const struct peer *peer, const struct fw_policy_block *block)
{
	const __u32 *prefix = (const __u32 *)block->prefix;
	__u32 differ = 0;

	if (block->prefix_family == FW_FAMILY_NONE)
		return true;
	if (block->prefix_family != peer->family)
		return false;
	for (__u32 word = 0; word < 4; word++)
		differ |= (prefix[word] ^ peer->address[word]) &
			  prefix_mask(block->prefix_length, word);
	return !differ;
}

static __always_inline bool is_refused_by(const struct fw_policy_block *block,
	const struct peer *peer)
{
	if (!is_committed(block->rule) || has_ended(block->ends_ns))
		return false;
	if (block->flags & FW_RULE_ONLY_INCOMING &&
		(peer->begun == BEGUN_HERE || peer->begun == BEGUN_UNTOLD))
		return false;
	if (block->flags & FW_RULE_ONLY_OUTGOING &&
		(peer->begun == BEGUN_THERE || peer->begun == BEGUN_UNTOLD))
		return false;
	if (block->flags & FW_RULE_ALLOW_LOOPBACK && is_loopback(peer))
		return false;
	if (peer->port < block->first_port || peer->port > block->last_port)
		return false;
	return is_in_prefix(peer, block);
}

struct block_search {
	struct fw_policy_blocks *blocks;
	const struct peer *peer;
	__u32 rule;
};

static long block_search_step(__u32 index, void *context)
{
	struct block_search *search = context;
	struct fw_policy_blocks *blocks = search->blocks;

	if (index >= FW_POLICY_BLOCKS || index >= blocks->count)
		return WALK_STOP;
	if (!is_refused_by(&blocks->block[index], search->peer))
		return WALK_ON;
	search->rule = blocks->block[index].rule;
	return WALK_STOP;
}

/* Id of the rule that refuses this peer to the members of a policy; 0: none does. */
GLOBAL_SUBPROGRAM __u32 refusing_rule(__u32 number, const struct peer *peer)
{
	struct block_search search = { .peer = peer };

	search.blocks = bpf_map_lookup_elem(&policy_blocks, &number);
	if (!search.blocks || !peer)
		return 0;
	bpf_loop(FW_POLICY_BLOCKS, block_search_step, &search, 0);
	return search.rule;
}

/* The same of a member. Packets find it as it was: then what ends gives way to what is less
 * specific. */
static __always_inline __u32 rule_refusing(const struct fw_member *member, const struct peer *peer)
{
	__u32 later = member->later_blocks;

	if (later && has_ended(member->blocks_end_ns))
		return refusing_rule(later, peer);
	return refusing_rule(member->blocks, peer);
}

static __always_inline void count_refusal(__u32 rule, __u32 bytes)
{
	struct fw_rule_state *state = bpf_map_lookup_elem(&rules, &rule);

	if (!state)
		return;
	__sync_fetch_and_add(&state->counters.hits, 1);
	__sync_fetch_and_add(&state->counters.bytes, bytes);
}

static __noinline int deliver_blocked_to(__u32 slot, struct fw_blocked_record *record)
{
	deliver_to(slot, &record->header, FW_QUEUE_NETWORK, sizeof(*record));
	return 0;
}

/* What the record says of the rule and the other side. */
static __always_inline void refusal_begin(struct fw_blocked_record *record, __u32 rule,
	const struct peer *peer, __u32 operation)
{
	record_begin(&record->header, FW_RECORD_BLOCKED, sizeof(*record));
	record->rule = rule;
	record->remote_port = peer->port;
	record->family = peer->family;
	record->operation = operation;
	__builtin_memcpy(record->remote_address, peer->address, sizeof(record->remote_address));
}

static __always_inline void describe_refused_process(struct fw_blocked_record *record, __u64 handle)
{
	struct fw_process_name *name = bpf_map_lookup_elem(&names, &handle);
	__u32 slot;
	struct fw_process_state *process = row_find(handle, &slot);

	record->pid = fw_handle_pid(handle);
	record->uid = name ? name->uid : 0xffffffff;
	if (process)
		record->start_ns = process->start_ns;
	if (name)
		__builtin_memcpy(record->comm, name->comm, sizeof(name->comm));
}

static __always_inline void describe_refused_current(struct fw_blocked_record *record)
{
	struct task_struct *task = bpf_get_current_task_btf();

	record->pid = task->tgid;
	record->start_ns = task->group_leader->start_boottime;
	record->uid = BPF_CORE_READ(task, cred, euid.val);
	BPF_CORE_READ_INTO((char(*)[FW_TASK_COMM_SIZE])&record->comm, task, group_leader, comm);
}

/* `handle`: of the process, which may be the running one. */
static __always_inline void refusal_deliver(struct fw_blocked_record *record, __u64 handle)
{
	if (handle == current_handle())
		describe_refused_current(record);
	else
		describe_refused_process(record, handle);
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_blocked_to(slot, record);
}

#endif
