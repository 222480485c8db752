/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lists of prefixes in the order that a kernel side takes (abi/filter.h): sorted, each apart from
 * the others. Callable from any thread; one thread changes one list.
 */
#ifndef FLOWWATCHER_PREFIX_LIST_H
#define FLOWWATCHER_PREFIX_LIST_H

#include <stddef.h>

#include "abi/filter.h"
#include "flowwatcher/error.h"

#define FW_RANGE_PREFIXES 254 /* that a range of addresses can take at most */
#define FW_FILTER_PREFIX_TEXT_SIZE 72

/*
 * "192.0.2.1", "192.0.2.0/24", "192.0.2.10-192.0.2.20", "2001:db8::/32",
 * "2001:db8::1-2001:db8::ff". An IPv4-mapped IPv6 address is the IPv4 address. A range becomes the
 * fewest prefixes that are exactly it. FW_USAGE says what is wrong with it and, where host bits are
 * set, names the network that is meant; the outputs are then untouched. prefixes: room for
 * FW_RANGE_PREFIXES; their line is 0.
 */
enum fw_status fw_filter_prefix_parse(const char *text, struct fw_filter_prefix *prefixes,
	size_t *count, struct fw_error *error);

/* As it is written in a list: "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". Returns `text`. */
char *fw_filter_prefix_format(const struct fw_filter_prefix *prefix, char *text, size_t size);

/* The order of lists: IPv4 before IPv6, by address, the longer network first. <0, 0, >0. */
int fw_filter_prefix_compare(const struct fw_filter_prefix *a, const struct fw_filter_prefix *b);

/* Are all addresses of `inner` addresses of `outer`? Of equal prefixes too. */
bool fw_filter_prefix_contains(const struct fw_filter_prefix *outer,
	const struct fw_filter_prefix *inner);

/* A list that can grow. All-zero is an empty one. */
struct fw_prefix_list {
	struct fw_filter_prefix *prefixes;
	size_t count, capacity;
};

void fw_prefix_list_done(struct fw_prefix_list *list);

/* At the end, whatever the order. False: out of memory; nothing changed. */
bool fw_prefix_list_append(struct fw_prefix_list *list, const struct fw_filter_prefix *prefix);

/* One that was left out, since another one stands for its addresses. */
struct fw_prefix_merge {
	const struct fw_filter_prefix *left_out; /* valid during the call */
	const struct fw_filter_prefix
		*kept; /* equal: it is a duplicate; of these the first line is kept */
};
typedef void (*fw_prefix_merge_fn)(const struct fw_prefix_merge *merge, void *argument);

/* Put the list in order and leave out what others contain; `merge` (may be NULL) is told of each.
 * Adjacent networks stay two: each has its own counters. FW_NO_MEMORY: nothing changed. */
enum fw_status fw_prefix_list_settle(struct fw_prefix_list *list, fw_prefix_merge_fn merge,
	void *argument, struct fw_error *error);

/*
 * For the functions below the list must be in order.
 *
 * The prefix that the address (network byte order) is in, NULL: none. FW_FAMILY_IPV6 with an
 * IPv4-mapped address is looked up as IPv6.
 */
const struct fw_filter_prefix *fw_prefix_list_find(const struct fw_filter_prefix *prefixes,
	size_t count, uint8_t family, const uint8_t address[16]);

/* The first of the list that is inside `outer` or is it, or NULL; *inside: how many follow it,
 * itself counted. */
const struct fw_filter_prefix *fw_prefix_list_inside(const struct fw_filter_prefix *prefixes,
	size_t count, const struct fw_filter_prefix *outer, size_t *inside);

/* Put one prefix in; *replaced of the list, that it contains, go for it. FW_EXISTS names the one of
 * the list that it is or that contains it; FW_NO_MEMORY. */
enum fw_status fw_prefix_list_add(struct fw_prefix_list *list,
	const struct fw_filter_prefix *prefix, size_t *replaced, struct fw_error *error);

/* Take one out that is in the list just so. FW_NOT_FOUND names the one that contains it, or those
 * inside it, if there are. */
enum fw_status fw_prefix_list_remove(struct fw_prefix_list *list,
	const struct fw_filter_prefix *prefix, struct fw_error *error);

/* Does the list have every address of the family? Nothing at all would pass. */
bool fw_prefix_list_is_everything(const struct fw_filter_prefix *prefixes, size_t count,
	uint8_t family);

#endif
