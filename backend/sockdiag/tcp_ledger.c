/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/tcp_ledger.h"

#include "lib/grow.h"

#include <stdlib.h>
#include <string.h>

#define BASELINE_ROUND 1u

/* Rows of exited processes that are kept; beyond that, those of earlier rounds are folded. */
#define KEPT_EXITED 1024u

void fw_tcp_ledger_done(struct fw_tcp_ledger *ledger)
{
	free(ledger->entries);
	free(ledger->processes);
	fw_hash_index_done(&ledger->entry_index);
	fw_hash_index_done(&ledger->process_index);
	memset(ledger, 0, sizeof(*ledger));
}

void fw_tcp_ledger_begin(struct fw_tcp_ledger *ledger, uint64_t now_ns)
{
	ledger->round++;
	ledger->now_ns = now_ns;
	ledger->forgets_vanished = !ledger->keeps_vanished;
}

static struct fw_ledger_entry *find_entry(const struct fw_tcp_ledger *ledger, uint64_t cookie)
{
	struct fw_hash_cursor cursor =
		fw_hash_index_find(&ledger->entry_index, fw_hash_mix(cookie, 0));
	uint32_t at;

	while (fw_hash_index_next(&ledger->entry_index, &cursor, &at))
		if (ledger->entries[at].last.cookie == cookie)
			return &ledger->entries[at];
	return NULL;
}

const struct fw_ledger_entry *fw_tcp_ledger_find(
	const struct fw_tcp_ledger *ledger, uint64_t cookie)
{
	return find_entry(ledger, cookie);
}

static struct fw_ledger_entry *add_entry(struct fw_tcp_ledger *ledger, uint64_t cookie)
{
	struct fw_ledger_entry *entries = fw_grow(
		ledger->entries, ledger->entry_count, &ledger->entry_capacity, sizeof(*entries));

	if (!entries)
		return NULL;
	ledger->entries = entries;
	if (!fw_hash_index_insert(
		    &ledger->entry_index, fw_hash_mix(cookie, 0), (uint32_t)ledger->entry_count))
		return NULL;
	struct fw_ledger_entry *entry = &entries[ledger->entry_count++];

	memset(entry, 0, sizeof(*entry));
	entry->last.cookie = cookie;
	entry->opened_ns = ledger->round == BASELINE_ROUND ? 0 : ledger->now_ns;
	return entry;
}

static bool is_same_reading(const struct fw_diag_socket *a, const struct fw_diag_socket *b)
{
	return a->inode == b->inode && a->state == b->state && a->unread == b->unread &&
	       a->unacked == b->unacked && a->tcp.acked == b->tcp.acked &&
	       a->tcp.received == b->tcp.received && a->tcp.sent == b->tcp.sent &&
	       a->tcp.not_sent == b->tcp.not_sent;
}

enum fw_status fw_tcp_ledger_note(
	struct fw_tcp_ledger *ledger, const struct fw_diag_socket *first, bool *is_changed)
{
	struct fw_ledger_entry *entry = find_entry(ledger, first->cookie);

	if (!entry)
		entry = add_entry(ledger, first->cookie);
	if (!entry)
		return FW_NO_MEMORY;
	entry->round = ledger->round;
	*is_changed = !entry->is_seen || !is_same_reading(&entry->last, first);
	return FW_OK;
}

static struct fw_ledger_process *find_process(
	const struct fw_tcp_ledger *ledger, uint32_t pid, uint64_t start_ns)
{
	struct fw_hash_cursor cursor =
		fw_hash_index_find(&ledger->process_index, fw_hash_mix(pid, start_ns));
	uint32_t at;

	while (fw_hash_index_next(&ledger->process_index, &cursor, &at)) {
		struct fw_ledger_process *process = &ledger->processes[at];

		if (process->process.pid == pid && process->process.start_ns == start_ns)
			return process;
	}
	return NULL;
}

static enum fw_status note_process(struct fw_tcp_ledger *ledger, const struct fw_process *described)
{
	struct fw_ledger_process *known = find_process(ledger, described->pid, described->start_ns);

	if (known) {
		/* exec and setuid change a process's looks. */
		known->process = *described;
		known->exited_round = 0;
		return FW_OK;
	}
	struct fw_ledger_process *processes = fw_grow(ledger->processes, ledger->process_count,
		&ledger->process_capacity, sizeof(*processes));

