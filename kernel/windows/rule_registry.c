/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/rule_registry.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_filter.h"

#define SEEN_FLOWS 1024u

static struct {
	KMUTEX changes;	 /* who changes: one after the other, before the lock */
	KSPIN_LOCK lock; /* of what is below, but that who changes may read it without */
	uint32_t count;
	volatile LONG blocks; /* how many of them are blocks */
	volatile LONG denials;
	volatile LONG limits;
	volatile LONG generation;
	struct fw_rule_state *rules[FW_CONTROL_RULES_MAX]; /* by id */
	uint64_t seen[SEEN_FLOWS]; /* refused flows, where their hash says; a later one takes the
				      place */
	/* Of who changes: */
	uint32_t last_id;
	uint32_t next_count;
	struct fw_rule_state *next[FW_CONTROL_RULES_MAX];
} registry;

NTSTATUS fw_rule_registry_init(void)
{
	memset(&registry, 0, sizeof(registry));
	KeInitializeMutex(&registry.changes, 0);
	KeInitializeSpinLock(&registry.lock);
	registry.generation = 1;
	return STATUS_SUCCESS;
}

static void state_free(struct fw_rule_state *state)
{
	if (state)
		fw_limit_retire(state->limit);
	fw_free(state);
}

void fw_rule_registry_done(void)
{
	for (uint32_t i = 0; i < registry.count; i++)
		state_free(registry.rules[i]);
	registry.count = 0;
}

static void begin_change(void)
{
	KeWaitForSingleObject(&registry.changes, Executive, KernelMode, FALSE, NULL);
}

static void end_change(void)
{
	KeReleaseMutex(&registry.changes, FALSE);
}

uint32_t fw_rules_generation(void)
{
	return (uint32_t)registry.generation;
}

uint32_t fw_rule_registry_limits(void)
{
	return (uint32_t)__atomic_load_n(&registry.limits, __ATOMIC_RELAXED);
}

static bool same_target(const struct fw_rule_entry *a, const struct fw_rule_entry *b)
{
	return a->rule.action == b->rule.action && a->rule.target == b->rule.target &&
	       a->rule.pid == b->rule.pid && a->rule.start_ns == b->rule.start_ns &&
	       a->text_length == b->text_length && memcmp(a->text, b->text, a->text_length) == 0;
}

/* Would the one take the place of the other? A target has one limit. */
static bool same_place(const struct fw_rule_entry *a, const struct fw_rule_entry *b)
{
	if (a->rule.action == FW_RULE_LIMIT)
		return same_target(a, b);
	return same_target(a, b) && a->rule.flags == b->rule.flags &&
	       a->rule.prefix_family == b->rule.prefix_family &&
	       a->rule.prefix_length == b->rule.prefix_length &&
	       memcmp(a->rule.prefix, b->rule.prefix, sizeof(a->rule.prefix)) == 0 &&
	       a->rule.first_port == b->rule.first_port && a->rule.last_port == b->rule.last_port;
}

/* Of two for the same place: do they say the same? */
static bool says_same(const struct fw_rule *a, const struct fw_rule *b)
{
	return a->ends_ns == b->ends_ns && a->flags == b->flags && a->sent_rate == b->sent_rate &&
	       a->received_rate == b->received_rate;
}

/* Begin the next table with the rules that have not ended. */
static void copy_table(uint64_t now_ns)
{
	registry.next_count = 0;
	for (uint32_t i = 0; i < registry.count; i++)
		if (!fw_rule_has_ended(&registry.rules[i]->entry.rule, now_ns))
			registry.next[registry.next_count++] = registry.rules[i];
}

/* Put the next table in force, and free the rules that are not in it any more: nobody has them.
 * What waited for a limit among these goes. */
