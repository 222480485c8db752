/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/usage_delta.h"

#include <stdlib.h>
#include <string.h>

#include "flowwatcher/counters.h"
#include "lib/grow.h"
#include "lib/hash_index.h"

struct fw_usage_delta {
	struct fw_usage_row *rows;
	size_t count;
	size_t capacity;
	struct fw_hash_index index;
	uint32_t generation; /* 1: the snapshot that later ones are compared with */
	bool out_of_memory;

	/* Of the last snapshot. */
	struct fw_counters departed_now;
	struct fw_counters unattributed_now;
	uint64_t time_ns;
	uint64_t first_time_ns;

	/* Vanished rows that `departed` did not cover yet: a snapshot is not one instant, so a row
	 * may be folded away after `departed` was read. Settled against the intervals that
	 * follow. */
	struct fw_counters owed;

	struct fw_counters departed;
	struct fw_counters unattributed;
};

struct fw_usage_delta *fw_usage_delta_new(void)
{
	return calloc(1, sizeof(struct fw_usage_delta));
}

void fw_usage_delta_free(struct fw_usage_delta *delta)
{
	if (!delta)
		return;
	fw_hash_index_done(&delta->index);
	free(delta->rows);
	free(delta);
}

void fw_usage_delta_begin(struct fw_usage_delta *delta)
{
	delta->generation++;
	delta->out_of_memory = false;
}

static uint64_t hash_of(uint32_t pid, uint64_t start_ns)
{
	return fw_hash_mix(pid, start_ns);
}

struct fw_usage_row *fw_usage_delta_find(struct fw_usage_delta *delta, uint32_t pid,
	uint64_t start_ns)
{
	struct fw_hash_cursor cursor = fw_hash_index_find(&delta->index, hash_of(pid, start_ns));
	uint32_t entry;

	while (fw_hash_index_next(&delta->index, &cursor, &entry)) {
		const struct fw_process *process = &delta->rows[entry].usage.process;

		if (process->pid == pid && process->start_ns == start_ns)
			return &delta->rows[entry];
	}
	return NULL;
}

static struct fw_usage_row *new_row(struct fw_usage_delta *delta, const struct fw_usage *usage)
{
	struct fw_usage_row *row, *rows;

	rows = fw_grow(delta->rows, delta->count, &delta->capacity, sizeof(*rows));
	if (!rows)
		return NULL;
	delta->rows = rows;
	if (!fw_hash_index_insert(&delta->index,
		    hash_of(usage->process.pid, usage->process.start_ns), (uint32_t)delta->count))
		return NULL;
	row = &rows[delta->count++];
	memset(row, 0, sizeof(*row));
	row->usage = *usage;
	row->generation = delta->generation;
	if (delta->generation > 1) {
		row->interval = usage->counters;
		row->since_first = usage->counters;
	}
	return row;
}

static void update_row(struct fw_usage_delta *delta, struct fw_usage_row *row,
	const struct fw_usage *usage)
{
	struct fw_counters more = fw_counters_since(&usage->counters, &row->usage.counters);
	struct fw_counters now = fw_counters_max(&usage->counters, &row->usage.counters);

	if (row->generation != delta->generation) {
		memset(&row->interval, 0, sizeof(row->interval));
		row->generation = delta->generation;
	}
	if (delta->generation > 1) {
		fw_counters_add(&row->interval, &more);
		fw_counters_add(&row->since_first, &more);
	}
	row->usage = *usage;
	row->usage.counters = now;
}

bool fw_usage_delta_add(const struct fw_usage *usage, void *argument)
{
	struct fw_usage_delta *delta = argument;
	struct fw_usage_row *row =
		fw_usage_delta_find(delta, usage->process.pid, usage->process.start_ns);

	if (row)
		update_row(delta, row, usage);
	else if (!new_row(delta, usage))
		delta->out_of_memory = true;
	return !delta->out_of_memory;
}

