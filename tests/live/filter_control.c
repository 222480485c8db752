/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwfilter: drives the filter of a loaded kernel side through the backend's operations. For the
 * live tests and for trying things by hand. Prefixes are to be given in order.
 *
 *   fwfilter set WAY ADAPTER DIRECTION [PREFIX...] [-- ADAPTER DIRECTION [PREFIX...]]...
 *                                     lists; WAY: best native generic tc; DIRECTION: in out both
 *   fwfilter clear ADAPTER DIRECTION  no list
 *   fwfilter settle
 *   fwfilter adapters                 index name in-hook in-list seen dropped out-hook out-list
 * seen dropped | in-reason | out-reason fwfilter lists                    id direction adapter ipv4
 * ipv6 packets bytes source fwfilter prefixes LIST            prefix packets bytes fwfilter
 * addresses INDEX fwfilter follow MILLISECONDS      action index name direction, each as it happens
 */
#include "backend/linux/bpf_backend.h"
#include "flowwatcher/prefix_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_CHANGES 64

static struct fw_error error;
static struct fw_backend *backend;

static int answer(enum fw_status status)
{
	if (status == FW_OK)
		return 0;
	fprintf(stderr, "fwfilter: %s\n", error.text);
	return fw_status_exit_code(status);
}

static const char *const hooks[] = { "-", "native", "generic", "tc", "ndis" };
static const char *const directions[] = { "none", "in", "out", "both" };
static const char *const ways[] = { "best", "native", "generic", "tc" };

static uint32_t word(const char *text, const char *const *words, size_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(text, words[i]))
			return i;
	fprintf(stderr, "fwfilter: '%s'?\n", text);
	exit(2);
}

static void read_prefixes(struct fw_filter_change *change, char **argv, int count)
{
	struct fw_filter_prefix *prefixes = calloc((size_t)count + 1, sizeof(*prefixes));
	struct fw_filter_prefix many[FW_RANGE_PREFIXES];

	for (int i = 0; i < count; i++) {
		size_t got;

		if (fw_filter_prefix_parse(argv[i], many, &got, &error) != FW_OK)
			exit(answer(FW_USAGE));
		prefixes[i] = many[0];
		prefixes[i].line = (uint32_t)i + 1;
	}
	change->prefixes = prefixes;
	change->count = (size_t)count;
}

static int set_lists(int argc, char **argv)
{
	enum fw_filter_way way = word(argv[0], ways, FW_ARRAY_SIZE(ways));
	struct fw_filter_change changes[MOST_CHANGES] = { 0 };
	size_t count = 0;

	for (int at = 1, end; at + 1 < argc && count < MOST_CHANGES; at = end + 1) {
		struct fw_filter_change *change = &changes[count++];

		for (end = at; end < argc && strcmp(argv[end], "--");)
			end++;
		change->adapter = argv[at];
		change->direction = word(argv[at + 1], directions, FW_ARRAY_SIZE(directions));
		change->source = "command";
		read_prefixes(change, argv + at + 2, end - at - 2);
	}
	return answer(backend->ops->filter_set(backend, changes, count, way, &error));
}

static int clear_list(char **argv)
{
	const struct fw_filter_change change = { .adapter = argv[0],
		.direction = word(argv[1], directions, FW_ARRAY_SIZE(directions)) };

	return answer(backend->ops->filter_set(backend, &change, 1, FW_FILTER_WAY_BEST, &error));
}

static void print_direction(const struct fw_adapter_direction *direction)
{
	printf(" %s %u %" PRIu64 " %" PRIu64, hooks[direction->hook], direction->list,
		direction->counters.packets, direction->counters.dropped_packets);
}

static bool print_adapter(const struct fw_adapter *adapter, void *argument)
{
	printf("%u %s", adapter->index, adapter->name);
	print_direction(&adapter->in);
	print_direction(&adapter->out);
	printf(" | %s | %s | %s %s mtu %u flags %u addresses %u\n", adapter->in.reason,
		adapter->out.reason, adapter->driver, adapter->medium, adapter->mtu, adapter->flags,
		adapter->address_count);
	return true;
}

static bool print_list(const struct fw_filter_list *list, void *argument)
{
	printf("%u %s %s %u %u %" PRIu64 " %" PRIu64 " %s\n", list->id,
		directions[list->direction & 3], list->adapter, list->ipv4, list->ipv6,
		list->hits.packets, list->hits.bytes, list->source);
	return true;
}

static bool print_prefix(
	const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits, void *argument)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	printf("%s %" PRIu64 " %" PRIu64 "\n", fw_filter_prefix_format(prefix, text, sizeof(text)),
		hits->packets, hits->bytes);
	return true;
}

static bool print_address(const struct fw_filter_prefix *address, void *argument)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	puts(fw_filter_prefix_format(address, text, sizeof(text)));
	return true;
}

static bool print_event(const struct fw_adapter_event *event, void *argument)
{
	static const char *const actions[] = { "", "appeared", "vanished", "filtered" };

	printf("%s %u %s %s\n", actions[event->action], event->index, event->name,
		directions[event->direction & 3]);
	fflush(stdout);
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int follow(int64_t milliseconds)
{
	int64_t end = now_ms() + milliseconds;
	enum fw_status status = backend->ops->filter_follow(backend, 0, print_event, NULL, &error);

	puts("following");
	fflush(stdout);
	while (status == FW_OK && now_ms() < end)
		status = backend->ops->filter_follow(
			backend, (int)(end - now_ms()), print_event, NULL, &error);
	return answer(status);
}

static int run(int argc, char **argv)
{
	const struct fw_backend_ops *ops = backend->ops;

	if (argc > 3 && !strcmp(argv[1], "set"))
		return set_lists(argc - 2, argv + 2);
	if (argc == 4 && !strcmp(argv[1], "clear"))
		return clear_list(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "settle"))
		return answer(ops->filter_settle(backend, &error));
	if (argc == 2 && !strcmp(argv[1], "adapters"))
		return answer(ops->adapters(backend, print_adapter, NULL, &error));
	if (argc == 2 && !strcmp(argv[1], "lists"))
		return answer(ops->filter_lists(backend, print_list, NULL, &error));
	if (argc == 3 && !strcmp(argv[1], "prefixes"))
		return answer(ops->filter_prefixes(
			backend, (uint32_t)atol(argv[2]), print_prefix, NULL, &error));
	if (argc == 3 && !strcmp(argv[1], "addresses"))
		return answer(ops->adapter_addresses(
			backend, (uint32_t)atol(argv[2]), print_address, NULL, &error));
	if (argc == 3 && !strcmp(argv[1], "follow"))
		return follow(atol(argv[2]));
	fputs("usage: see the head of filter_control.c\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int result;

	if (fw_bpf_open(&backend, &error) != FW_OK)
		return answer(error.status);
	result = run(argc, argv);
	backend->ops->close(backend);
	return result;
}
