/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/prefix_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/prefix_order.h"
#include "flowwatcher/prefix.h"
#include "lib/filter_entry.h"
#include "lib/grow.h"
#include "lib/prefix_sort.h"

enum fw_status fw_filter_prefix_parse(const char *text, struct fw_filter_prefix *prefixes,
	size_t *count, struct fw_error *error)
{
	struct fw_filter_entry entry;
	struct fw_filter_fault fault;

	if (!fw_filter_entry_read(text, strlen(text), &entry, &fault))
		return fw_error_set(error, FW_USAGE, "'%.80s' at character %zu: %s", text,
			fault.offset + 1, fault.reason);
	*count = fw_filter_entry_expand(&entry, prefixes);
	return FW_OK;
}

char *fw_filter_prefix_format(const struct fw_filter_prefix *prefix, char *text, size_t size)
{
	struct fw_prefix peers = {
		.family = prefix->family, .length = prefix->length, .last_port = FW_LAST_PORT
	};

	memcpy(peers.address, prefix->address, sizeof(peers.address));
	return fw_prefix_format(&peers, text, size);
}

int fw_filter_prefix_compare(const struct fw_filter_prefix *a, const struct fw_filter_prefix *b)
{
	return fw_prefix_order(a, b);
}

bool fw_filter_prefix_contains(const struct fw_filter_prefix *outer,
	const struct fw_filter_prefix *inner)
{
	return fw_prefix_covers(outer, inner);
}

void fw_prefix_list_done(struct fw_prefix_list *list)
{
	free(list->prefixes);
	memset(list, 0, sizeof(*list));
}

bool fw_prefix_list_append(struct fw_prefix_list *list, const struct fw_filter_prefix *prefix)
{
	struct fw_filter_prefix *prefixes =
		fw_grow(list->prefixes, list->count, &list->capacity, sizeof(*prefixes));

	if (!prefixes)
		return false;
	list->prefixes = prefixes;
	prefixes[list->count++] = *prefix;
	return true;
}

enum fw_status fw_prefix_list_settle(struct fw_prefix_list *list, fw_prefix_merge_fn merge,
	void *argument, struct fw_error *error)
{
	struct fw_filter_prefix *prefixes = list->prefixes;
	size_t kept = 0;

	if (!fw_prefix_sort(prefixes, list->count))
		return fw_error_set(error, FW_NO_MEMORY, "no memory to sort %zu prefixes",
			list->count);
	/* What contains others comes before them, and networks do not overlap otherwise: to look at
	 * the last one that was kept is enough. */
	for (size_t i = 0; i < list->count; i++) {
		if (kept == 0 || !fw_prefix_covers(&prefixes[kept - 1], &prefixes[i])) {
			prefixes[kept++] = prefixes[i];
			continue;
		}
		if (merge)
			merge(&(struct fw_prefix_merge){ &prefixes[i], &prefixes[kept - 1] },
				argument);
	}
	list->count = kept;
	return FW_OK;
}

