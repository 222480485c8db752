/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A stand-in for a kernel side that filters adapters, for the sessions that reach it, for
 * interruptions and for what the machine's reach hangs on. One test program links it in the place
 * of lib/session.c, cli/interrupt.c and lib/host/lifelines.h. */
#ifndef FW_TEST_FILTER_DOUBLE_H
#define FW_TEST_FILTER_DOUBLE_H

#include "flowwatcher/prefix_list.h"
#include "flowwatcher/session.h"
#include "lib/host/lifelines.h"

#define FILTER_DOUBLE_ADAPTERS 8
#define FILTER_DOUBLE_LISTS    16
#define FILTER_DOUBLE_EVENTS   8

struct filter_double_list {
	struct fw_filter_list list;
	struct fw_prefix_list prefixes;
};

struct filter_double {
	struct fw_adapter adapters[FILTER_DOUBLE_ADAPTERS];
	size_t adapter_count;
	struct filter_double_list lists[FILTER_DOUBLE_LISTS]; /* in force */
	size_t list_count;
	uint32_t next_id;
	/* What filter_follow() tells, one a call; an adapter appears or vanishes with it. */
	struct fw_adapter_event events[FILTER_DOUBLE_EVENTS];
	size_t event_count, events_told;
	enum fw_status open_status, set_status, follow_status; /* FW_OK: done */
	bool has_no_filter; /* its operations are not there */
	size_t interferences; /* how often somebody else changes a list before filter_set() */
	size_t sets, settles, opens; /* calls */
	enum fw_filter_way way;	     /* of the last filter_set() */
	size_t waits;		     /* for moments; after as many there is an interruption */
	uint64_t now_ns;	     /* a wait takes until its moment */
	struct fw_gateway gateway;   /* of the default route; its family is 0: there is none */
	const char *ssh;	     /* address of its peer; NULL: none */
	const char *desktop;	     /* the same of Remote Desktop, IPv4 */
	bool has_places;
};
extern struct filter_double filter_double;

/* lo, eth0 and eth1 are there, no list is, everything works. */
void filter_double_begin(void);
void filter_double_end(void);

void filter_double_add_adapter(const char *name);

/* The list in force that was set for this text and has the direction; fails the test if there is
 * none. */
const struct filter_double_list *filter_double_list(const char *adapter, uint32_t direction);

#endif
