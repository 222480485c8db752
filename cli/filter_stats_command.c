/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter stats: what adapters saw and dropped, and by which prefixes most. */
#include "cli/connection_text.h"
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_places.h"
#include "cli/filter_words.h"
#include "cli/filter_top.h"
#include "cli/interrupt.h"
#include "cli/interval.h"
#include "cli/output.h"
#include "cli/text_table.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"
#include "lib/host/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND 1000000000ull

struct watch {
	const struct fw_filter_options *options;
	struct fw_adapters before; /* counters that an interval is counted from */
	struct fw_adapters now;
	uint64_t interval_ns; /* measured; 0: totals alone */
};

static const struct fw_adapter_direction *side(const struct fw_adapter *adapter, uint32_t direction)
{
	return direction == FW_FILTER_IN ? &adapter->in : &adapter->out;
}

static bool is_shown(const struct fw_adapter_direction *direction)
{
	return direction->hook != FW_FILTER_HOOK_NONE || direction->counters.packets;
}

/* Counters of before the interval; an adapter that came since had none. */
static struct fw_filter_counters earlier(
	const struct watch *watch, const struct fw_adapter *adapter, uint32_t direction)
{
	const struct fw_filter_counters none = { 0 };

	for (size_t i = 0; i < watch->before.count; i++)
		if (watch->before.rows[i].index == adapter->index &&
			!strcmp(watch->before.rows[i].name, adapter->name))
			return side(&watch->before.rows[i], direction)->counters;
	return none;
}

