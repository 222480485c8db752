/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The backend of the packet filter before a driver that says what it wants: lists go there whole, what is right is handed
 * on, what is not is refused with a message, and nothing is read that was not said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/filter_control.h"
#include "backend/windows/filter_backend.h"
#include "backend/windows/device_channel.h"
#include "tests/unit/device_script.h"

#define USUAL ((struct script_answer){ NULL, SIZE_MAX, FW_OK })
#define GUID  "{4D36E972-E325-11CE-BFC1-08002BE10318}"

static int setup(void **state)
{
	(void)state;
	device_script_reset();
	return 0;
}

static struct fw_backend *open_backend(void)
{
	struct fw_backend *backend = NULL;
	struct fw_error error;

	assert_int_equal(fw_windows_filter_open(&backend, &error), FW_OK);
	assert_int_equal(device_script.last_device, FW_DEVICE_FILTER);
	return backend;
}

static void close_backend(struct fw_backend *backend)
{
	backend->ops->close(backend);
	assert_int_equal(device_script.opened, device_script.closed);
}

/* Rows that the driver has for one function, all in one answer; the cursor's other number is kept. */
static struct {
	uint32_t function;
	uint32_t row_size, count;
	uint32_t number;
	uint8_t bytes[65536];
} table;

static void add_row(uint32_t function, const void *row, uint32_t size)
{
	if (table.function != function)
		table.count = 0;
	table.function = function;
	table.row_size = size;
	memcpy(table.bytes + table.count++ * size, row, size);
}

static struct script_answer give_table(uint32_t function, const void *in, uint32_t in_size)
{
	static uint8_t answer[sizeof(struct fw_control_rows) + sizeof(table.bytes)];
	const struct fw_control_cursor *cursor = in;
	struct fw_control_rows rows = { sizeof(rows), table.row_size, table.count, 0, table.count };

	if (function != table.function || cursor->after)
		return USUAL;
	assert_int_equal(in_size, sizeof(*cursor));
	table.number = cursor->reserved;
	memcpy(answer, &rows, sizeof(rows));
	memcpy(answer + sizeof(rows), table.bytes, table.count * table.row_size);
	return (struct script_answer){ answer, sizeof(rows) + table.count * table.row_size, FW_OK };
}

static int setup_table(void **state)
{
	(void)state;
	device_script_reset();
	memset(&table, 0, sizeof(table));
	device_script.answer = give_table;
	return 0;
}

static struct script_answer another_version(uint32_t function, const void *in, uint32_t in_size)
{
	static const struct fw_control_hello other = { sizeof(other), FW_ABI_MAJOR + 1, 0 };

	(void)in;
	(void)in_size;
	return function == FW_FILTER_CONTROL_HELLO ? (struct script_answer){ &other, sizeof(other), FW_OK } : USUAL;
}

static bool keep_feature(const struct fw_feature *feature, void *argument)
{
	assert_int_equal(feature->state, FW_FEATURE_MISSING);
	snprintf(argument, 256, "%s: %s", feature->group, feature->reason);
	return true;
}

static void opens(void **state)
{
	struct fw_filter_control_status status = { .size = 1 };
	struct fw_backend *backend = NULL;
	struct fw_error error;
	char text[256];

	(void)state;
	close_backend(open_backend());
	assert_int_equal(fw_windows_filter_status(&status, &error), FW_OK);
	assert_int_equal(status.size, sizeof(status));
	device_script.answer = another_version;
	assert_int_equal(fw_windows_filter_open(&backend, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "install the fwfilter.sys of this version"));
	device_script.open = FW_NOT_FOUND;
	assert_int_equal(fw_windows_filter_open(&backend, &error), FW_NOT_FOUND);
	assert_int_equal(fw_windows_filter_status(&status, &error), FW_NOT_FOUND);
	assert_int_equal(fw_windows_filter_features(keep_feature, text, &error), FW_OK);
	assert_string_equal(text, "packet filter: the device does not open");
	assert_null(backend);
	assert_int_equal(device_script.opened, device_script.closed);
}

