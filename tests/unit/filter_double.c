/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/filter_double.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/interrupt.h"
#include "flowwatcher/adapter_pattern.h"
#include "lib/host/adapter_alias.h"

struct filter_double filter_double;

bool fw_interrupt_begin(void)
{
	return true;
}

void fw_interrupt_restore(void)
{
}

bool fw_interrupt_wait(uint64_t until_ns)
{
	if (until_ns > filter_double.now_ns)
		filter_double.now_ns = until_ns;
	if (!filter_double.waits)
		return true;
	filter_double.waits--;
	return false;
}

/* As soon as there are no events any more. */
bool fw_interrupt_came(void)
{
	return filter_double.events_told == filter_double.event_count &&
	       filter_double.follow_status == FW_OK;
}

bool fw_interrupt_writable(int fd)
{
	(void)fd;
	return true;
}

uint64_t fw_monotonic_ns(void)
{
	return filter_double.now_ns;
}

void fw_host_gateways(fw_gateway_fn row, void *argument)
{
	if (filter_double.gateway.family)
		row(&filter_double.gateway, argument);
}

bool fw_host_ssh_peer(uint8_t *family, uint8_t address[16])
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	size_t count = 0;

	if (!filter_double.ssh)
		return false;
	assert_int_equal(fw_filter_prefix_parse(filter_double.ssh, prefixes, &count, NULL), FW_OK);
	*family = prefixes[0].family;
	memcpy(address, prefixes[0].address, sizeof(prefixes[0].address));
	return true;
}

bool fw_host_desktop_peer(uint8_t *family, uint8_t address[16])
{
	if (!filter_double.desktop)
		return false;
	*family = FW_FAMILY_IPV4;
	memset(address, 0, 16);
	return inet_pton(AF_INET, filter_double.desktop, address) == 1;
}

bool fw_adapter_alias_find(const char *alias, char name[FW_ADAPTER_NAME_SIZE])
{
	if (strcmp(alias, "Local Area Connection"))
		return false;
	strcpy(name, "eth0");
	return true;
}

static const struct filter_double_list *best_list(const char *name, uint32_t direction)
{
	const struct filter_double_list *best = NULL;

	for (size_t i = 0; i < filter_double.list_count; i++) {
		const struct filter_double_list *list = &filter_double.lists[i];

		if ((list->list.direction & direction) &&
			fw_adapter_matches(list->list.adapter, name) &&
			(!best || fw_adapter_precedes(list->list.adapter, best->list.adapter)))
			best = list;
	}
	return best;
}

static void fill_direction(struct fw_adapter_direction *side, const char *name, uint32_t direction)
{
	const struct filter_double_list *list = best_list(name, direction);

	side->hook = FW_FILTER_HOOK_NONE;
	side->list = 0;
	side->pattern[0] = '\0';
	if (!list)
		return;
	side->hook = direction == FW_FILTER_IN ? FW_FILTER_HOOK_XDP_NATIVE : FW_FILTER_HOOK_TC;
	side->list = list->list.id;
	memcpy(side->pattern, list->list.adapter, sizeof(side->pattern));
}

static enum fw_status adapters(struct fw_backend *backend, fw_adapter_fn row, void *argument,
	struct fw_error *error)
{
	(void)backend;
	(void)error;
	for (size_t i = 0; i < filter_double.adapter_count; i++) {
		struct fw_adapter *adapter = &filter_double.adapters[i];

		fill_direction(&adapter->in, adapter->name, FW_FILTER_IN);
		fill_direction(&adapter->out, adapter->name, FW_FILTER_OUT);
		if (!row(adapter, argument))
			return FW_STOPPED;
		/* Each time that it is asked, more was seen. */
		adapter->in.counters.packets += 1000;
		adapter->in.counters.dropped_packets += 10;
		adapter->in.counters.dropped_bytes += 640;
	}
	return FW_OK;
}

static enum fw_status adapter_addresses(struct fw_backend *backend, uint32_t index,
	fw_adapter_address_fn row, void *argument, struct fw_error *error)
{
	const struct fw_filter_prefix address = {
		.address = { 192, 0, 2, (uint8_t)index },
		.family = FW_FAMILY_IPV4,
		.length = 24,
	};

	(void)backend;
	(void)error;
	return row(&address, argument) ? FW_OK : FW_STOPPED;
}

static bool has_adapter(const char *name)
{
	for (size_t i = 0; i < filter_double.adapter_count; i++)
		if (!strcmp(filter_double.adapters[i].name, name))
			return true;
	return false;
}

