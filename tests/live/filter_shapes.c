/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists and streams of addresses: see filter_probe.h. */
#include "filter_probe.h"

#include "abi/filter.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER 17

typedef unsigned __int128 wide;

/* What the shapes choose from: IPv4 or IPv6 from its first address on. */
struct space {
	uint32_t family;
	uint32_t bits;
	wide begin;
	uint32_t range_bits; /* of it */
};

struct range {
	wide start;
	uint32_t length;
};

static uint64_t state;

uint64_t probe_draw(void)
{
	uint64_t mixed = state += 0x9e3779b97f4a7c15ull;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
	return mixed ^ mixed >> 31;
}

static struct space space_of(uint32_t family)
{
	if (family == FW_FAMILY_IPV4)
		return (struct space){ family, 32, 0, 32 };
	return (struct space){ family, 128, (wide)1 << 125, 125 };
}

static wide draw_in(const struct space *space, uint32_t bits)
{
	wide drawn = (wide)probe_draw() << 64 | probe_draw();

	return space->begin + (drawn & (((wide)1 << bits) - 1));
}

/* A length that lists in the wild have. */
static uint32_t draw_length(const struct space *space)
{
	static const uint8_t ipv4[] = { 32, 32, 32, 32, 24, 24, 24, 32, 23, 22, 20, 19, 16, 29, 30, 27 };
	static const uint8_t ipv6[] = { 32, 48, 48, 64, 64, 128, 56, 44, 40, 36, 29, 64, 48, 128, 32, 64 };

	return (space->family == FW_FAMILY_IPV4 ? ipv4 : ipv6)[probe_draw() % 16];
}

/* The i-th of `count`, before they are put in order. */
static struct range shape_range(const struct space *space, enum probe_shape shape, size_t i, size_t count)
{
	uint32_t part = space->family == FW_FAMILY_IPV4 ? 24 : 64;
	wide place;

	switch (shape) {
	case PROBE_NETWORKS:
		return (struct range){ draw_in(space, space->range_bits), draw_length(space) };
	case PROBE_ONE_8:
		return (struct range){ space->begin + ((wide)10 << part) + (draw_in(space, part) - space->begin),
			space->bits };
	case PROBE_FEW_16:
		place = i >> 16;
		place *= ((wide)1 << space->range_bits) / ((count >> 16) + 2);
		return (struct range){ space->begin + place + (i & 0xffff), space->bits };
	case PROBE_ALTERNATE:
		return (struct range){ space->begin + ((wide)10 << part) + 2 * i, space->bits };
	case PROBE_CLUSTERS:
		place = ((wide)1 << space->range_bits) / (count / CLUSTER + 1) * (i / CLUSTER);
		return (struct range){ space->begin + place + i % CLUSTER, space->bits };
	default:
		return (struct range){ draw_in(space, space->range_bits), space->bits };
	}
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return (a->length > b->length) - (a->length < b->length);
}

static wide host_bits(const struct space *space, uint32_t length)
{
	return length ? ((wide)1 << (space->bits - length)) - 1 : ~(wide)0;
}

static void store(const struct space *space, wide address, void *bytes)
{
	uint64_t high = htobe64((uint64_t)(address >> 64)), low = htobe64((uint64_t)address);
	uint32_t word = htobe32((uint32_t)address);

	if (space->family == FW_FAMILY_IPV4) {
		memcpy(bytes, &word, sizeof(word));
		return;
	}
	memcpy(bytes, &high, sizeof(high));
	memcpy((char *)bytes + sizeof(high), &low, sizeof(low));
}

static wide load(const struct space *space, const struct fw_filter_prefix *prefix)
{
	uint64_t halves[2];
	uint32_t word;

	memcpy(&word, prefix->address, sizeof(word));
	memcpy(halves, prefix->address, sizeof(halves));
	if (space->family == FW_FAMILY_IPV4)
		return be32toh(word);
	return (wide)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

/* Leave out what another one has already. */
static size_t write_list(const struct space *space, const struct range *ranges, size_t count,
	struct fw_filter_prefix *prefixes)
{
	wide end = 0;
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		struct fw_filter_prefix *prefix = &prefixes[made];
		wide start = ranges[i].start;

		if (made && start <= end)
			continue;
		end = start | host_bits(space, ranges[i].length);
		memset(prefix, 0, sizeof(*prefix));
		store(space, start, prefix->address);
		prefix->family = (uint8_t)space->family;
		prefix->length = (uint8_t)ranges[i].length;
		prefix->line = (uint32_t)++made;
	}
	return made;
}

struct fw_filter_prefix *probe_list(uint32_t family, enum probe_shape shape, size_t count, size_t *made)
{
	struct fw_filter_prefix *prefixes = calloc(count + 1, sizeof(*prefixes));
	struct range *ranges = calloc(count + 1, sizeof(*ranges));
	struct space space = space_of(family);

	if (!prefixes || !ranges)
		abort();
	for (size_t i = 0; i < count; i++) {
		ranges[i] = shape_range(&space, shape, i, count);
		ranges[i].start &= ~host_bits(&space, ranges[i].length);
	}
	qsort(ranges, count, sizeof(*ranges), compare);
	*made = write_list(&space, ranges, count, prefixes);
	free(ranges);
	return prefixes;
}

void probe_fill(struct filter_probe *probe, uint32_t family, enum probe_stream stream,
	const struct fw_filter_prefix *prefixes, size_t count)
{
	uint32_t(*addresses)[4] = probe_addresses(probe);
	struct space space = space_of(family);

	for (uint32_t i = 0; i < PROBE_ADDRESSES; i++) {
		wide address = draw_in(&space, space.range_bits);

		if (stream != PROBE_ANY && count) {
			const struct fw_filter_prefix *prefix = &prefixes[probe_draw() % count];

			address = load(&space, prefix) | (address & host_bits(&space, prefix->length));
			if (stream == PROBE_NEAR)
				address += probe_draw() % 512 - (uint64_t)256;
		}
		store(&space, address, addresses[i]);
	}
}

const char *probe_shape_name(enum probe_shape shape)
{
	static const char *const names[PROBE_SHAPES] = { "spread", "networks", "one_8", "few_16",
		"alternate", "clusters" };

	return names[shape];
}

const char *probe_stream_name(enum probe_stream stream)
{
	static const char *const names[PROBE_STREAMS] = { "any", "hits", "near" };

	return names[stream];
}
