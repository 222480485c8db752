/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/prefix_sort.h"

#include <stdlib.h>
#include <string.h>

#include "core/prefix_order.h"

/*
 * A radix sort, byte by byte from the least significant: a comparison of two prefixes costs about
 * what moving one does, and a million of them take twenty. Bytes that all prefixes share are passed
 * over, which leaves five of IPv4.
 */
#define KEY_BYTES 18 /* length, address from its end, family */

struct histogram {
	size_t of[KEY_BYTES][256];
};

static inline uint8_t key_byte(const struct fw_filter_prefix *prefix, int position)
{
	if (position == 0)
		return prefix->length;
	if (position == KEY_BYTES - 1)
		return prefix->family;
	return prefix->address[16 - position];
}

static bool is_sorted(const struct fw_filter_prefix *prefixes, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (fw_prefix_order(&prefixes[i - 1], &prefixes[i]) > 0)
			return false;
	return true;
}

static void count_bytes(const struct fw_filter_prefix *prefixes, size_t count,
	struct histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	for (size_t i = 0; i < count; i++)
		for (int position = 0; position < KEY_BYTES; position++)
			histogram->of[position][key_byte(&prefixes[i], position)]++;
}

static void scatter(const struct fw_filter_prefix *from, struct fw_filter_prefix *to, size_t count,
	int position, size_t counts[256])
{
	size_t begin = 0;

	for (int byte = 0; byte < 256; byte++) {
		size_t here = counts[byte];

		counts[byte] = begin;
		begin += here;
	}
	for (size_t i = 0; i < count; i++)
		to[counts[key_byte(&from[i], position)]++] = from[i];
}

bool fw_prefix_sort(struct fw_filter_prefix *prefixes, size_t count)
{
	struct fw_filter_prefix *other, *from = prefixes, *to;
	struct histogram *histogram;

	if (is_sorted(prefixes, count))
		return true;
	histogram = malloc(sizeof(*histogram));
	other = to = reallocarray(NULL, count, sizeof(*other));
	if (!histogram || !other) {
		free(histogram);
		free(other);
		return false;
	}
	count_bytes(prefixes, count, histogram);
	for (int position = 0; position < KEY_BYTES; position++) {
		struct fw_filter_prefix *sorted = to;

		if (histogram->of[position][key_byte(prefixes, position)] == count)
			continue;
		scatter(from, to, count, position, histogram->of[position]);
		to = from;
		from = sorted;
	}
	if (from != prefixes)
		memcpy(prefixes, from, count * sizeof(*prefixes));
	free(histogram);
	free(other);
	return true;
}