/* Drop rows that the snapshot does not have; *vanished is the sum of their last known totals. */
static bool drop_vanished(struct fw_usage_delta *delta, struct fw_counters *vanished)
{
	size_t kept = 0;

	for (size_t i = 0; i < delta->count; i++) {
		struct fw_usage_row *row = &delta->rows[i];

		if (row->generation != delta->generation) {
			fw_counters_add(vanished, &row->usage.counters);
			fw_counters_add(&delta->departed, &row->since_first);
			continue;
		}
		if (kept != i)
			delta->rows[kept] = *row;
		kept++;
	}
	if (kept == delta->count)
		return true;
	delta->count = kept;
	fw_hash_index_clear(&delta->index);
	for (size_t i = 0; i < kept; i++) {
		const struct fw_process *process = &delta->rows[i].usage.process;

		if (!fw_hash_index_insert(&delta->index, hash_of(process->pid, process->start_ns),
			    (uint32_t)i))
			return false;
	}
	return true;
}

/* What `departed` grew by beyond the vanished rows and what is still owed. */
static uint64_t settle(uint64_t grown, uint64_t vanished, uint64_t *owed)
{
	uint64_t due = vanished + *owed;

	if (grown >= due) {
		*owed = 0;
		return grown - due;
	}
	*owed = due - grown;
	return 0;
}

static struct fw_counters unattributed_of(struct fw_usage_delta *delta,
	const struct fw_usage_summary *summary, const struct fw_counters *vanished)
{
	struct fw_counters grown = fw_counters_since(&summary->departed, &delta->departed_now);
	struct fw_counters result =
		fw_counters_since(&summary->unattributed, &delta->unattributed_now);

	result.sent += settle(grown.sent, vanished->sent, &delta->owed.sent);
	result.received += settle(grown.received, vanished->received, &delta->owed.received);
	result.wire_sent += settle(grown.wire_sent, vanished->wire_sent, &delta->owed.wire_sent);
	result.wire_received +=
		settle(grown.wire_received, vanished->wire_received, &delta->owed.wire_received);
	return result;
}

static void sum_rows(const struct fw_usage_delta *delta, struct fw_usage_interval *interval)
{
	for (size_t i = 0; i < delta->count; i++) {
		fw_counters_add(&interval->processes, &delta->rows[i].interval);
		interval->moved += fw_counters_any(&delta->rows[i].interval);
	}
}

enum fw_status fw_usage_delta_end(struct fw_usage_delta *delta,
	const struct fw_usage_summary *summary, struct fw_usage_interval *interval,
	struct fw_error *error)
{
	struct fw_usage_interval result = {
		.time_ns = summary->time_ns,
		.has_wire = summary->has_wire,
		.has_udp = summary->has_udp,
	};
	struct fw_counters vanished = { 0 };

	if (delta->out_of_memory || !drop_vanished(delta, &vanished))
		return fw_error_set(error, FW_NO_MEMORY,
			"out of memory for %zu processes; free some memory and start again",
			delta->count);
	sum_rows(delta, &result);
	if (delta->generation == 1) {
		delta->first_time_ns = summary->time_ns;
	} else {
		result.interval_ns = summary->time_ns - delta->time_ns;
		result.since_first_ns = summary->time_ns - delta->first_time_ns;
		result.unattributed = unattributed_of(delta, summary, &vanished);
		fw_counters_add(&delta->unattributed, &result.unattributed);
	}
	delta->departed_now = fw_counters_max(&summary->departed, &delta->departed_now);
	delta->unattributed_now =
		fw_counters_max(&summary->unattributed, &delta->unattributed_now);
	delta->time_ns = summary->time_ns;
	*interval = result;
	return FW_OK;
}

size_t fw_usage_delta_count(const struct fw_usage_delta *delta)
{
	return delta->count;
}

struct fw_usage_row *fw_usage_delta_row(struct fw_usage_delta *delta, size_t index)
{
	return &delta->rows[index];
}

void fw_usage_delta_totals(const struct fw_usage_delta *delta, struct fw_usage_totals *totals)
{
	struct fw_usage_totals result = {
		.departed = delta->departed,
		.unattributed = delta->unattributed,
	};

	for (size_t i = 0; i < delta->count; i++)
		fw_counters_add(&result.listed, &delta->rows[i].since_first);
	*totals = result;
}
