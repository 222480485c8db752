/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* watch --by process */
#include "cli/connection_text.h"
#include "cli/interrupt.h"
#include "cli/user_name.h"
#include "cli/watch_view.h"
#include "flowwatcher/counters.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"
#include "lib/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_UNKNOWN, TAG_SELECTED, TAG_OTHER };

struct view {
	struct fw_usage_delta *delta;
	struct fw_usage_interval interval;
	struct fw_usage_row **rows; /* to print, most bytes first */
	size_t capacity;
	size_t row_count;
};

/* Which counters of a row a print-out is about. */
typedef const struct fw_counters *(*counters_of)(const struct fw_usage_row *row);

static const struct fw_counters *interval_of(const struct fw_usage_row *row)
{
	return &row->interval;
}

static const struct fw_counters *since_first_of(const struct fw_usage_row *row)
{
	return &row->since_first;
}

static enum fw_status snapshot(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	struct fw_backend *backend = watch->session.backend;
	struct fw_usage_summary summary;
	enum fw_status status;

	fw_usage_delta_begin(view->delta);
	status = backend->ops->usage(backend, fw_usage_delta_add, view->delta, &summary, error);
	if (status == FW_STOPPED && error->status != FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the processes' counters");
	if (status != FW_OK)
		return status;
	return fw_usage_delta_end(view->delta, &summary, &view->interval, error);
}

static uint64_t payload(const struct fw_counters *counters)
{
	return counters->sent + counters->received;
}

static const struct fw_usage_row *row_at(const void *element)
{
	return *(struct fw_usage_row *const *)element;
}

/* Most payload first. */
static int compare_payload(const struct fw_counters *left, const struct fw_counters *right)
{
	uint64_t x = payload(left), y = payload(right);

	return (x < y) - (x > y);
}

static int by_interval(const void *left, const void *right)
{
	uint32_t a = row_at(left)->usage.process.pid, b = row_at(right)->usage.process.pid;
	int order = compare_payload(&row_at(left)->interval, &row_at(right)->interval);

	return order ? order : (a > b) - (a < b);
}

static int by_total(const void *left, const void *right)
{
	int order = compare_payload(&row_at(left)->since_first, &row_at(right)->since_first);

	return order ? order : by_interval(left, right);
}

static bool reserve(struct view *view, size_t count)
{
	struct fw_usage_row **rows =
		fw_grow_by(view->rows, 0, count, &view->capacity, sizeof(*rows));

	if (!rows)
		return false;
	view->rows = rows;
	return true;
}

/*
 * Where an exited process was (its cgroup) nobody can tell any more, so the answer it got alive
 * stays. Every process is therefore asked about when it is first seen, not when it first has
 * traffic.
 */
static bool is_selected(const struct fw_watch *watch, struct fw_usage_row *row, bool listed)
{
	const struct fw_process *process = &row->usage.process;
	bool alive = !(process->flags & FW_PROCESS_EXITED);

	if (!watch->selection.count)
		return listed;
	if (row->tag == TAG_UNKNOWN || (listed && alive))
		row->tag = fw_selection_has(&watch->selection, process) ? TAG_SELECTED : TAG_OTHER;
	return listed && row->tag == TAG_SELECTED;
}

/* Collect the rows to print into view->rows. */
static enum fw_status choose_rows(struct fw_watch *watch, counters_of counters,
	struct fw_error *error)
{
	struct view *view = watch->state;
	size_t count = fw_usage_delta_count(view->delta);

	if (!reserve(view, count))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu processes", count);
	view->row_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct fw_usage_row *row = fw_usage_delta_row(view->delta, i);

		if (is_selected(watch, row, watch->all || fw_counters_any(counters(row))))
			view->rows[view->row_count++] = row;
	}
	qsort(view->rows, view->row_count, sizeof(*view->rows),
		counters == interval_of ? by_interval : by_total);
	return FW_OK;
}

static enum fw_status begin(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = calloc(1, sizeof(*view));
	enum fw_status status;

	watch->state = view;
	if (view)
		view->delta = fw_usage_delta_new();
	if (!view || !view->delta)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to begin with");
	status = snapshot(watch, error);
	return status == FW_OK ? choose_rows(watch, interval_of, error) : status;
}

static enum fw_status wait_until(struct fw_watch *watch, uint64_t until_ns, bool *over,
	struct fw_error *error)
{
	if (watch->session.is_replay)
		return fw_watch_advance(watch, NULL, NULL, over, error);
	*over = fw_interrupt_wait(until_ns);
	return FW_OK;
}