static void add_adapter(uint32_t index, const char *name)
{
	struct fw_adapter adapter;

	/* What a driver leaves has no zero anywhere. */
	memset(&adapter, 'x', sizeof(adapter));
	adapter.index = index;
	memset(adapter.name, 0, sizeof(adapter.name));
	snprintf(adapter.name, sizeof(adapter.name), "%s", name);
	add_row(FW_FILTER_CONTROL_ADAPTERS, &adapter, sizeof(adapter));
}

static void add_network(const char *name, const char *alias, size_t addresses)
{
	struct fw_network_adapter *network = &device_script.network[device_script.network_count++];

	snprintf(network->name, sizeof(network->name), "%s", name);
	snprintf(network->alias, sizeof(network->alias), "%s", alias);
	network->address_count = addresses;
	for (size_t i = 0; i < addresses; i++)
		network->addresses[i] = (struct fw_filter_prefix){ .address = { 192, 0, 2, (uint8_t)(i + 1) },
			.family = FW_FAMILY_IPV4,
			.length = 24 };
}

struct seen {
	size_t count, stop_at;
	struct fw_adapter adapters[4];
	struct fw_filter_prefix addresses[4];
};

static bool see_adapter(const struct fw_adapter *adapter, void *argument)
{
	struct seen *seen = argument;

	seen->adapters[seen->count++] = *adapter;
	return seen->count != seen->stop_at;
}

static bool see_address(const struct fw_filter_prefix *address, void *argument)
{
	struct seen *seen = argument;

	seen->addresses[seen->count++] = *address;
	return seen->count != seen->stop_at;
}

static void adapters(void **state)
{
	struct fw_backend *backend = open_backend();
	struct seen seen = { 0 };
	struct fw_error error;

	(void)state;
	add_adapter(3, GUID);
	add_adapter(7, "{of no protocol}");
	add_network("{another}", "Wireless", 1);
	add_network("{4d36e972-e325-11ce-bfc1-08002be10318}", "Local Area Connection", 2);
	assert_int_equal(backend->ops->adapters(backend, see_adapter, &seen, &error), FW_OK);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.adapters[0].name, GUID);
	assert_string_equal(seen.adapters[0].alias, "Local Area Connection");
	assert_int_equal(seen.adapters[0].address_count, 2);
	assert_int_equal(strlen(seen.adapters[1].alias), FW_ADAPTER_TEXT_SIZE - 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(seen.adapters[i].mac_length, sizeof(seen.adapters[i].mac));
		assert_int_equal(strlen(seen.adapters[i].driver), FW_ADAPTER_TEXT_SIZE - 1);
		assert_int_equal(strlen(seen.adapters[i].medium), FW_ADAPTER_NAME_SIZE - 1);
		assert_int_equal(strlen(seen.adapters[i].in.reason), FW_ADAPTER_TEXT_SIZE - 1);
		assert_int_equal(strlen(seen.adapters[i].out.pattern), FW_ADAPTER_NAME_SIZE - 1);
	}
	seen = (struct seen){ .stop_at = 1 };
	assert_int_equal(backend->ops->adapters(backend, see_adapter, &seen, &error), FW_STOPPED);
	close_backend(backend);
}

static void addresses(void **state)
{
	struct fw_backend *backend = open_backend();
	struct seen seen = { 0 };
	struct fw_error error;

	(void)state;
	add_adapter(3, GUID);
	add_adapter(7, "{of no protocol}");
	add_network(GUID, "Local Area Connection", 3);
	assert_int_equal(backend->ops->adapter_addresses(backend, 3, see_address, &seen, &error), FW_OK);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.addresses[2].address[3], 3);
	assert_int_equal(seen.addresses[2].length, 24);
	seen = (struct seen){ .stop_at = 2 };
	assert_int_equal(backend->ops->adapter_addresses(backend, 3, see_address, &seen, &error), FW_STOPPED);
	seen = (struct seen){ 0 };
	assert_int_equal(backend->ops->adapter_addresses(backend, 7, see_address, &seen, &error), FW_OK);
	assert_int_equal(seen.count, 0);
	assert_int_equal(backend->ops->adapter_addresses(backend, 8, see_address, &seen, &error), FW_NOT_FOUND);
	close_backend(backend);
}