static void commit(void)
{
	LONG blocks = 0, denials = 0, limits = 0;
	uint32_t old_count = registry.count, kept = 0;
	KIRQL irql;

	for (uint32_t i = 0; i < registry.next_count; i++) {
		blocks += registry.next[i]->entry.rule.action == FW_RULE_BLOCK;
		denials += registry.next[i]->entry.rule.action == FW_RULE_DENY;
		limits += registry.next[i]->entry.rule.action == FW_RULE_LIMIT;
	}
	KeAcquireSpinLock(&registry.lock, &irql);
	for (uint32_t i = 0; i < old_count || i < registry.next_count; i++) {
		struct fw_rule_state *was = registry.rules[i];

		registry.rules[i] = registry.next[i];
		registry.next[i] = was;
	}
	registry.count = registry.next_count;
	registry.blocks = blocks;
	registry.denials = denials;
	InterlockedExchange(&registry.limits, limits);
	registry.generation++;
	KeReleaseSpinLock(&registry.lock, irql);
	/* Both are in the order of ids. */
	for (uint32_t i = 0; i < old_count; i++) {
		uint32_t id = registry.next[i]->entry.rule.id;

		while (kept < registry.count && registry.rules[kept]->entry.rule.id < id)
			kept++;
		if (kept == registry.count || registry.rules[kept] != registry.next[i])
			state_free(registry.next[i]);
	}
	fw_tdi_let_go();
}

/* A rule for the next table. Its place may be taken by an old one, or be that of one that differs
 * only in when it ends, or in its rates: then *same or the loss of that one. */
static NTSTATUS put_next(struct fw_rule_state *state, struct fw_rule_state **same)
{
	uint32_t of_target = 0, to = 0;

	*same = NULL;
	for (uint32_t i = 0; i < registry.next_count; i++) {
		struct fw_rule_state *other = registry.next[i];
		bool takes_place = same_place(&other->entry, &state->entry);

		if (takes_place && says_same(&other->entry.rule, &state->entry.rule))
			*same = other;
		else if (takes_place && other->entry.rule.id)
			continue; /* replaced */
		of_target += same_target(&other->entry, &state->entry);
		registry.next[to++] = other;
	}
	registry.next_count = to;
	if (*same)
		return STATUS_SUCCESS;
	if (of_target >= FW_RULE_MAX_CHOSEN || to >= FW_CONTROL_RULES_MAX)
		return STATUS_QUOTA_EXCEEDED;
	registry.next[registry.next_count++] = state;
	return STATUS_SUCCESS;
}

static void free_all(struct fw_rule_state **states, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		state_free(states[i]);
	fw_free(states);
}

