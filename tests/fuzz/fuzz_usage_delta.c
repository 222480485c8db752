/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A machine that the input drives: processes start, move bytes, exit, are folded away, pids come
 * back. After every snapshot rows + unattributed must be exactly what the machine moved since the
 * last.
 */
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/counters.h"
#include "flowwatcher/usage_delta.h"

#define SLOTS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct machine {
	struct fw_usage rows[SLOTS];
	bool present[SLOTS];
	uint64_t next_start_ns;
	struct fw_usage_summary summary;
	struct fw_counters moved; /* all bytes ever */
};

static void move(struct machine *machine, struct fw_counters *where, uint8_t amount)
{
	struct fw_counters more = { amount, amount * 257u, amount * 65537u,
		(uint64_t)amount << 40 };

	fw_counters_add(where, &more);
	fw_counters_add(&machine->moved, &more);
}

static void step(struct machine *machine, uint8_t action, uint8_t amount)
{
	unsigned int slot = action % SLOTS;
	struct fw_usage *row = &machine->rows[slot];

	switch (action / SLOTS % 5) {
	case 0: /* a process with this pid, in place of a folded one */
		if (machine->present[slot])
			break;
		memset(row, 0, sizeof(*row));
		row->process.pid = slot / 2 + 1;
		row->process.start_ns = ++machine->next_start_ns;
		machine->present[slot] = true;
		/* fall through */
	case 1:
		if (machine->present[slot])
			move(machine, &row->counters, amount);
		break;
	case 2:
		if (machine->present[slot])
			fw_counters_add(&machine->summary.departed, &row->counters);
		machine->present[slot] = false;
		break;
	case 3: /* lived and was folded between two snapshots */
		move(machine, &machine->summary.departed, amount);
		break;
	default:
		move(machine, &machine->summary.unattributed, amount);
	}
}

static struct fw_usage_interval snapshot(struct machine *machine, struct fw_usage_delta *delta)
{
	struct fw_usage_interval interval;

	machine->summary.time_ns += 1000;
	fw_usage_delta_begin(delta);
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (machine->present[slot] && !fw_usage_delta_add(&machine->rows[slot], delta))
			abort();
	if (fw_usage_delta_end(delta, &machine->summary, &interval, NULL) != FW_OK)
		abort();
	return interval;
}

static void check_rows(struct fw_usage_delta *delta, const struct fw_usage_interval *interval)
{
	struct fw_counters sum = { 0 };

	for (size_t i = 0; i < fw_usage_delta_count(delta); i++) {
		struct fw_usage_row *row = fw_usage_delta_row(delta, i);

		if (fw_usage_delta_find(delta, row->usage.process.pid,
			    row->usage.process.start_ns) != row)
			abort();
		fw_counters_add(&sum, &row->interval);
	}
	if (memcmp(&sum, &interval->processes, sizeof(sum)) != 0)
		abort();
}

static void check_totals(const struct fw_usage_delta *delta, const struct fw_counters *expected)
{
	struct fw_usage_totals totals;

	fw_usage_delta_totals(delta, &totals);
	fw_counters_add(&totals.listed, &totals.departed);
	fw_counters_add(&totals.listed, &totals.unattributed);
	if (memcmp(&totals.listed, expected, sizeof(*expected)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine machine = { .summary.time_ns = 1 };
	struct fw_usage_delta *delta = fw_usage_delta_new();
	struct fw_counters before, first;

	if (!delta)
		return 0;
	/* The first byte: how many steps come before the snapshot all others are compared with. */
	for (size_t i = 1; i + 1 < size && i < data[0]; i += 2)
		step(&machine, data[i], data[i + 1]);
	snapshot(&machine, delta);
	first = before = machine.moved;
	for (size_t i = 1; i + 1 < size; i += 2) {
		struct fw_usage_interval interval;
		struct fw_counters expected;

		step(&machine, data[i], data[i + 1]);
		if (data[i] < 128)
			continue;
		interval = snapshot(&machine, delta);
		check_rows(delta, &interval);
		fw_counters_add(&interval.processes, &interval.unattributed);
		expected = fw_counters_since(&machine.moved, &before);
		if (memcmp(&expected, &interval.processes, sizeof(expected)) != 0)
			abort();
		before = machine.moved;
		expected = fw_counters_since(&machine.moved, &first);
		check_totals(delta, &expected);
	}
	fw_usage_delta_free(delta);
	return 0;
}