static bool see_place(const char *adapter, const char *place, const struct fw_filter_counters *counters,
	void *argument)
{
	char *text = argument;

	assert_int_equal(counters->dropped_bytes, 4);
	snprintf(text + strlen(text), 256 - strlen(text), "%.3s:%s ", adapter, place);
	return true;
}

static void places(void **state)
{
	struct fw_backend *backend = open_backend();
	struct fw_filter_control_place place;
	struct fw_error error;
	char text[256] = "";

	(void)state;
	for (uint32_t i = 0; i <= FW_FILTER_PLACES; i++) {
		memset(&place, 'x', sizeof(place));
		place.place = i;
		place.counters.dropped_bytes = 4;
		add_row(FW_FILTER_CONTROL_PLACES, &place, sizeof(place));
	}
	assert_int_equal(backend->ops->filter_places(backend, see_place, text, &error), FW_OK);
	assert_string_equal(text, "xxx:send xxx:lookahead xxx:packet xxx:unknown ");
	close_backend(backend);
}

static bool see_list(const struct fw_filter_list *list, void *argument)
{
	char *text = argument;

	assert_true(list->direction <= FW_FILTER_BOTH);
	snprintf(text + strlen(text), 256 - strlen(text), "%.3s%u ", list->adapter, list->id);
	return true;
}

static void lists_by_text(void **state)
{
	static const char *const names[] = { "b", "a", "c", "a" };
	struct fw_backend *backend = open_backend();
	struct fw_filter_list list;
	struct fw_error error;
	char text[256] = "";

	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		memset(&list, 'x', sizeof(list));
		snprintf(list.adapter, sizeof(list.adapter), "%s", names[i]);
		list.id = i + 1;
		add_row(FW_FILTER_CONTROL_LISTS, &list, sizeof(list));
	}
	memset(&list, 'x', sizeof(list));
	list.id = 5;
	add_row(FW_FILTER_CONTROL_LISTS, &list, sizeof(list));
	assert_int_equal(backend->ops->filter_lists(backend, see_list, text, &error), FW_OK);
	assert_string_equal(text, "a2 a4 b1 c3 xxx5 ");
	close_backend(backend);
}

static void add_prefix(uint8_t family, uint8_t first, uint8_t second, uint8_t length)
{
	const struct fw_filter_control_prefix row = { { { first, second }, family, length, 0, 9 }, { 5, 500 } };

	add_row(FW_FILTER_CONTROL_PREFIXES, &row, sizeof(row));
}

static bool see_prefix(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits, void *argument)
{
	assert_int_equal(prefix->line, 9);
	assert_int_equal(hits->bytes, 500);
	return ++*(size_t *)argument != 3;
}

static void prefixes(void **state)
{
	struct fw_backend *backend = open_backend();
	struct fw_error error;
	size_t count = 0;

	(void)state;
	add_prefix(FW_FAMILY_IPV4, 10, 0, 8);
	add_prefix(FW_FAMILY_IPV6, 0x20, 1, 16);
	assert_int_equal(backend->ops->filter_prefixes(backend, 77, see_prefix, &count, &error), FW_OK);
	assert_int_equal(count, 2);
	assert_int_equal(table.number, 77);
	count = 0;
	add_prefix(FW_FAMILY_IPV6, 0x20, 2, 16);
	assert_int_equal(backend->ops->filter_prefixes(backend, 77, see_prefix, &count, &error), FW_STOPPED);
	close_backend(backend);
}