/* A list that is left with no direction goes. */
static void take_direction(const char *adapter, uint32_t direction)
{
	size_t left = 0;

	for (size_t i = 0; i < filter_double.list_count; i++) {
		struct filter_double_list *list = &filter_double.lists[i];

		if (!strcmp(list->list.adapter, adapter))
			list->list.direction &= ~direction;
		if (list->list.direction)
			filter_double.lists[left++] = *list;
		else
			fw_prefix_list_done(&list->prefixes);
	}
	filter_double.list_count = left;
}

static void apply(const struct fw_filter_change *change)
{
	struct filter_double_list *list;

	take_direction(change->adapter, change->direction);
	if (!change->prefixes)
		return;
	assert_true(filter_double.list_count < FILTER_DOUBLE_LISTS);
	list = &filter_double.lists[filter_double.list_count++];
	memset(list, 0, sizeof(*list));
	snprintf(list->list.adapter, sizeof(list->list.adapter), "%s", change->adapter);
	snprintf(list->list.source, sizeof(list->list.source), "%s", change->source);
	list->list.direction = change->direction;
	list->list.id = filter_double.next_id++;
	for (size_t i = 0; i < change->count; i++) {
		const struct fw_filter_prefix *prefix = &change->prefixes[i];

		assert_true(!i || fw_filter_prefix_compare(prefix - 1, prefix) < 0);
		assert_true(fw_prefix_list_append(&list->prefixes, prefix));
		(*(prefix->family == FW_FAMILY_IPV4 ? &list->list.ipv4 : &list->list.ipv6))++;
	}
}

/* Another command has set the same prefixes anew. */
static void interfere(void)
{
	if (!filter_double.interferences)
		return;
	filter_double.interferences--;
	for (size_t i = 0; i < filter_double.list_count; i++)
		filter_double.lists[i].list.id = filter_double.next_id++;
}

static uint32_t list_of(const char *adapter, uint32_t direction)
{
	for (size_t i = 0; i < filter_double.list_count; i++)
		if (!strcmp(filter_double.lists[i].list.adapter, adapter) &&
			(filter_double.lists[i].list.direction & direction))
			return filter_double.lists[i].list.id;
	return 0;
}

static enum fw_status filter_set(struct fw_backend *backend, const struct fw_filter_change *changes,
	size_t count, enum fw_filter_way way, struct fw_error *error)
{
	(void)backend;
	assert_true(count > 0);
	filter_double.sets++;
	filter_double.way = way;
	if (filter_double.set_status != FW_OK)
		return fw_error_set(error, filter_double.set_status, "the stand-in sets nothing");
	for (size_t i = 0; i < count; i++)
		if (changes[i].prefixes && !fw_adapter_is_pattern(changes[i].adapter) &&
			!has_adapter(changes[i].adapter))
			return fw_error_set(error, FW_NOT_FOUND, "there is no adapter %s",
				changes[i].adapter);
	interfere();
	for (size_t i = 0; i < count; i++)
		if (changes[i].is_update &&
			list_of(changes[i].adapter, changes[i].direction) != changes[i].replaces)
			return fw_error_set(error, FW_EXISTS, "another list took the place");
	for (size_t i = 0; i < count; i++)
		apply(&changes[i]);
	return FW_OK;
}

static enum fw_status filter_settle(struct fw_backend *backend, struct fw_error *error)
{
	(void)backend;
	(void)error;
	filter_double.settles++;
	return FW_OK;
}

static enum fw_status filter_lists(
	struct fw_backend *backend, fw_filter_list_fn row, void *argument, struct fw_error *error)
{
	(void)backend;
	(void)error;
	for (size_t i = 0; i < filter_double.list_count; i++)
		if (!row(&filter_double.lists[i].list, argument))
			return FW_STOPPED;
	return FW_OK;
}

/* A prefix has dropped as many packets as its line says. */
static enum fw_status filter_prefixes(struct fw_backend *backend, uint32_t id,
	fw_filter_prefix_fn row, void *argument, struct fw_error *error)
{
	(void)backend;
	for (size_t i = 0; i < filter_double.list_count; i++) {
		const struct filter_double_list *list = &filter_double.lists[i];

		if (list->list.id != id)
			continue;
		for (size_t p = 0; p < list->prefixes.count; p++) {
			uint64_t line = list->prefixes.prefixes[p].line;
			const struct fw_filter_hits hits = { line, 64 * line };

			if (!row(&list->prefixes.prefixes[p], &hits, argument))
				return FW_STOPPED;
		}
		return FW_OK;
	}
	return fw_error_set(error, FW_NOT_FOUND, "no list has the id %u", id);
}

