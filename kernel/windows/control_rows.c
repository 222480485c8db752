/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_rows.h"

#include "kernel/windows/process_row.h"
#include "kernel/windows/rule_registry.h"
#include "kernel/windows/tdi_filter.h"

static bool has_traffic(const struct fw_counters *counters)
{
	return counters->sent || counters->received || counters->wire_sent ||
	       counters->wire_received;
}

static bool next_usage(uint64_t *after, void *row)
{
	struct fw_usage *usage = row;
	struct fw_process_state *process;

	while ((process = fw_process_next(*after)) != NULL) {
		bool moved;

		*after = fw_process_number(process);
		usage->counters = fw_process_counters(process);
		moved = has_traffic(&usage->counters);
		if (moved) {
			usage->process = process->process;
			if (!fw_process_runs(process))
				usage->process.flags |= FW_PROCESS_EXITED;
		}
		fw_process_put(process);
		if (moved)
			return true;
	}
	memset(usage, 0, sizeof(*usage));
	return false;
}

static bool next_connection(uint64_t *after, void *row)
{
	return fw_tdi_next_connection(after, row);
}

static bool next_port(uint64_t *after, void *row)
{
	return fw_tdi_next_port(after, row);
}

static bool next_rule(uint64_t *after, void *row)
{
	return fw_rule_registry_next(after, row);
}

static bool next_feature(uint64_t *after, void *row)
{
	return fw_control_next_feature(after, row);
}

static const struct {
	uint32_t size;
	bool (*next)(uint64_t *after, void *row); /* `row` is zeroed */
} kinds[FW_CONTROL_KIND_COUNT] = {
	[FW_CONTROL_KIND_USAGE] = { sizeof(struct fw_usage), next_usage },
	[FW_CONTROL_KIND_CONNECTION] = { sizeof(struct fw_connection), next_connection },
	[FW_CONTROL_KIND_PORT] = { sizeof(struct fw_port), next_port },
	[FW_CONTROL_KIND_RULE] = { sizeof(struct fw_control_rule), next_rule },
	[FW_CONTROL_KIND_FEATURE] = { sizeof(struct fw_control_feature), next_feature },
};

uint32_t fw_control_rows_least(enum fw_control_kind kind)
{
	return (uint32_t)sizeof(struct fw_control_rows) + kinds[kind].size;
}

uint32_t fw_control_rows_fill(
	enum fw_control_kind kind, uint64_t after, void *buffer, uint32_t room)
{
	struct fw_control_rows *rows = buffer;
	uint32_t used = sizeof(*rows), size = kinds[kind].size;

	rows->size = sizeof(*rows);
	rows->row_size = size;
	rows->after = after;
	while (room - used >= size && kinds[kind].next(&rows->after, (uint8_t *)buffer + used)) {
		rows->count++;
		used += size;
	}
	return used;
}