/* Behind a good one. */
static void lying_prefixes(void **state)
{
	static const uint8_t lies[][4] = {
		{ 0, 11, 0, 8 }, { 9, 11, 0, 8 }, { FW_FAMILY_IPV4, 11, 0, 33 }, { FW_FAMILY_IPV6, 11, 0, 129 },
		{ FW_FAMILY_IPV4, 10, 0, 8 }, { FW_FAMILY_IPV4, 9, 0, 8 }, { FW_FAMILY_IPV4, 10, 5, 16 },
	};
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		size_t count = 0;

		table.count = 0;
		add_prefix(FW_FAMILY_IPV4, 10, 0, 8);
		add_prefix(lies[i][0], lies[i][1], lies[i][2], lies[i][3]);
		assert_int_equal(backend->ops->filter_prefixes(backend, 1, see_prefix, &count, &error),
			FW_MALFORMED);
		assert_int_equal(count, 1);
		assert_non_null(strstr(error.text, "fwfilter.sys"));
	}
	close_backend(backend);
}

/* What the driver got. */
static struct {
	struct fw_filter_control_draft drafts[4];
	uint32_t draft_count, appended[5], appends;
	struct fw_filter_prefix last;
	struct fw_filter_control_change changes[4];
	uint32_t commits, change_count;
	uint32_t failing; /* function that is refused */
	enum fw_status failure;
} driver;

static void take_append(const struct fw_filter_control_append *append, uint32_t size)
{
	const struct fw_filter_prefix *prefixes = (const void *)(append + 1);

	assert_int_equal(append->size, sizeof(*append));
	assert_int_equal(append->reserved, 0);
	assert_in_range(append->count, 1, FW_FILTER_CONTROL_AT_ONCE);
	assert_int_equal(size, sizeof(*append) + append->count * sizeof(*prefixes));
	assert_in_range(append->number, 1, 4);
	driver.appended[append->number] += append->count;
	driver.last = prefixes[append->count - 1];
	driver.appends++;
}

static void take_commit(const struct fw_filter_control_commit *commit, uint32_t size)
{
	assert_int_equal(commit->size, sizeof(*commit));
	assert_int_equal(size, sizeof(*commit) + commit->count * sizeof(driver.changes[0]));
	driver.change_count = commit->count;
	memcpy(driver.changes, commit + 1, size - sizeof(*commit));
	driver.commits++;
}

static struct script_answer take_lists(uint32_t function, const void *in, uint32_t in_size)
{
	if (function == driver.failing)
		return (struct script_answer){ NULL, 0, driver.failure };
	switch (function) {
	case FW_FILTER_CONTROL_DRAFT:
		assert_int_equal(in_size, sizeof(driver.drafts[0]));
		memcpy(&driver.drafts[driver.draft_count++ % 4], in, in_size);
		return (struct script_answer){ NULL, 0, FW_OK };
	case FW_FILTER_CONTROL_APPEND:
		take_append(in, in_size);
		return (struct script_answer){ NULL, 0, FW_OK };
	case FW_FILTER_CONTROL_COMMIT:
		take_commit(in, in_size);
		return (struct script_answer){ NULL, 0, FW_OK };
	default:
		return give_table(function, in, in_size);
	}
}

static int setup_driver(void **state)
{
	setup_table(state);
	memset(&driver, 0, sizeof(driver));
	device_script.answer = take_lists;
	return 0;
}

#define MANY 9001

static struct fw_filter_prefix *many_prefixes(void)
{
	struct fw_filter_prefix *made = calloc(MANY, sizeof(*made));

	for (uint32_t i = 0; i < MANY; i++)
		made[i] = (struct fw_filter_prefix){ .address = { (uint8_t)(i >> 8), (uint8_t)i },
			.family = i < 5000 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6,
			.length = 16,
			.line = i + 1 };
	return made;
}