static NTSTATUS make_state(const struct fw_rule *rule, struct fw_rule_state *state)
{
	NTSTATUS status = fw_rule_make_entry(rule, &state->entry);

	state->entry.rule.id = 0; /* until it is in force */
	if (!NT_SUCCESS(status) || rule->action != FW_RULE_LIMIT)
		return status;
	state->limit = fw_limit_new(rule);
	return state->limit ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* States of what was asked for, checked and resolved, in an array of their own. */
static NTSTATUS make_states(
	const struct fw_rule *rules, uint32_t count, struct fw_rule_state ***made)
{
	struct fw_rule_state **states = fw_allocate(count * sizeof(struct fw_rule_state *));
	NTSTATUS status = states ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;

	for (uint32_t i = 0; NT_SUCCESS(status) && i < count; i++) {
		states[i] = fw_allocate(sizeof(struct fw_rule_state));
		status = states[i] ? make_state(&rules[i], states[i])
				   : STATUS_INSUFFICIENT_RESOURCES;
	}
	if (NT_SUCCESS(status))
		*made = states;
	else if (states)
		free_all(states, count);
	return status;
}

/* Which are in force now: those that were put in, or the same ones from before, whose places in
 * `states` are taken. */
static NTSTATUS put_all(struct fw_rule_state **states, uint32_t count, struct fw_rule *rules)
{
	uint64_t now_ns = fw_time_boot_ns();
	uint32_t id = registry.last_id;

	copy_table(now_ns);
	for (uint32_t i = 0; i < count; i++) {
		struct fw_rule_state *same;
		NTSTATUS status = put_next(states[i], &same);

		if (!NT_SUCCESS(status))
			return status;
		if (same && same->entry.rule.id == 0)
			return STATUS_INVALID_PARAMETER; /* twice in one request */
		rules[i] = same ? same->entry.rule : states[i]->entry.rule;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (rules[i].id)
			continue;
		rules[i].id = ++id;
		rules[i].made_ns = now_ns;
		states[i]->entry.rule.id = rules[i].id;
		states[i]->entry.rule.made_ns = now_ns;
		states[i] = NULL; /* the table's */
	}
	registry.last_id = id;
	return STATUS_SUCCESS;
}

NTSTATUS fw_rule_registry_add(struct fw_rule *rules, uint32_t count)
{
	struct fw_rule_state **states;
	NTSTATUS status = make_states(rules, count, &states);

	if (!NT_SUCCESS(status))
		return status;
	begin_change();
	status = put_all(states, count, rules);
	if (NT_SUCCESS(status))
		commit();
	end_change();
	free_all(states, count);
	if (NT_SUCCESS(status) && registry.blocks)
		fw_tdi_cut_refused();
	return status;
}

/* Take one out of the next table. */
static NTSTATUS drop_next(uint32_t id)
{
	for (uint32_t i = 0; i < registry.next_count; i++) {
		if (registry.next[i]->entry.rule.id != id)
			continue;
		registry.next_count--;
		memmove(&registry.next[i], &registry.next[i + 1],
			(registry.next_count - i) * sizeof(registry.next[0]));
		return STATUS_SUCCESS;
	}
	return STATUS_NOT_FOUND;
}

NTSTATUS fw_rule_registry_remove(const uint32_t *ids, uint32_t count)
{
	NTSTATUS status = STATUS_SUCCESS;

	begin_change();
	copy_table(fw_time_boot_ns());
	for (uint32_t i = 0; NT_SUCCESS(status) && i < count; i++)
		status = drop_next(ids[i]);
	if (NT_SUCCESS(status))
		commit();
	end_change();
	return status;
}

/* The rules of an action that count. The rules are locked. */
static void choose(struct fw_rule_choice *choice, uint16_t action,
	const struct fw_rule_subject *subject, uint64_t now_ns)
{
	fw_rule_choice_init(choice);
	for (uint32_t i = 0; i < registry.count; i++)
		if (registry.rules[i]->entry.rule.action == action)
			fw_rule_consider(
				choice, &registry.rules[i]->entry, (uint16_t)i, subject, now_ns);
}

static bool has_ended(const struct fw_rule_choice *choice, uint64_t now_ns)
{
	return choice->ends_ns && now_ns >= choice->ends_ns;
}

/* Find out anew what counts for a process, if that may have changed. The rules are locked. */
static void refresh(struct fw_process_state *process, uint64_t now_ns)
{
	struct fw_rule_subject subject;

	if (process->rules_generation == (uint32_t)registry.generation &&
		!has_ended(&process->blocks, now_ns) && !has_ended(&process->limits, now_ns))
		return;
	fw_process_subject(process, &subject);
	choose(&process->blocks, FW_RULE_BLOCK, &subject, now_ns);
	choose(&process->limits, FW_RULE_LIMIT, &subject, now_ns);
	process->rules_generation = (uint32_t)registry.generation;
}

uint32_t fw_rule_registry_judge(
	struct fw_process_state *process, const struct fw_rule_peer *peer, uint64_t bytes)
{
	uint64_t now_ns;
	uint32_t id = 0;
	KIRQL irql;

	if (!process || !registry.blocks)
		return 0;
	now_ns = fw_time_boot_ns();
	KeAcquireSpinLock(&registry.lock, &irql);
	refresh(process, now_ns);
	for (uint32_t i = 0; i < process->blocks.count && !id; i++) {
		struct fw_rule_state *state = registry.rules[process->blocks.chosen[i]];

		if (!fw_rule_refuses(&state->entry.rule, peer, now_ns))
			continue;
		id = state->entry.rule.id;
		state->counters.hits++;
		state->counters.bytes += bytes;
	}
	KeReleaseSpinLock(&registry.lock, irql);
	return id;
}

struct fw_limit *fw_rule_registry_limit(
	struct fw_process_state *process, enum fw_limit_direction direction)
{
	struct fw_limit *limit = NULL;
	KIRQL irql;

	if (!fw_rule_registry_limits())
		return NULL;
	KeAcquireSpinLock(&registry.lock, &irql);
	refresh(process, fw_time_boot_ns());
	if (process->limits.count)
		limit = registry.rules[process->limits.chosen[0]]->limit;
	if (limit && !limit->ways[direction].rate)
		limit = NULL;
	if (limit)
		fw_limit_hold(limit);
	KeReleaseSpinLock(&registry.lock, irql);
	return limit;
}

uint32_t fw_rule_registry_deny(const struct fw_process_state *process)
{
	struct fw_rule_choice choice;
	struct fw_rule_subject subject;
	uint64_t now_ns;
	uint32_t id = 0;
	KIRQL irql;

	if (!registry.denials)
		return 0;
	now_ns = fw_time_boot_ns();
	fw_process_subject(process, &subject);
	KeAcquireSpinLock(&registry.lock, &irql);
	choose(&choice, FW_RULE_DENY, &subject, now_ns);
	if (choice.count) {
		struct fw_rule_state *state = registry.rules[choice.chosen[0]];

		id = state->entry.rule.id;
		state->counters.hits++;
	}
	KeReleaseSpinLock(&registry.lock, irql);
	return id;
}

bool fw_rule_registry_is_first(uint32_t rule, uint64_t flow, uint8_t operation)
{
	uint64_t hash = (flow ^ (uint64_t)rule << 32 ^ operation) * 0x9e3779b97f4a7c15ull | 1;
	uint32_t place = (uint32_t)(hash >> 54) % SEEN_FLOWS;
	bool is_first;
	KIRQL irql;

	KeAcquireSpinLock(&registry.lock, &irql);
	is_first = registry.seen[place] != hash;
	registry.seen[place] = hash;
	KeReleaseSpinLock(&registry.lock, irql);
	return is_first;
}

/* Does the block or limit with this id count for this process? */
static bool counts_for(uint32_t id, struct fw_process_state *process, uint64_t now_ns)
{
	bool counts = false;
	KIRQL irql;

	KeAcquireSpinLock(&registry.lock, &irql);
	refresh(process, now_ns);
	for (uint32_t i = 0; i < process->blocks.count; i++)
		counts |= registry.rules[process->blocks.chosen[i]]->entry.rule.id == id;
	for (uint32_t i = 0; i < process->limits.count; i++)
		counts |= registry.rules[process->limits.chosen[i]]->entry.rule.id == id;
	KeReleaseSpinLock(&registry.lock, irql);
	return counts;
}

static uint64_t count_processes(uint32_t id)
{
	struct fw_process_state *process;
	uint64_t now_ns = fw_time_boot_ns(), count = 0, number = 0;

	while ((process = fw_process_next(number)) != NULL) {
		number = fw_process_number(process);
		if (fw_process_runs(process))
			count += counts_for(id, process, now_ns);
		fw_process_put(process);
	}
	return count;
}

bool fw_rule_registry_next(uint64_t *after, struct fw_control_rule *row)
{
	uint64_t now_ns = fw_time_boot_ns();
	bool found = false;
	KIRQL irql;

	KeAcquireSpinLock(&registry.lock, &irql);
	for (uint32_t i = 0; i < registry.count && !found; i++) {
		const struct fw_rule_state *state = registry.rules[i];

		found = state->entry.rule.id > *after &&
			!fw_rule_has_ended(&state->entry.rule, now_ns);
		if (found) {
			row->rule = state->entry.rule;
			row->counters = state->counters;
			if (state->limit)
				fw_limit_counters(state->limit, &row->counters);
		}
	}
	KeReleaseSpinLock(&registry.lock, irql);
	if (!found)
		return false;
	*after = row->rule.id;
	if (row->rule.action != FW_RULE_DENY)
		row->counters.processes = count_processes(row->rule.id);
	if (row->rule.target == FW_RULE_PID && row->rule.action != FW_RULE_DENY &&
		!row->counters.processes)
		row->rule.flags |= FW_RULE_PROCESS_GONE;
	return true;
}