static enum fw_status filter_follow(struct fw_backend *backend, int timeout_ms,
	fw_adapter_event_fn row, void *argument, struct fw_error *error)
{
	const struct fw_adapter_event *event = &filter_double.events[filter_double.events_told];

	(void)backend;
	if (!timeout_ms)
		return FW_OK;
	if (filter_double.follow_status != FW_OK)
		return fw_error_set(error, filter_double.follow_status,
			"the stand-in was taken down");
	if (filter_double.events_told == filter_double.event_count)
		return FW_OK;
	filter_double.events_told++;
	if (event->action == FW_ADAPTER_APPEARED)
		filter_double_add_adapter(event->name);
	return row(event, argument) ? FW_OK : FW_STOPPED;
}

static enum fw_status filter_places(struct fw_backend *backend, fw_filter_place_fn row, void *argument,
	struct fw_error *error)
{
	const struct fw_filter_counters seen = { 7, 700, 2, 200 }, none = { 0 };

	(void)backend;
	(void)error;
	return row("eth0", "send", &none, argument) && row("eth0", "lookahead", &seen, argument) &&
			       row("eth1", "packet", &seen, argument) ?
		       FW_OK :
		       FW_STOPPED;
}

/* An adapter whose answers are as long as the question says. */
static enum fw_status adapter_query(struct fw_backend *backend, const char *adapter, uint32_t question,
	void *answer, uint32_t size, uint32_t *length, struct fw_error *error)
{
	(void)backend;
	(void)size;
	if (strcmp(adapter, "eth0"))
		return fw_error_set(error, FW_NOT_FOUND, "there is no %s", adapter);
	*length = question & 0xff;
	memcpy(answer, "Stand-in\0\1\2\3\4\5\6\7", 16);
	return FW_OK;
}

static const struct fw_backend_ops with_filter = {
	.name = "stand-in",
	.adapters = adapters,
	.adapter_addresses = adapter_addresses,
	.filter_set = filter_set,
	.filter_settle = filter_settle,
	.filter_lists = filter_lists,
	.filter_prefixes = filter_prefixes,
	.filter_follow = filter_follow,
};
static const struct fw_backend_ops without_filter = { .name = "stand-in" };
static struct fw_backend_ops with_places;

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	static struct fw_backend backend;

	filter_double.opens++;
	assert_true(options->needs_loaded && options->choice != FW_BACKEND_SOCKDIAG);
	if (filter_double.open_status != FW_OK)
		return fw_error_set(error, filter_double.open_status, "the stand-in is not loaded");
	with_places = with_filter;
	with_places.filter_places = filter_places;
	with_places.adapter_query = adapter_query;
	backend.ops = filter_double.has_no_filter ? &without_filter :
		      filter_double.has_places	  ? &with_places :
						    &with_filter;
	*session = (struct fw_session){ .backend = &backend };
	return FW_OK;
}

void fw_session_close(struct fw_session *session)
{
	memset(session, 0, sizeof(*session));
}

void filter_double_add_adapter(const char *name)
{
	struct fw_adapter *adapter = &filter_double.adapters[filter_double.adapter_count++];

	assert_true(filter_double.adapter_count <= FILTER_DOUBLE_ADAPTERS);
	*adapter = (struct fw_adapter){
		.index = (uint32_t)filter_double.adapter_count,
		.flags = FW_ADAPTER_UP | FW_ADAPTER_CARRIER,
		.mtu = 1500,
		.driver = "stand-in",
		.medium = "ethernet",
		.mac = { 2, 0, 0, 0, 0, (uint8_t)filter_double.adapter_count },
		.mac_length = 6,
		.address_count = 1,
	};
	snprintf(adapter->name, sizeof(adapter->name), "%s", name);
	snprintf(adapter->in.reason, sizeof(adapter->in.reason), "the reason of %s", name);
}

const struct filter_double_list *filter_double_list(const char *adapter, uint32_t direction)
{
	for (size_t i = 0; i < filter_double.list_count; i++)
		if (!strcmp(filter_double.lists[i].list.adapter, adapter) &&
			(filter_double.lists[i].list.direction & direction))
			return &filter_double.lists[i];
	fail_msg("there is no list of %s", adapter);
	return NULL;
}

void filter_double_begin(void)
{
	filter_double_end();
	filter_double.next_id = 1;
	filter_double_add_adapter("lo");
	filter_double_add_adapter("eth0");
	filter_double_add_adapter("eth1");
}

void filter_double_end(void)
{
	for (size_t i = 0; i < filter_double.list_count; i++)
		fw_prefix_list_done(&filter_double.lists[i].prefixes);
	memset(&filter_double, 0, sizeof(filter_double));
}