static void lists_go_whole(void **state)
{
	struct fw_filter_prefix *many = many_prefixes();
	const struct fw_filter_change changes[] = {
		{ .adapter = GUID, .direction = FW_FILTER_IN, .source = "C:\\list", .prefixes = many, .count = MANY,
			.is_update = true, .replaces = 4 },
		{ .adapter = "*", .direction = FW_FILTER_OUT, .source = "-" },
		{ .adapter = "{b}", .direction = FW_FILTER_BOTH, .source = "command", .prefixes = many, .count = 1 },
	};
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	assert_int_equal(backend->ops->filter_set(backend, changes, 3, FW_FILTER_WAY_BEST, &error), FW_OK);
	assert_int_equal(driver.draft_count, 2);
	assert_int_equal(driver.drafts[0].number, 1);
	assert_int_equal(driver.drafts[0].ipv4, 5000);
	assert_int_equal(driver.drafts[0].ipv6, MANY - 5000);
	assert_int_equal(driver.drafts[1].number, 3);
	assert_int_equal(driver.appended[1], MANY);
	assert_int_equal(driver.appended[3], 1);
	assert_int_equal(driver.appends, 4);
	assert_int_equal(driver.last.line, 1);
	assert_int_equal(driver.change_count, 3);
	assert_string_equal(driver.changes[0].adapter, GUID);
	assert_string_equal(driver.changes[0].source, "C:\\list");
	assert_int_equal(driver.changes[0].flags, FW_FILTER_CONTROL_UPDATE);
	assert_int_equal(driver.changes[0].replaces, 4);
	assert_int_equal(driver.changes[0].draft, 1);
	assert_int_equal(driver.changes[1].draft, 0);
	assert_int_equal(driver.changes[1].direction, FW_FILTER_OUT);
	assert_int_equal(driver.changes[2].draft, 3);
	assert_int_equal(driver.changes[2].flags, 0);
	/* A handle of its own, which has gone. */
	assert_int_equal(device_script.opened, device_script.closed + 1);
	close_backend(backend);
	free(many);
}

static enum fw_status set_one(struct fw_backend *backend, const char *adapter, enum fw_filter_way way,
	struct fw_error *error)
{
	const struct fw_filter_prefix prefix = { .address = { 10 }, .family = FW_FAMILY_IPV4, .length = 8 };
	const struct fw_filter_change changes[] = {
		{ .adapter = "*", .direction = FW_FILTER_IN, .prefixes = &prefix, .count = 1 },
		{ .adapter = adapter, .direction = FW_FILTER_OUT, .prefixes = &prefix, .count = 1 },
	};

	return backend->ops->filter_set(backend, changes, 2, way, error);
}

static void refusals(void **state)
{
	static const uint32_t functions[] = { FW_FILTER_CONTROL_DRAFT, FW_FILTER_CONTROL_APPEND,
		FW_FILTER_CONTROL_COMMIT };
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	add_adapter(1, GUID);
	for (size_t i = 0; i < 3; i++) {
		driver.failing = functions[i];
		driver.failure = FW_NO_MEMORY;
		assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_KEEP, &error), FW_NO_MEMORY);
		assert_int_equal(driver.commits, 0);
		assert_int_equal(device_script.opened, device_script.closed + 1);
	}
	driver.failure = FW_EXISTS; /* the command tries again then */
	assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_KEEP, &error), FW_EXISTS);
	driver.failure = FW_NOT_FOUND;
	assert_int_equal(set_one(backend, "{gone}", FW_FILTER_WAY_KEEP, &error), FW_NOT_FOUND);
	assert_string_equal(error.text, "there is no adapter {gone} here; 'flowwatcher filter enum' lists them");
	assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_KEEP, &error), FW_NOT_FOUND);
	close_backend(backend);
}