/* Counters begin anew with a list that is set anew. */
static uint64_t difference(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static struct fw_filter_counters moved(const struct watch *watch, const struct fw_adapter *adapter,
	uint32_t direction)
{
	const struct fw_filter_counters *now = &side(adapter, direction)->counters;
	struct fw_filter_counters before = earlier(watch, adapter, direction);

	return (struct fw_filter_counters){
		.packets = difference(now->packets, before.packets),
		.bytes = difference(now->bytes, before.bytes),
		.dropped_packets = difference(now->dropped_packets, before.dropped_packets),
		.dropped_bytes = difference(now->dropped_bytes, before.dropped_bytes),
	};
}

static bool print_json(
	const struct watch *watch, const struct fw_adapter *adapter, uint32_t direction)
{
	struct json_object *object = fw_json_filter_stats(adapter, direction, fw_host_boot_ns());
	struct fw_filter_counters interval;

	if (watch->interval_ns) {
		interval = moved(watch, adapter, direction);
		fw_json_add_number(object, "interval_ns", watch->interval_ns);
		fw_json_add_number(object, "interval_packets", interval.packets);
		fw_json_add_number(object, "interval_bytes", interval.bytes);
		fw_json_add_number(object, "interval_dropped_packets", interval.dropped_packets);
		fw_json_add_number(object, "interval_dropped_bytes", interval.dropped_bytes);
	}
	return fw_json_print_line(object);
}

static void add_row(struct fw_text_table *table, const struct watch *watch,
	const struct fw_adapter *adapter, uint32_t direction)
{
	const struct fw_adapter_direction *own = side(adapter, direction);
	struct fw_filter_counters interval = moved(watch, adapter, direction);

	fw_text_table_cell(table, "%s", adapter->name);
	fw_text_table_cell(table, "%s", direction == FW_FILTER_IN ? "receive" : "send");
	fw_text_table_cell(table, "%s", fw_hook_words(own->hook));
	fw_text_table_cell(table, "%s", own->pattern[0] ? own->pattern : "-");
	fw_text_table_cell(table, "%" PRIu64, own->counters.packets);
	fw_bytes_cell(table, own->counters.bytes);
	fw_text_table_cell(table, "%" PRIu64, own->counters.dropped_packets);
	fw_bytes_cell(table, own->counters.dropped_bytes);
	if (!watch->interval_ns)
		return;
	fw_text_table_cell(
		table, "%" PRIu64, fw_rate_per_second(interval.packets, watch->interval_ns));
	fw_text_table_cell(table, "%" PRIu64,
		fw_rate_per_second(interval.dropped_packets, watch->interval_ns));
	fw_rate_cell(table, interval.dropped_bytes, watch->interval_ns);
}

/* table NULL: JSON. False: no memory. */
static bool each_direction(const struct watch *watch, struct fw_text_table *table)
{
	for (size_t i = 0; i < watch->now.count; i++) {
		const struct fw_adapter *adapter = &watch->now.rows[i];

		for (uint32_t direction = FW_FILTER_IN; direction <= FW_FILTER_OUT; direction++) {
			if (!is_shown(side(adapter, direction)))
				continue;
			if (table)
				add_row(table, watch, adapter, direction);
			else if (!print_json(watch, adapter, direction))
				return false;
		}
	}
	return true;
}

static bool print_table(const struct watch *watch)
{
	static const struct fw_column columns[] = {
		{ "ADAPTER", FW_LEFT },	   { "HOOK", FW_LEFT },
		{ "WHERE", FW_LEFT, true },    { "LIST OF", FW_LEFT, true },
		{ "PACKETS", FW_RIGHT },   { "BYTES", FW_RIGHT, true },
		{ "DROPPED", FW_RIGHT },   { "DROPPED BYTES", FW_RIGHT },
		{ "PACKETS/s", FW_RIGHT }, { "DROPPED/s", FW_RIGHT },
		{ "BYTES/s", FW_RIGHT, true },
	};
	size_t count = FW_ARRAY_SIZE(columns) - (watch->interval_ns ? 0 : 3);
	struct fw_text_table *table = fw_text_table_new(columns, count);
	bool complete = table && each_direction(watch, table);

	if (complete)
		complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static enum fw_status print_counters(const struct watch *watch, struct fw_error *error)
{
	bool complete = watch->options->json ? each_direction(watch, NULL) : print_table(watch);

	if (complete)
		return FW_OK;
	return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu adapters", watch->now.count);
}

/* Lists that are of a chosen adapter. */
static enum fw_status print_top(const struct watch *watch, struct fw_backend *backend,
	struct fw_error *error)
{
	struct fw_filter_lists lists = { 0 };
	enum fw_status status = fw_filter_lists_fill(&lists, backend, error);
	size_t left = 0;

	for (size_t i = 0; i < lists.count && status == FW_OK; i++) {
		bool is_meant = !watch->options->adapter;

		for (size_t a = 0; a < watch->now.count && !is_meant; a++)
			is_meant = watch->now.rows[a].in.list == lists.rows[i].id ||
				   watch->now.rows[a].out.list == lists.rows[i].id;
		if (is_meant)
			lists.rows[left++] = lists.rows[i];
	}
	lists.count = left;
	if (status == FW_OK)
		status = fw_filter_top_print(backend, &lists, watch->options->top,
			watch->options->json, error);
	fw_filter_lists_done(&lists);
	return status;
}

static enum fw_status print_all(struct watch *watch, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status;

	fw_adapters_done(&watch->now);
	status = fw_adapters_fill(&watch->now, backend, watch->options->adapter, error);
	if (status == FW_OK)
		status = print_counters(watch, error);
	if (status == FW_OK && !watch->interval_ns)
		status = fw_filter_places_print(backend, &watch->now, watch->options->json, error);
	if (status == FW_OK && watch->options->top)
		status = print_top(watch, backend, error);
	return status;
}

/* Interval by interval, until so many or an interruption. */
static enum fw_status print_intervals(struct watch *watch, struct fw_backend *backend,
	struct fw_error *error)
{
	uint64_t interval_ns = watch->options->interval_ns ? watch->options->interval_ns :
							     FW_DEFAULT_INTERVAL_NS;
	uint64_t begin = fw_monotonic_ns(), deadline = begin;
	enum fw_status status =
		fw_adapters_fill(&watch->before, backend, watch->options->adapter, error);

	for (uint64_t done = 0; status == FW_OK; done++) {
		if (watch->options->count && done == watch->options->count)
			break;
		deadline = fw_interval_next(deadline, interval_ns);
		if (fw_interrupt_wait(deadline))
			break;
		watch->interval_ns = fw_monotonic_ns() - begin;
		begin += watch->interval_ns;
		status = print_all(watch, backend, error);
		if (!fw_output_flush())
			break;
		fw_adapters_done(&watch->before);
		watch->before = watch->now;
		memset(&watch->now, 0, sizeof(watch->now));
	}
	return status;
}

static enum fw_status stats(const struct fw_filter_options *options, struct fw_error *error)
{
	bool repeats = options->interval_ns || options->count;
	struct watch watch = { .options = options };
	struct fw_session session;
	enum fw_status status;

	if (repeats && !fw_interrupt_begin())
		return fw_error_set_errno(error, errno, "preparing for signals");
	status = fw_filter_session_view(&session, error);
	if (status != FW_OK)
		return status;
	status = repeats ? print_intervals(&watch, session.backend, error) :
			   print_all(&watch, session.backend, error);
	fw_adapters_done(&watch.before);
	fw_adapters_done(&watch.now);
	fw_session_close(&session);
	return status;
}

static int run_stats(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		{ "top", required_argument, NULL, FW_FILTER_TOP },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_stats, argc, argv, options, &parsed);

	if (code < 0)
		code = fw_filter_options_none(&fw_command_filter_stats, &parsed);
	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_stats, stats(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_stats = {
	.name = "filter stats",
	.help = "[OPTION...]\n\n"
		"Packets and bytes that filtered adapters saw and dropped, received and sent, since\n"
		"their list was first set.\n\n"
		"      --adapter NAME    only this one, or those of a pattern\n"
		"      --top NUMBER      also the prefixes that dropped most, with their lines\n"
		"  -i, --interval TIME   again every so often, with what came by: 500ms, 5s, 1m\n"
		"  -c, --count NUMBER    end after so many intervals\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher filter stats --top 10\n"
		"  flowwatcher filter stats --adapter eth0 -i 5s\n",
	.run = run_stats,
};
