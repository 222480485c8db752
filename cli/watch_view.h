/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the two views of `watch` (by process, by connection) share with its loop. One thread. */
#ifndef FW_CLI_WATCH_VIEW_H
#define FW_CLI_WATCH_VIEW_H

#include "cli/selection.h"
#include "flowwatcher/session.h"

enum fw_watch_format { FW_WATCH_TEXT, FW_WATCH_JSON, FW_WATCH_CLASSIC };

struct fw_watch {
	struct fw_session session;
	struct fw_selection selection;
	enum fw_watch_format format;
	bool all; /* rows without traffic too */
	uint64_t interval_ns;
	uint64_t count; /* intervals; 0: until interrupted */
	void *state;	/* of the view */
};

struct fw_watch_view {
	/* Take the first snapshot; nothing is printed. */
	enum fw_status (*begin)(struct fw_watch *watch, struct fw_error *error);
	/* Wait until the moment (ns of CLOCK_MONOTONIC), or in a replay go on to the next snapshot.
	 * *over: interrupted, or the recording has no more; totals are next. */
	enum fw_status (*wait)(struct fw_watch *watch, uint64_t until_ns, bool *over,
		struct fw_error *error);
	/* Take the next snapshot and print what moved. */
	enum fw_status (*interval)(struct fw_watch *watch, struct fw_error *error);
	/* Take a last snapshot and print the totals since begin(). */
	enum fw_status (*totals)(struct fw_watch *watch, struct fw_error *error);
	void (*end)(struct fw_watch *watch);
};

/* What wait() does in a replay; the records on the way go to `record`, which may be NULL. */
enum fw_status fw_watch_advance(struct fw_watch *watch, fw_record_fn record, void *argument,
	bool *over, struct fw_error *error);

extern const struct fw_watch_view fw_watch_by_process, fw_watch_by_connection;

#endif