static void before_the_driver(void **state)
{
	struct fw_filter_change changes[FW_FILTER_CONTROL_DRAFTS + 1];
	struct fw_backend *backend = open_backend();
	struct fw_error error;
	size_t calls = device_script.calls;

	(void)state;
	assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_NATIVE, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "--hook native"));
	assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_GENERIC, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "--hook generic"));
	assert_int_equal(set_one(backend, GUID, FW_FILTER_WAY_TC, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "--hook tc"));
	for (size_t i = 0; i <= FW_FILTER_CONTROL_DRAFTS; i++)
		changes[i] = (struct fw_filter_change){ .adapter = GUID, .direction = FW_FILTER_IN };
	assert_int_equal(backend->ops->filter_set(backend, changes, FW_FILTER_CONTROL_DRAFTS + 1,
				 FW_FILTER_WAY_BEST, &error),
		FW_USAGE);
	assert_int_equal(backend->ops->filter_settle(backend, &error), FW_OK);
	assert_int_equal(device_script.calls, calls);
	close_backend(backend);
}

static struct script_answer answer_query(uint32_t function, const void *in, uint32_t in_size)
{
	static const uint8_t answer[] = { 1, 2, 3 };
	const struct fw_filter_control_query *query = in;
	const struct fw_filter_control_open *open = in;

	if (function == FW_FILTER_CONTROL_OPEN) {
		assert_int_equal(in_size, sizeof(*open));
		assert_string_equal(open->adapter, GUID);
		driver.appends++;
		return (struct script_answer){ NULL, 0, driver.failure };
	}
	if (function != FW_FILTER_CONTROL_QUERY)
		return USUAL;
	assert_int_equal(query->size, sizeof(*query));
	assert_int_equal(query->oid, 0x00010107);
	return (struct script_answer){ answer, sizeof(answer), FW_OK };
}

static void queries(void **state)
{
	struct fw_backend *backend = open_backend();
	struct fw_error error;
	uint8_t bytes[8];
	uint32_t length;

	(void)state;
	device_script.answer = answer_query;
	assert_int_equal(backend->ops->adapter_query(backend, GUID, 0x00010107, bytes, sizeof(bytes), &length, &error),
		FW_OK);
	assert_int_equal(length, 3);
	assert_int_equal(bytes[2], 3);
	assert_int_equal(driver.appends, 1);
	assert_int_equal(device_script.opened, device_script.closed + 1);
	driver.failure = FW_NOT_FOUND;
	assert_int_equal(backend->ops->adapter_query(backend, GUID, 0x00010107, bytes, sizeof(bytes), &length, &error),
		FW_NOT_FOUND);
	assert_int_equal(device_script.opened, device_script.closed + 1);
	close_backend(backend);
}

struct events {
	struct fw_control_rows rows;
	struct fw_adapter_event at[2];
};

static bool see_event(const struct fw_adapter_event *event, void *argument)
{
	assert_int_equal(event->action, FW_ADAPTER_APPEARED);
	assert_true(event->direction <= FW_FILTER_BOTH);
	assert_true(strlen(event->name) < FW_ADAPTER_NAME_SIZE);
	++*(size_t *)argument;
	return true;
}

static void follows(void **state)
{
	struct events events;
	struct fw_backend *backend = open_backend();
	struct fw_error error;
	size_t count = 0;

	(void)state;
	memset(&events, 'x', sizeof(events));
	events.rows = (struct fw_control_rows){ sizeof(events.rows), sizeof(events.at[0]), 2, 0, 2 };
	events.at[0].action = events.at[1].action = FW_ADAPTER_APPEARED;
	assert_int_equal(backend->ops->filter_follow(backend, 0, see_event, &count, &error), FW_OK);
	assert_int_equal(count, 0);
	assert_int_equal(device_script.reads_begun, 1);
	device_script.reads[0] = (struct script_answer){ &events, sizeof(events), FW_OK };
	device_script.read_count = 1;
	assert_int_equal(backend->ops->filter_follow(backend, 0, see_event, &count, &error), FW_OK);
	assert_int_equal(count, 2);
	assert_int_equal(backend->ops->filter_follow(backend, 0, see_event, &count, &error), FW_OK);
	assert_int_equal(count, 2);
	assert_int_equal(device_script.reads_begun, 2);
	close_backend(backend);
}