/* How many of the list come before `prefix` in the order. */
static size_t place_of(const struct fw_filter_prefix *prefixes, size_t count,
	const struct fw_filter_prefix *prefix)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (fw_prefix_order(&prefixes[middle], prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The one of the list that is `prefix` or contains it, or NULL. */
static const struct fw_filter_prefix *find_outer(const struct fw_filter_prefix *prefixes,
	size_t count, const struct fw_filter_prefix *prefix)
{
	size_t place = place_of(prefixes, count, prefix);

	if (place < count && fw_prefix_order(&prefixes[place], prefix) == 0)
		return &prefixes[place];
	if (place > 0 && fw_prefix_covers(&prefixes[place - 1], prefix))
		return &prefixes[place - 1];
	return NULL;
}

const struct fw_filter_prefix *fw_prefix_list_find(const struct fw_filter_prefix *prefixes,
	size_t count, uint8_t family, const uint8_t address[16])
{
	struct fw_filter_prefix host = { .family = family };

	host.length = (uint8_t)(fw_prefix_address_bytes(family) * 8);
	memcpy(host.address, address, fw_prefix_address_bytes(family));
	return find_outer(prefixes, count, &host);
}

const struct fw_filter_prefix *fw_prefix_list_inside(const struct fw_filter_prefix *prefixes,
	size_t count, const struct fw_filter_prefix *outer, size_t *inside)
{
	size_t place = place_of(prefixes, count, outer), end = place;

	while (end < count && fw_prefix_covers(outer, &prefixes[end]))
		end++;
	*inside = end - place;
	return end > place ? &prefixes[place] : NULL;
}

enum fw_status fw_prefix_list_add(struct fw_prefix_list *list,
	const struct fw_filter_prefix *prefix, size_t *replaced, struct fw_error *error)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE], outer_text[FW_FILTER_PREFIX_TEXT_SIZE];
	size_t place = place_of(list->prefixes, list->count, prefix), inside;
	const struct fw_filter_prefix *outer = find_outer(list->prefixes, list->count, prefix);
	struct fw_filter_prefix *at;

	if (outer) {
		fw_filter_prefix_format(prefix, text, sizeof(text));
		fw_filter_prefix_format(outer, outer_text, sizeof(outer_text));
		if (fw_prefix_order(outer, prefix) == 0)
			return fw_error_set(error, FW_EXISTS, "%s is in the list already", text);
		return fw_error_set(error, FW_EXISTS, "%s is in the list already, as part of %s",
			text, outer_text);
	}
	fw_prefix_list_inside(list->prefixes, list->count, prefix, &inside);
	if (inside == 0 && !fw_prefix_list_append(list, prefix))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu prefixes",
			list->count + 1);
	at = list->prefixes + place;
	if (inside == 0) {
		memmove(at + 1, at, (list->count - 1 - place) * sizeof(*at));
	} else {
		memmove(at + 1, at + inside, (list->count - place - inside) * sizeof(*at));
		list->count -= inside - 1;
	}
	*at = *prefix;
	*replaced = inside;
	return FW_OK;
}

/* `prefix` is not in the list: what of it is? */
static enum fw_status refuse_removal(const struct fw_prefix_list *list,
	const struct fw_filter_prefix *prefix, struct fw_error *error)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE], other[FW_FILTER_PREFIX_TEXT_SIZE];
	const struct fw_filter_prefix *outer, *first;
	size_t inside;

	outer = find_outer(list->prefixes, list->count, prefix);
	fw_filter_prefix_format(prefix, text, sizeof(text));
	if (outer)
		return fw_error_set(error, FW_NOT_FOUND,
			"%s is not in the list by itself but as part of %s; remove that, and add "
			"what of it is to stay",
			text, fw_filter_prefix_format(outer, other, sizeof(other)));
	first = fw_prefix_list_inside(list->prefixes, list->count, prefix, &inside);
	if (first)
		return fw_error_set(error, FW_NOT_FOUND,
			"%s is not in the list, but %zu inside it, the first %s; name those that "
			"are to go",
			text, inside, fw_filter_prefix_format(first, other, sizeof(other)));
	return fw_error_set(error, FW_NOT_FOUND, "%s is not in the list", text);
}

enum fw_status fw_prefix_list_remove(struct fw_prefix_list *list,
	const struct fw_filter_prefix *prefix, struct fw_error *error)
{
	size_t place = place_of(list->prefixes, list->count, prefix);
	struct fw_filter_prefix *at;

	if (place == list->count || fw_prefix_order(&list->prefixes[place], prefix) != 0)
		return refuse_removal(list, prefix, error);
	at = list->prefixes + place;
	memmove(at, at + 1, (list->count - place - 1) * sizeof(*at));
	list->count--;
	return FW_OK;
}

/* The first address behind a prefix; false: there is none. */
static bool next_address(const struct fw_filter_prefix *prefix, uint8_t next[16])
{
	uint32_t bit = prefix->length;

	memcpy(next, prefix->address, 16);
	while (bit > 0) {
		uint8_t mask = (uint8_t)(0x80 >> (--bit % 8));

		next[bit / 8] ^= mask;
		if (next[bit / 8] & mask)
			return true;
	}
	return false;
}

bool fw_prefix_list_is_everything(const struct fw_filter_prefix *prefixes, size_t count,
	uint8_t family)
{
	uint8_t expected[16] = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (prefixes[i].family != family)
			continue;
		if (memcmp(prefixes[i].address, expected, sizeof(expected)) != 0)
			return false;
		if (!next_address(&prefixes[i], expected))
			return true;
	}
	return false;
}
