/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* watch --by connection */
#include "cli/connection_text.h"
#include "cli/interrupt.h"
#include "cli/watch_view.h"
#include "flowwatcher/connection_delta.h"
#include "flowwatcher/counters.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"
#include "lib/grow.h"
#include "lib/host/host.h"

#include <stdio.h>
#include <stdlib.h>

#define POLL_SLICE_NS 50000000ull /* how late an interruption may be noticed */
#define NS_PER_MS     1000000ull

enum { TAG_UNKNOWN, TAG_SELECTED, TAG_OTHER };

struct view {
	struct fw_connection_delta *delta;
	struct fw_connection_interval interval;
	struct fw_connection_row **rows;
	size_t capacity;
	size_t row_count;
	bool subscribed;
};

static enum fw_status snapshot(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	struct fw_backend *backend = watch->session.backend;
	enum fw_status status = FW_OK;

	/* In a replay wait_until() has delivered what came before this snapshot. */
	if (view->subscribed && !watch->session.is_replay)
		status = backend->ops->poll(backend, 0, fw_connection_delta_record, view->delta,
			error);
	if (status == FW_OK)
		status = backend->ops->connections(backend, fw_connection_delta_add, view->delta,
			error);
	if (status == FW_STOPPED && error->status != FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the connections");
	if (status != FW_OK)
		return status;
	return fw_connection_delta_end(view->delta, fw_host_boot_ns(), &view->interval, error);
}

static enum fw_status begin(struct fw_watch *watch, struct fw_error *error)
{
	struct fw_backend *backend = watch->session.backend;
	static const struct fw_subscription ends = { .types = 1u << FW_RECORD_CONNECTION_CLOSE };
	struct view *view = calloc(1, sizeof(*view));
	enum fw_status status = FW_OK;

	watch->state = view;
	if (view)
		view->delta = fw_connection_delta_new(false, 0);
	if (!view || !view->delta)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to begin with");
	if (backend->ops->subscribe) {
		status = backend->ops->subscribe(backend, &ends, error);
		view->subscribed = status == FW_OK;
	}
	return status == FW_OK ? snapshot(watch, error) : status;
}

/* The record queue is emptied while waiting: it may fill faster than once an interval. */
static enum fw_status wait_until(struct fw_watch *watch, uint64_t until_ns, bool *over,
	struct fw_error *error)
{
	struct fw_backend *backend = watch->session.backend;
	struct view *view = watch->state;
	enum fw_status status = FW_OK;

	if (watch->session.is_replay)
		return fw_watch_advance(
			watch, fw_connection_delta_record, view->delta, over, error);
	while (status == FW_OK && view->subscribed) {
		uint64_t now = fw_monotonic_ns();
		uint64_t left = until_ns > now ? until_ns - now : 0;

		*over = fw_interrupt_came();
		if (*over || !left)
			return FW_OK;
		status = backend->ops->poll(backend,
			(int)((left < POLL_SLICE_NS ? left : POLL_SLICE_NS) / NS_PER_MS),
			fw_connection_delta_record, view->delta, error);
		if (left < NS_PER_MS)
			break;
	}
	if (status == FW_OK)
		*over = fw_interrupt_wait(until_ns);
	return status;
}

static bool is_selected(struct fw_watch *watch, struct fw_connection_row *row)
{
	const struct fw_connection *connection = &row->connection;

	if (!watch->selection.count)
		return true;
	/* Another process may take a connection over; after its end that process is mostly gone. */
	if (row->tag == TAG_UNKNOWN || !row->closed)
		row->tag = fw_selection_has_pid(&watch->selection, connection->owner_pid,
				   connection->comm) ?
				   TAG_SELECTED :
				   TAG_OTHER;
	return row->tag == TAG_SELECTED;
}

static int by_bytes(const void *left, const void *right)
{
	const struct fw_connection_row *a = *(struct fw_connection_row *const *)left;
	const struct fw_connection_row *b = *(struct fw_connection_row *const *)right;
	uint64_t x = a->interval.sent + a->interval.received;
	uint64_t y = b->interval.sent + b->interval.received;

	if (x != y)
		return x < y ? 1 : -1;
	return (a->connection.id > b->connection.id) - (a->connection.id < b->connection.id);
}

static int by_total_bytes(const void *left, const void *right)
{
	const struct fw_connection_row *a = *(struct fw_connection_row *const *)left;
	const struct fw_connection_row *b = *(struct fw_connection_row *const *)right;
	uint64_t x = a->since_first.sent + a->since_first.received;
	uint64_t y = b->since_first.sent + b->since_first.received;

	return x == y ? by_bytes(left, right) : x < y ? 1 : -1;
}

static enum fw_status choose_rows(struct fw_watch *watch, bool totals, struct fw_error *error)
{
	struct view *view = watch->state;
	size_t count = fw_connection_delta_count(view->delta);
	struct fw_connection_row **rows =
		fw_grow_by(view->rows, 0, count, &view->capacity, sizeof(*rows));

	if (!rows)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu connections", count);
	view->rows = rows;
	view->row_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct fw_connection_row *row = fw_connection_delta_row(view->delta, i);
		bool moved = fw_counters_any(totals ? &row->since_first : &row->interval);

		if ((moved || watch->all) && is_selected(watch, row))
			view->rows[view->row_count++] = row;
	}
	if (view->row_count)
		qsort(view->rows, view->row_count, sizeof(*view->rows),
			totals ? by_total_bytes : by_bytes);
	return FW_OK;
}