/* Too short at every place, and headers that lie; the driver may also refuse. */
static void lying_events(void **state)
{
	static const struct fw_control_rows lies[] = {
		{ 24, 88, 0, 0, 0 }, { 24, 87, 1, 0, 1 }, { 24, 88, 3, 0, 1 }, { 23, 88, 1, 0, 1 },
		{ UINT32_MAX, 88, 1, 0, 1 }, { 24, UINT32_MAX, 1, 0, 1 }, { 24, 88, UINT32_MAX, 0, 1 },
	};
	struct fw_error error;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]) + 24; i++) {
		size_t length = i < 24 ? i : 24 + 2 * 88;
		struct fw_backend *backend;
		uint8_t *bytes = calloc(1, length + 1);

		if (i >= 24)
			memcpy(bytes, &lies[i - 24], sizeof(lies[0]));
		device_script_reset();
		device_script.reads[0] = (struct script_answer){ bytes, length, FW_OK };
		device_script.read_count = 1;
		backend = open_backend();
		assert_int_equal(backend->ops->filter_follow(backend, 0, see_event, &count, &error), FW_MALFORMED);
		close_backend(backend);
		free(bytes);
	}
	assert_int_equal(count, 0);
}

static void refused_events(void **state)
{
	struct fw_backend *backend;
	struct fw_error error;
	size_t count = 0;

	(void)state;
	device_script.reads[0] = (struct script_answer){ NULL, 0, FW_DENIED };
	device_script.read_count = 1;
	backend = open_backend();
	assert_int_equal(backend->ops->filter_follow(backend, 0, see_event, &count, &error), FW_DENIED);
	close_backend(backend);
}

/* An answer of adapters, cut at every place: memory ends where it does. */
static struct script_answer cut;

static struct script_answer give_cut(uint32_t function, const void *in, uint32_t in_size)
{
	(void)in;
	(void)in_size;
	return function == FW_FILTER_CONTROL_ADAPTERS ? cut : USUAL;
}

static void cut_adapters(void **state)
{
	const struct fw_control_rows rows = { sizeof(rows), sizeof(struct fw_adapter), 1, 0, 1 };
	const size_t whole = sizeof(rows) + sizeof(struct fw_adapter);
	struct seen seen = { 0 };
	struct fw_error error;

	(void)state;
	device_script.answer = give_cut;
	for (size_t length = 0; length < whole; length += 13) {
		struct fw_backend *backend = open_backend();
		uint8_t *bytes = calloc(1, length + 1);

		memcpy(bytes, &rows, length < sizeof(rows) ? length : sizeof(rows));
		cut = (struct script_answer){ bytes, length, FW_OK };
		assert_int_equal(backend->ops->adapters(backend, see_adapter, &seen, &error), FW_MALFORMED);
		assert_non_null(strstr(error.text, "fwfilter.sys"));
		close_backend(backend);
		free(bytes);
	}
	assert_int_equal(seen.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens, setup),
		cmocka_unit_test_setup(adapters, setup_table),
		cmocka_unit_test_setup(addresses, setup_table),
		cmocka_unit_test_setup(places, setup_table),
		cmocka_unit_test_setup(lists_by_text, setup_table),
		cmocka_unit_test_setup(prefixes, setup_table),
		cmocka_unit_test_setup(lying_prefixes, setup_table),
		cmocka_unit_test_setup(lists_go_whole, setup_driver),
		cmocka_unit_test_setup(refusals, setup_driver),
		cmocka_unit_test_setup(before_the_driver, setup_driver),
		cmocka_unit_test_setup(queries, setup_driver),
		cmocka_unit_test_setup(follows, setup),
		cmocka_unit_test_setup(lying_events, setup),
		cmocka_unit_test_setup(refused_events, setup),
		cmocka_unit_test_setup(cut_adapters, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