	if (!processes)
		return FW_NO_MEMORY;
	ledger->processes = processes;
	if (!fw_hash_index_insert(&ledger->process_index,
		    fw_hash_mix(described->pid, described->start_ns),
		    (uint32_t)ledger->process_count))
		return FW_NO_MEMORY;
	processes[ledger->process_count++] = (struct fw_ledger_process){ .process = *described };
	return FW_OK;
}

static void add_payload(struct fw_counters *counters, const struct fw_tcp_payload *payload)
{
	counters->sent += payload->sent;
	counters->received += payload->received;
}

/* Whose bytes are they? A row that was folded away keeps growing as part of the folded. */
static struct fw_counters *counters_of(
	struct fw_tcp_ledger *ledger, const struct fw_ledger_entry *entry)
{
	struct fw_ledger_process *owner =
		find_process(ledger, entry->owner_pid, entry->owner_start_ns);

	if (!entry->owner_pid)
		return &ledger->unattributed;
	return owner ? &owner->counters : &ledger->departed;
}

/* The payload a connection had not been known to carry; totals only ever grow. */
static struct fw_tcp_payload take_growth(
	struct fw_ledger_entry *entry, const struct fw_tcp_payload *now)
{
	struct fw_tcp_payload growth = { 0 };

	if (now->sent > entry->counted.sent) {
		growth.sent = now->sent - entry->counted.sent;
		entry->counted.sent = now->sent;
	}
	if (now->received > entry->counted.received) {
		growth.received = now->received - entry->counted.received;
		entry->counted.received = now->received;
	}
	return growth;
}

static void charge(struct fw_tcp_ledger *ledger, struct fw_ledger_entry *entry,
	const struct fw_tcp_payload *now)
{
	struct fw_tcp_payload growth = take_growth(entry, now);

	if (ledger->round == BASELINE_ROUND)
		return;
	add_payload(&entry->counters, &growth);
	add_payload(counters_of(ledger, entry), &growth);
}

static void set_owner(struct fw_ledger_entry *entry, const struct fw_process *owner)
{
	entry->owner_pid = owner ? owner->pid : 0;
	entry->owner_start_ns = owner ? owner->start_ns : 0;
	memset(entry->owner_comm, 0, sizeof(entry->owner_comm));
	if (owner)
		memcpy(entry->owner_comm, owner->comm, sizeof(entry->owner_comm));
}

static enum fw_status settle_owner(struct fw_tcp_ledger *ledger, struct fw_ledger_entry *entry,
	const struct fw_diag_socket *first, const struct fw_process *holder, fw_ledger_runs_fn runs,
	void *argument)
{
	if (holder) {
		enum fw_status status = note_process(ledger, holder);

		if (status == FW_OK)
			set_owner(entry, holder);
		entry->is_owner_gone = false;
		return status;
	}
	if (!first->inode || !entry->owner_pid)
		return FW_OK;
	/* Still open, and not in the former holder's hands: somebody has it whom we cannot see. A
	 * holder that has exited since the last round gets what was moved until then, once. */
	if (entry->is_owner_gone || runs(entry->owner_pid, entry->owner_start_ns, argument))
		set_owner(entry, NULL);
	else
		entry->is_owner_gone = true;
	return FW_OK;
}

/* connect() to AF_UNSPEC makes a new connection of the same socket, counting from zero. */
static bool is_restarted(const struct fw_diag_socket *before, const struct fw_diag_socket *now)
{
	return now->tcp.acked < before->tcp.acked || now->tcp.received < before->tcp.received;
}

static void learn_syn(struct fw_ledger_entry *entry, const struct fw_diag_socket *first,
	const struct fw_diag_socket *second)
{
	if (entry->syn != FW_SYN_UNKNOWN)
		return;
	entry->syn = fw_tcp_payload_syn(first, second);
	/* The byte that the baseline took for a SYN was data, written before counting began. */
	if (entry->is_syn_guessed && entry->syn == FW_SYN_NOT_COUNTED)
		entry->counted.sent++;
	if (entry->syn != FW_SYN_UNKNOWN)
		entry->is_syn_guessed = false;
}

/* What a subflow carries may be carried by another one again: those bytes are no payload. */
static bool has_payload_counts(const struct fw_diag_socket *socket)
{
	return socket->tcp.has_acked && !socket->is_subflow;
}

