/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lists of the filter in the running kernel, without adapters: made by a private kernel side, searched by a
 * program that loops over addresses. For the test and the benchmark of lists; as root. What fails ends the
 * program with a message.
 */
#ifndef FW_FILTER_PROBE_H
#define FW_FILTER_PROBE_H

#include "abi/filter.h"

#include "filter_probe_maps.h"

struct filter_probe;

struct filter_probe *probe_open(void);
void probe_close(struct filter_probe *probe);
/* The kernel side's own maps and program, for who calls it wrongly. */
int probe_building_fd(const struct filter_probe *probe);
int probe_commit_fd(const struct filter_probe *probe);
int probe_lists_fd(const struct filter_probe *probe);
/* As fw_filter_list_make(). */
int probe_make(struct filter_probe *probe, const struct fw_filter_prefix *prefixes, size_t count, int *fd);
/* Search in this list from now on. */
void probe_use(struct filter_probe *probe, int list);
/* Four words an address, in network byte order; PROBE_ADDRESSES of them. */
uint32_t (*probe_addresses(struct filter_probe *probe))[4];
/* What came out for each with PROBE_VERDICTS: 1 dropped. */
const uint64_t *probe_verdicts(struct filter_probe *probe);
/* Of each packet from now on; PROBE_BYTES at first. */
void probe_set_bytes(struct filter_probe *probe, uint32_t bytes);
/* One pass over the first `count` addresses. */
struct probe_argument probe_search(struct filter_probe *probe, uint32_t family, uint32_t mode,
	uint32_t count);

/* How prefixes of a list lie, from kind to nasty. */
enum probe_shape {
	PROBE_SPREAD,	/* single addresses anywhere */
	PROBE_NETWORKS, /* networks of many lengths */
	PROBE_ONE_8,	/* single addresses in one /8 (IPv6: /64) */
	PROBE_FEW_16,	/* every address of a few /16 (IPv6: /112), far from each other */
	PROBE_ALTERNATE, /* every second address of one range */
	PROBE_CLUSTERS, /* 17 neighbours in many places: one more than a block holds */
	PROBE_SHAPES
};

const char *probe_shape_name(enum probe_shape shape);
/* A sorted list of at most `count`; *made says how many. Free it. */
struct fw_filter_prefix *probe_list(uint32_t family, enum probe_shape shape, size_t count, size_t *made);

enum probe_stream {
	PROBE_ANY,  /* of all addresses (IPv6: of 2000::/3) */
	PROBE_HITS, /* in prefixes of the list */
	PROBE_NEAR, /* around those */
	PROBE_STREAMS
};

const char *probe_stream_name(enum probe_stream stream);
/* Fill the probe's addresses. */
void probe_fill(struct filter_probe *probe, uint32_t family, enum probe_stream stream,
	const struct fw_filter_prefix *prefixes, size_t count);

/* Random numbers, the same in each run. */
uint64_t probe_draw(void);
uint64_t probe_now_ns(void);

#endif
