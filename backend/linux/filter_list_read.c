/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is in a list of the kernel side, and what its prefixes dropped: filter_list.h. */
#include "backend/linux/filter_list.h"

#include "core/address_count.h"

#include <bpf/bpf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_AT_ONCE	 4096 /* prefixes; a multiple of what any block has */
#define BUCKETS_AT_ONCE 1024 /* blocks */
#define TRIES		 1000 /* to read what a prefix dropped, while it drops */

/* `count` blocks from `first` on. */
static int read_blocks(int fd, uint32_t first, uint32_t count, struct fw_set_block *blocks)
{
	uint32_t *keys, before = first - 1, done = 0, next;
	int result = 0;

	keys = malloc((count + 1) * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	while (done < count && !result) {
		uint32_t got = count - done;

		if (bpf_map_lookup_batch(fd, first + done ? &before : NULL, &next, keys, &blocks[done],
			    &got, NULL) &&
			(errno != ENOENT || !got))
			result = errno == ENOENT ? -EUCLEAN : -errno;
		done += result ? 0 : got;
		before = first + done - 1;
	}
	free(keys);
	return result;
}

/* One family of a list. */
struct family {
	int fd;
	uint8_t family;
	uint32_t count;
	uint32_t starts_a_block;
	uint32_t buckets; /* block of the first */
	uint32_t counters;    /* word of a bucket before them */
	uint32_t most;	      /* that it has */
	struct fw_set_wide base;
	uint32_t shift;
	struct fw_set_places places;
};

static struct family family_of(int fd, uint8_t family, const struct fw_set_block blocks[FW_SET_FIRST])
{
	const struct fw_set_header *header = &blocks[0].header;
	struct fw_set_lanes lanes = fw_set_lanes(header->shift4 <= FW_SET_SHORT_BITS);
	struct family ipv4 = { fd, FW_FAMILY_IPV4, header->ipv4, 16, header->index4, lanes.counters,
		lanes.keys, { 0, header->base4 }, header->shift4, blocks[FW_SET_PLACES4].places };
	struct family ipv6 = { fd, FW_FAMILY_IPV6, header->ipv6, 4, header->index6, 0, FW_SET_KEYS6,
		{ header->base6[0], header->base6[1] }, header->shift6,
		blocks[FW_SET_PLACES6].places };

	return family == FW_FAMILY_IPV4 ? ipv4 : ipv6;
}

/* Part of a family, as it is in the kernel. */
struct rows {
	uint32_t first; /* number of the first prefix */
	uint32_t count;
	struct fw_set_block starts[ROWS_AT_ONCE / 4];
	struct fw_set_block lengths[ROWS_AT_ONCE / 64];
	struct fw_set_block lines[ROWS_AT_ONCE / 16];
	struct fw_set_block before[ROWS_AT_ONCE / 4]; /* totals */
	struct fw_set_block after[ROWS_AT_ONCE / 4];
	struct fw_set_block buckets[BUCKETS_AT_ONCE];
	uint32_t counter[ROWS_AT_ONCE];
	struct fw_filter_hits hits[ROWS_AT_ONCE];
};

static struct fw_set_wide start_of(const struct family *family, const struct rows *rows, uint32_t row)
{
	struct fw_set_wide start = { 0, rows->starts[row / 16].half[row % 16] };

	return family->family == FW_FAMILY_IPV4 ? start : fw_set_start6(&rows->starts[row / 4], row);
}

/* Its bucket, or the first that it has to itself. */
static uint32_t bucket_of(const struct family *family, const struct rows *rows, uint32_t row)
{
	struct fw_set_wide start = start_of(family, rows, row);

	return (uint32_t)fw_set_bucket6(family->base, family->shift & 127, start);
}

/* What the bucket of a prefix has counted for it. */
static uint32_t counter_of(const struct family *family, const struct fw_set_block *bucket, uint32_t number)
{
	uint32_t head = family->family == FW_FAMILY_IPV4 ? fw_set_head4(bucket) : bucket->half[0];
	uint32_t kind = head >> 24, place = number - (head & 0xffffff) + 1;

	if (kind > family->most && kind != FW_SET_COVER)
		return 0;
	return place && place <= family->most ? bucket->half[family->counters + place] : 0;
}

static int read_totals(const struct family *family, const struct rows *rows, struct fw_set_block *blocks)
{
	return read_blocks(family->fd, family->places.total + rows->first / 4,
		fw_set_blocks(rows->count, 4), blocks);
}

static int read_counters(const struct family *family, struct rows *rows)
{
	uint32_t row = 0, last = bucket_of(family, rows, rows->count - 1);

	while (row < rows->count) {
		uint32_t first = bucket_of(family, rows, row), bucket;
		uint32_t count = fw_set_least(last - first, BUCKETS_AT_ONCE - 1) + 1;
		int result = read_blocks(family->fd, family->buckets + first, count, rows->buckets);

		if (result)
			return result;
		for (; row < rows->count; row++) {
			bucket = bucket_of(family, rows, row) - first;
			if (bucket >= count)
				break;
			rows->counter[row] =
				counter_of(family, &rows->buckets[bucket], rows->first + row);
		}
	}
	return 0;
}

/* The totals of four prefixes, before and after its counter was read; false: it has to be read again. */
static bool sum_row(struct rows *rows, uint32_t row, const struct fw_set_block *before, uint32_t counter,
	const struct fw_set_block *after)
{
	struct fw_filter_hits *hits = &rows->hits[row];
	uint32_t word = row % 4 * 2;

	return fw_set_sum(&before->word[word], counter, &after->word[word], &hits->packets, &hits->bytes);
}

/* Alone one that drops so many that its counter was emptied between two reads. After TRIES it is what was read last. */
static int read_busy_row(const struct family *family, struct rows *rows, uint32_t row)
{
	uint32_t bucket = family->buckets + bucket_of(family, rows, row), number = rows->first + row;
	uint32_t total = family->places.total + number / 4;
	struct fw_set_block before, block, after;
	int result;

	for (int i = 0; i < TRIES; i++) {
		result = read_blocks(family->fd, total, 1, &before);
		if (!result)
			result = read_blocks(family->fd, bucket, 1, &block);
		if (!result)
			result = read_blocks(family->fd, total, 1, &after);
		if (result)
			return result;
		if (sum_row(rows, row, &before, counter_of(family, &block, number), &after))
			break;
	}
	return 0;
}

/* In this order: fw_set_sum() in core/address_count.h says why. */
static int read_hits(const struct family *family, struct rows *rows)
{
	int result = read_totals(family, rows, rows->before);

	if (!result)
		result = read_counters(family, rows);
	if (!result)
		result = read_totals(family, rows, rows->after);
	for (uint32_t row = 0; row < rows->count && !result; row++)
		if (!sum_row(rows, row, &rows->before[row / 4], rows->counter[row], &rows->after[row / 4]))
			result = read_busy_row(family, rows, row);
	return result;
}

/* The starts of the next rows, and what they dropped. */
static int read_rows(const struct family *family, uint32_t first, struct rows *rows)
{
	uint32_t starts = family->starts_a_block;
	int result;

	rows->first = first;
	rows->count = fw_set_least(family->count - first, ROWS_AT_ONCE);
	result = read_blocks(family->fd, family->places.level[0] + first / starts,
		fw_set_blocks(rows->count, starts), rows->starts);
	return result ? result : read_hits(family, rows);
}

/* What else is to be told of them. */
static int read_notes(const struct family *family, struct rows *rows)
{
	int result = read_blocks(family->fd, family->places.length + rows->first / 64,
		fw_set_blocks(rows->count, 64), rows->lengths);

	if (result)
		return result;
	return read_blocks(family->fd, family->places.line + rows->first / 16,
		fw_set_blocks(rows->count, 16), rows->lines);
}

static void describe(const struct family *family, const struct rows *rows, uint32_t row,
	struct fw_filter_prefix *prefix)
{
	struct fw_set_wide start = start_of(family, rows, row);
	uint32_t word = htobe32((uint32_t)start.low);

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = family->family;
	prefix->length = rows->lengths[row / 64].byte[row % 64];
	prefix->line = rows->lines[row / 16].half[row % 16];
	if (family->family == FW_FAMILY_IPV4) {
		memcpy(prefix->address, &word, sizeof(word));
		return;
	}
	start.high = htobe64(start.high);
	start.low = htobe64(start.low);
	memcpy(prefix->address, &start, sizeof(start));
}

static int read_family(const struct family *family, struct rows *rows, fw_filter_prefix_fn row_fn,
	void *argument)
{
	int result = 0;

	for (uint32_t first = 0; first < family->count && !result; first += ROWS_AT_ONCE) {
		result = read_rows(family, first, rows);
		if (!result)
			result = read_notes(family, rows);
		for (uint32_t row = 0; row < rows->count && !result; row++) {
			struct fw_filter_prefix prefix;

			describe(family, rows, row, &prefix);
			result = row_fn(&prefix, &rows->hits[row], argument) ? 0 : 1;
		}
	}
	return result;
}

int fw_filter_list_read(int fd, fw_filter_prefix_fn row, void *argument)
{
	struct fw_set_block blocks[FW_SET_FIRST];
	struct rows *rows = malloc(sizeof(*rows));
	struct family ipv4, ipv6;
	int result;

	if (!rows)
		return -ENOMEM;
	result = read_blocks(fd, 0, FW_SET_FIRST, blocks);
	if (!result) {
		ipv4 = family_of(fd, FW_FAMILY_IPV4, blocks);
		result = read_family(&ipv4, rows, row, argument);
	}
	if (!result) {
		ipv6 = family_of(fd, FW_FAMILY_IPV6, blocks);
		result = read_family(&ipv6, rows, row, argument);
	}
	free(rows);
	return result;
}

static int add_hits(const struct family *family, struct rows *rows, struct fw_filter_hits *sum)
{
	int result = 0;

	for (uint32_t first = 0; first < family->count && !result; first += ROWS_AT_ONCE) {
		result = read_rows(family, first, rows);
		for (uint32_t row = 0; row < rows->count && !result; row++) {
			sum->packets += rows->hits[row].packets;
			sum->bytes += rows->hits[row].bytes;
		}
	}
	return result;
}

static int sum_list(int fd, const struct fw_set_block blocks[FW_SET_FIRST], struct fw_filter_hits *sum)
{
	struct family ipv4 = family_of(fd, FW_FAMILY_IPV4, blocks);
	struct family ipv6 = family_of(fd, FW_FAMILY_IPV6, blocks);
	struct rows *rows = malloc(sizeof(*rows));
	int result = rows ? 0 : -ENOMEM;

	if (!result)
		result = add_hits(&ipv4, rows, sum);
	if (!result)
		result = add_hits(&ipv6, rows, sum);
	free(rows);
	return result;
}

int fw_filter_list_info(int fd, struct fw_filter_list *list)
{
	struct fw_set_block blocks[FW_SET_FIRST];
	const struct fw_set_header *header = &blocks[0].header;
	struct fw_filter_hits sum = { 0 };
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	int result;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	result = read_blocks(fd, 0, FW_SET_FIRST, blocks);
	if (!result)
		result = sum_list(fd, blocks, &sum);
	if (result)
		return result;
	list->id = header->id;
	list->ipv4 = header->ipv4;
	list->ipv6 = header->ipv6;
	list->memory_bytes = (uint64_t)info.max_entries * info.value_size;
	list->hits = sum;
	return 0;
}