static void count_payload(struct fw_tcp_ledger *ledger, struct fw_ledger_entry *entry,
	const struct fw_diag_socket *first, const struct fw_diag_socket *second)
{
	if (is_restarted(&entry->last, first)) {
		entry->counted = (struct fw_tcp_payload){ 0 };
		entry->syn = FW_SYN_UNKNOWN;
		entry->is_syn_guessed = false;
	}
	learn_syn(entry, first, second);
	if (ledger->round == BASELINE_ROUND)
		entry->is_syn_guessed =
			entry->syn == FW_SYN_UNKNOWN && first->tcp.acked + second->unacked > 0;
	struct fw_tcp_payload now = fw_tcp_payload_live(first, second, entry->syn);

	charge(ledger, entry, &now);
}

enum fw_status fw_tcp_ledger_see(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *first,
	const struct fw_diag_socket *second, const struct fw_process *holder,
	fw_ledger_runs_fn runs, void *argument)
{
	struct fw_ledger_entry *entry = find_entry(ledger, first->cookie);
	enum fw_status status;

	if (!entry)
		return FW_NOT_FOUND;
	status = settle_owner(ledger, entry, first, holder, runs, argument);
	if (status != FW_OK)
		return status;
	if (has_payload_counts(first))
		count_payload(ledger, entry, first, second);
	entry->last = *first;
	entry->is_seen = true;
	return FW_OK;
}

void fw_tcp_ledger_end(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *ended)
{
	struct fw_ledger_entry *entry = find_entry(ledger, ended->cookie);
	struct fw_tcp_payload total =
		fw_tcp_payload_ended(ended, entry ? entry->syn : FW_SYN_UNKNOWN);

	if (entry) {
		entry->has_ended = true;
		if (ended->tcp.has_acked && has_payload_counts(&entry->last) &&
			!is_restarted(&entry->last, ended))
			charge(ledger, entry, &total);
	} else if (ended->tcp.has_acked && ledger->round > BASELINE_ROUND && !ledger->has_missed) {
		add_payload(&ledger->unattributed, &total);
	}
}

void fw_tcp_ledger_missed(struct fw_tcp_ledger *ledger)
{
	ledger->has_missed = true;
	ledger->forgets_vanished = true;
}

static void rebuild_entry_index(struct fw_tcp_ledger *ledger)
{
	fw_hash_index_clear(&ledger->entry_index);
	/* Fewer than there were: no growth, so no failure. */
	for (size_t i = 0; i < ledger->entry_count; i++)
		fw_hash_index_insert(&ledger->entry_index,
			fw_hash_mix(ledger->entries[i].last.cookie, 0), (uint32_t)i);
}

static void forget_entries(struct fw_tcp_ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->entry_count; i++) {
		const struct fw_ledger_entry *entry = &ledger->entries[i];
		bool has_vanished = entry->round != ledger->round;

		if (!entry->has_ended && !(has_vanished && ledger->forgets_vanished))
			ledger->entries[kept++] = *entry;
	}
	if (kept == ledger->entry_count)
		return;
	ledger->entry_count = kept;
	rebuild_entry_index(ledger);
}

static size_t mark_exited(struct fw_tcp_ledger *ledger, fw_ledger_runs_fn runs, void *argument)
{
	size_t exited = 0;

	for (size_t i = 0; i < ledger->process_count; i++) {
		struct fw_ledger_process *process = &ledger->processes[i];

		if (!process->exited_round &&
			!runs(process->process.pid, process->process.start_ns, argument)) {
			process->exited_round = ledger->round;
			process->process.flags |= FW_PROCESS_EXITED;
		}
		exited += process->exited_round != 0;
	}
	return exited;
}

static void fold_exited(struct fw_tcp_ledger *ledger)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->process_count; i++) {
		const struct fw_ledger_process *process = &ledger->processes[i];

		if (!process->exited_round || process->exited_round == ledger->round) {
			ledger->processes[kept++] = *process;
			continue;
		}
		ledger->departed.sent += process->counters.sent;
		ledger->departed.received += process->counters.received;
	}
	ledger->process_count = kept;
	fw_hash_index_clear(&ledger->process_index);
	for (size_t i = 0; i < kept; i++) {
		const struct fw_process *process = &ledger->processes[i].process;

		fw_hash_index_insert(&ledger->process_index,
			fw_hash_mix(process->pid, process->start_ns), (uint32_t)i);
	}
}

void fw_tcp_ledger_finish(struct fw_tcp_ledger *ledger, fw_ledger_runs_fn runs, void *argument)
{
	forget_entries(ledger);
	if (mark_exited(ledger, runs, argument) > KEPT_EXITED)
		fold_exited(ledger);
}
