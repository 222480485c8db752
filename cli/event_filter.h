/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose events are wanted: targets, and processes with all their descendants. A process that was
 * wanted once stays so until its exit, whatever it runs then, and what is reported of it after its
 * exit (its sockets are closed then) still counts as its own. One thread.
 */
#ifndef FW_CLI_EVENT_FILTER_H
#define FW_CLI_EVENT_FILTER_H

#include "abi/process_event.h"
#include "cli/selection.h"

/* Exited processes that are remembered for what is still reported of them. */
#define FW_EVENT_FILTER_DEPARTED 8192u

struct fw_event_filter_exit {
	uint32_t pid;
	uint64_t start_ns;
};

/* All-zero is a filter that passes everything. */
struct fw_event_filter {
	/* Process ids mean processes of a recording, whenever they began, not some that run now. */
	bool is_recorded;
	struct fw_selection selection; /* -p and --target */
	uint32_t *roots;	       /* --tree */
	size_t root_count, root_capacity;
	void *processes; /* struct known by pid, of tsearch(3) */
	struct fw_event_filter_exit *departed; /* a ring */
	size_t departed_next;
	bool out_of_memory; /* answers may be wrong from now on */
};

/* --tree: FW_USAGE: not a pid; FW_NOT_FOUND: there is no such process. */
enum fw_status fw_event_filter_add_tree(struct fw_event_filter *filter, const char *pid,
	struct fw_error *error);
void fw_event_filter_done(struct fw_event_filter *filter);

/* Is anything left out? */
bool fw_event_filter_is_used(const struct fw_event_filter *filter);

/* Types of records that the filter must see beside those that are asked for. */
uint64_t fw_event_filter_types(const struct fw_event_filter *filter);

/* Learn of the processes that run already: all of this machine's, before the first record. Calling
 * it again adds those that are new. */
enum fw_status fw_event_filter_learn(struct fw_event_filter *filter, struct fw_error *error);

/* The same in two steps: each process, in any order, and then that these were all. */
bool fw_event_filter_add(struct fw_event_filter *filter, const struct fw_process *process);
void fw_event_filter_settle(struct fw_event_filter *filter);

/* Is the event wanted? Give every record, in their order, once; each is one that fw_record_whole()
 * accepted. Losses and types that are not known are no process's events: false. */
bool fw_event_filter_passes(struct fw_event_filter *filter, const struct fw_record_header *record);

#endif