static bool print_table(const struct view *view, bool totals)
{
	static const struct fw_column rates[] = {
		FW_CONNECTION_COLUMNS,
		{ "SENT/s", FW_RIGHT },
		{ "RECEIVED/s", FW_RIGHT },
	};
	static const struct fw_column sums[] = {
		FW_CONNECTION_COLUMNS,
		{ "SENT", FW_RIGHT },
		{ "RECEIVED", FW_RIGHT },
	};
	struct fw_text_table *table =
		fw_text_table_new(totals ? sums : rates, FW_ARRAY_SIZE(rates));
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < view->row_count; i++) {
		const struct fw_connection_row *row = view->rows[i];

		fw_connection_cells(table, &row->connection);
		if (totals) {
			fw_bytes_cell(table, row->since_first.sent);
			fw_bytes_cell(table, row->since_first.received);
		} else {
			fw_rate_cell(table, row->interval.sent, view->interval.interval_ns);
			fw_rate_cell(table, row->interval.received, view->interval.interval_ns);
		}
	}
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static bool print_text(const struct view *view)
{
	char time[FW_TIME_TEXT_SIZE];

	fw_format_boot_time(view->interval.time_ns, time, sizeof(time));
	if (!view->row_count) {
		printf("%.8s  no traffic\n", time + 11);
		return true;
	}
	printf("%.8s  %zu connection%s", time + 11, view->row_count,
		view->row_count == 1 ? "" : "s");
	if (view->interval.lost)
		printf(", %llu closed unseen", (unsigned long long)view->interval.lost);
	putchar('\n');
	if (!print_table(view, false))
		return false;
	putchar('\n');
	return true;
}

static bool print_rows_json(const struct view *view, bool totals)
{
	uint64_t length =
		totals ? view->interval.since_first_ns : view->interval.interval_ns;

	for (size_t i = 0; i < view->row_count; i++) {
		const struct fw_connection_row *row = view->rows[i];
		struct json_object *object = fw_json_connection(&row->connection,
			totals ? &row->since_first : &row->interval, length);

		fw_json_add_snapshot_time(object, view->interval.time_ns);
		if (!fw_json_print_line(object))
			return false;
	}
	return true;
}

static bool print_json(const struct view *view)
{
	struct json_object *summary;

	if (!print_rows_json(view, false))
		return false;
	summary = fw_json_new("interval");
	fw_json_add_snapshot_time(summary, view->interval.time_ns);
	fw_json_add_number(summary, "interval_ns", view->interval.interval_ns);
	fw_json_add_number(summary, "connections", view->interval.moved);
	fw_json_add_counters(summary, "", &view->interval.connections);
	fw_json_add_number(summary, "lost", view->interval.lost);
	return fw_json_print_line(summary);
}

static enum fw_status interval(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	enum fw_status status = snapshot(watch, error);
	bool complete;

	if (status == FW_OK)
		status = choose_rows(watch, false, error);
	if (status != FW_OK)
		return status;
	complete = watch->format == FW_WATCH_JSON ? print_json(view) : print_text(view);
	return complete ? FW_OK : fw_error_set(error, FW_NO_MEMORY, "no memory to print");
}

/* Of connections that are still there: those that ended were shown in their last interval. */
static enum fw_status totals(struct fw_watch *watch, struct fw_error *error)
{
	struct view *view = watch->state;
	enum fw_status status = snapshot(watch, error);
	bool complete;

	if (status == FW_OK)
		status = choose_rows(watch, true, error);
	if (status != FW_OK)
		return status;
	if (watch->format == FW_WATCH_JSON) {
		complete = print_rows_json(view, true);
	} else {
		printf("Totals of %.1f seconds, connections that are open now\n",
			(double)view->interval.since_first_ns / 1e9);
		complete = !view->row_count || print_table(view, true);
	}
	return complete ? FW_OK : fw_error_set(error, FW_NO_MEMORY, "no memory to print");
}

static void end(struct fw_watch *watch)
{
	struct view *view = watch->state;

	if (!view)
		return;
	fw_connection_delta_free(view->delta);
	free(view->rows);
	free(view);
}

const struct fw_watch_view fw_watch_by_connection = {
	.begin = begin,
	.wait = wait_until,
	.interval = interval,
	.totals = totals,
	.end = end,
};