static void cells_process(struct fw_text_table *table, const struct fw_process *process)
{
	fw_text_table_cell(table, "%u%s", process->pid,
		process->flags & FW_PROCESS_EXITED ? "-" : "");
	fw_text_table_cell(table, "%s", fw_user_name(process->uid));
	fw_text_table_cell(table, "%s", process->exe[0] ? process->exe : process->comm);
}

static bool print_rate_table(const struct view *view)
{
	static const struct fw_column columns[] = {
		{ "PID", FW_RIGHT },	     { "USER", FW_LEFT },
		{ "PROGRAM", FW_FLEXIBLE },  { "SENT/s", FW_RIGHT },
		{ "RECEIVED/s", FW_RIGHT },  { "TOTAL SENT", FW_RIGHT, true },
		{ "TOTAL RECV", FW_RIGHT, true },  { "WIRE SENT/s", FW_RIGHT, true },
		{ "WIRE RECV/s", FW_RIGHT, true },
	};
	size_t count = FW_ARRAY_SIZE(columns) - (view->interval.has_wire ? 0 : 2);
	struct fw_text_table *table = fw_text_table_new(columns, count);
	uint64_t interval_ns = view->interval.interval_ns;
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < view->row_count; i++) {
		const struct fw_usage_row *row = view->rows[i];

		cells_process(table, &row->usage.process);
		fw_rate_cell(table, row->interval.sent, interval_ns);
		fw_rate_cell(table, row->interval.received, interval_ns);
		fw_bytes_cell(table, row->usage.counters.sent);
		fw_bytes_cell(table, row->usage.counters.received);
		if (!view->interval.has_wire)
			continue;
		fw_rate_cell(table, row->interval.wire_sent, interval_ns);
		fw_rate_cell(table, row->interval.wire_received, interval_ns);
	}
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static void print_unattributed(const char *layer, uint64_t sent, uint64_t received,
	uint64_t interval_ns)
{
	char sent_text[FW_BYTES_TEXT_SIZE], received_text[FW_BYTES_TEXT_SIZE];

	if (!sent && !received)
		return;
	fw_format_bytes(fw_rate_per_second(sent, interval_ns), sent_text, sizeof(sent_text));
	fw_format_bytes(fw_rate_per_second(received, interval_ns), received_text,
		sizeof(received_text));
	printf(", %sunattributed %s/s sent, %s/s received", layer, sent_text, received_text);
}

static void print_summary(const struct fw_usage_interval *interval)
{
	char sent[FW_BYTES_TEXT_SIZE], received[FW_BYTES_TEXT_SIZE], time[FW_TIME_TEXT_SIZE];
	uint64_t length = interval->interval_ns;

	fw_format_boot_time(interval->time_ns, time, sizeof(time));
	fw_format_bytes(fw_rate_per_second(interval->processes.sent, length), sent, sizeof(sent));
	fw_format_bytes(fw_rate_per_second(interval->processes.received, length), received,
		sizeof(received));
	printf("%.8s  %zu process%s, %s/s sent, %s/s received", time + 11, interval->moved,
		interval->moved == 1 ? "" : "es", sent, received);
	print_unattributed(
		"", interval->unattributed.sent, interval->unattributed.received, length);
	print_unattributed("wire ", interval->unattributed.wire_sent,
		interval->unattributed.wire_received, length);
	putchar('\n');
}

static bool print_interval_text(const struct view *view)
{
	if (!view->row_count && !fw_counters_any(&view->interval.unattributed)) {
		char time[FW_TIME_TEXT_SIZE];

		fw_format_boot_time(view->interval.time_ns, time, sizeof(time));
		printf("%.8s  no traffic\n", time + 11);
		return true;
	}
	print_summary(&view->interval);
	if (view->row_count && !print_rate_table(view))
		return false;
	putchar('\n');
	return true;
}

static bool print_interval_json(const struct view *view)
{
	for (size_t i = 0; i < view->row_count; i++)
		if (!fw_json_print_line(fw_json_usage(view->rows[i], &view->interval)))
			return false;
	return fw_json_print_line(fw_json_interval(&view->interval));
}

static void print_interval_classic(const struct view *view)
{
	char line[FW_CLASSIC_TEXT_SIZE];

	for (size_t i = 0; i < view->row_count; i++) {
		const struct fw_usage_row *row = view->rows[i];

		puts(fw_format_classic(row->usage.process.pid, row->interval.sent,
			row->interval.received, view->interval.interval_ns, line, sizeof(line)));
	}
}

static enum fw_status interval(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	enum fw_status status = snapshot(watch, error);
	bool complete = true;

	if (status == FW_OK)
		status = choose_rows(watch, interval_of, error);
	if (status != FW_OK)
		return status;
	if (watch->format == FW_WATCH_JSON)
		complete = print_interval_json(view);
	else if (watch->format == FW_WATCH_CLASSIC)
		print_interval_classic(view);
	else
		complete = print_interval_text(view);
	return complete ? FW_OK : fw_error_set(error, FW_NO_MEMORY, "no memory to print");
}

static void print_part(const char *what, uint64_t sent, uint64_t received)
{
	char sent_text[FW_BYTES_TEXT_SIZE], received_text[FW_BYTES_TEXT_SIZE];

	if (!sent && !received)
		return;
	printf("  %s: %s sent, %s received\n", what,
		fw_format_bytes(sent, sent_text, sizeof(sent_text)),
		fw_format_bytes(received, received_text, sizeof(received_text)));
}

static void print_total_summary(const struct view *view, const struct fw_usage_totals *totals)
{
	char sent[FW_BYTES_TEXT_SIZE], received[FW_BYTES_TEXT_SIZE];

	printf("Totals of %.1f seconds: %s sent, %s received\n",
		(double)view->interval.since_first_ns / 1e9,
		fw_format_bytes(totals->listed.sent + totals->departed.sent, sent, sizeof(sent)),
		fw_format_bytes(totals->listed.received + totals->departed.received, received,
			sizeof(received)));
	print_part("of exited processes that are no longer listed", totals->departed.sent,
		totals->departed.received);
	print_part("besides, of no process", totals->unattributed.sent,
		totals->unattributed.received);
	print_part("besides, wire bytes of no process", totals->unattributed.wire_sent,
		totals->unattributed.wire_received);
}

static bool print_totals_text(const struct view *view, const struct fw_usage_totals *totals)
{
	static const struct fw_column columns[] = {
		{ "PID", FW_RIGHT },
		{ "USER", FW_LEFT },
		{ "PROGRAM", FW_FLEXIBLE },
		{ "SENT", FW_RIGHT },
		{ "RECEIVED", FW_RIGHT },
		{ "WIRE SENT", FW_RIGHT, true },
		{ "WIRE RECV", FW_RIGHT, true },
	};
	size_t count = FW_ARRAY_SIZE(columns) - (view->interval.has_wire ? 0 : 2);
	struct fw_text_table *table = fw_text_table_new(columns, count);
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < view->row_count; i++) {
		const struct fw_usage_row *row = view->rows[i];

		cells_process(table, &row->usage.process);
		fw_bytes_cell(table, row->since_first.sent);
		fw_bytes_cell(table, row->since_first.received);
		if (!view->interval.has_wire)
			continue;
		fw_bytes_cell(table, row->since_first.wire_sent);
		fw_bytes_cell(table, row->since_first.wire_received);
	}
	print_total_summary(view, totals);
	complete = !view->row_count || fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static bool print_totals_json(const struct view *view, const struct fw_usage_totals *totals)
{
	for (size_t i = 0; i < view->row_count; i++)
		if (!fw_json_print_line(fw_json_total(view->rows[i], &view->interval)))
			return false;
	return fw_json_print_line(fw_json_machine_total(totals, &view->interval));
}

static enum fw_status totals(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	struct fw_usage_totals sums;
	enum fw_status status = snapshot(watch, error);
	bool complete = true;

	if (status == FW_OK)
		status = choose_rows(watch, since_first_of, error);
	if (status != FW_OK)
		return status;
	fw_usage_delta_totals(view->delta, &sums);
	if (watch->format == FW_WATCH_JSON)
		complete = print_totals_json(view, &sums);
	else
		complete = print_totals_text(view, &sums);
	return complete ? FW_OK : fw_error_set(error, FW_NO_MEMORY, "no memory to print");
}

static void end(struct fw_watch *watch)
{
	struct view *view = watch->state;

	if (!view)
		return;
	fw_usage_delta_free(view->delta);
	free(view->rows);
	free(view);
}

const struct fw_watch_view fw_watch_by_process = {
	.begin = begin,
	.wait = wait_until,
	.interval = interval,
	.totals = totals,
	.end = end,
};
