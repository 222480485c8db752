/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the Windows drivers answer and deliver, as enemies would: the backends read no byte that is not there. */
#include <stdlib.h>
#include <string.h>

#include "abi/filter_control.h"
#include "backend/windows/filter_backend.h"
#include "backend/windows/windows_backend.h"
#include "flowwatcher/prefix_list.h"
#include "tests/unit/device_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *rest;
static size_t left;
static unsigned int sum;

static struct script_answer answer(uint32_t function, const void *in, uint32_t in_size)
{
	struct script_answer given = { rest, left, FW_OK };

	(void)in;
	(void)in_size;
	if (function == FW_CONTROL_HELLO || function == FW_CONTROL_SUBSCRIBE || function == FW_FILTER_CONTROL_HELLO)
		given.length = SIZE_MAX;
	return given;
}

static void read_bytes(const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += ((const uint8_t *)bytes)[i];
}

static bool take_usage(const struct fw_usage *usage, void *argument)
{
	(void)argument;
	read_bytes(usage->process.exe, strlen(usage->process.exe));
	return true;
}

static bool take_connection(const struct fw_connection *connection, void *argument)
{
	(void)argument;
	read_bytes(connection->comm, strlen(connection->comm));
	return true;
}

static bool take_rule(const struct fw_rule *rule, const struct fw_rule_counters *counters, void *argument)
{
	(void)counters;
	(void)argument;
	read_bytes(rule->text, strlen(rule->text));
	return true;
}

static bool take_feature(const struct fw_feature *feature, void *argument)
{
	(void)argument;
	read_bytes(feature->reason, strlen(feature->reason));
	return true;
}

static bool take_record(const struct fw_record_header *record, void *argument)
{
	(void)argument;
	read_bytes(record, record->size);
	return true;
}

static bool take_adapter(const struct fw_adapter *adapter, void *argument)
{
	(void)argument;
	read_bytes(adapter->name, strlen(adapter->name));
	read_bytes(adapter->driver, strlen(adapter->driver));
	read_bytes(adapter->out.pattern, strlen(adapter->out.pattern));
	read_bytes(adapter->mac, adapter->mac_length);
	return true;
}

static bool take_address(const struct fw_filter_prefix *address, void *argument)
{
	(void)argument;
	read_bytes(address, sizeof(*address));
	return true;
}

static bool take_list(const struct fw_filter_list *list, void *argument)
{
	(void)argument;
	read_bytes(list->adapter, strlen(list->adapter));
	read_bytes(list->source, strlen(list->source));
	return true;
}

/* As who looks something up in them takes it: well formed, each behind the one before. */
static bool take_prefix(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits, void *argument)
{
	struct fw_filter_prefix *last = argument;

	(void)hits;
	if (prefix->length > (prefix->family == FW_FAMILY_IPV4 ? 32 : 128) ||
		(last->family && fw_filter_prefix_compare(last, prefix) >= 0))
		abort();
	*last = *prefix;
	return true;
}

static bool take_place(const char *adapter, const char *place, const struct fw_filter_counters *counters,
	void *argument)
{
	(void)counters;
	(void)argument;
	read_bytes(adapter, strlen(adapter));
	read_bytes(place, strlen(place));
	return true;
}

static bool take_event(const struct fw_adapter_event *event, void *argument)
{
	(void)argument;
	read_bytes(event->name, strlen(event->name));
	return true;
}

static void ask_filter(void)
{
	const struct fw_filter_change gone = { .adapter = "{x}", .direction = FW_FILTER_IN, .source = "-" };
	struct fw_filter_control_status status;
	struct fw_filter_prefix last = { 0 };
	struct fw_backend *backend;
	struct fw_error error;

	if (fw_windows_filter_open(&backend, &error) != FW_OK)
		return;
	backend->ops->adapters(backend, take_adapter, NULL, &error);
	backend->ops->adapter_addresses(backend, 1, take_address, NULL, &error);
	backend->ops->filter_lists(backend, take_list, NULL, &error);
	backend->ops->filter_prefixes(backend, 1, take_prefix, &last, &error);
	backend->ops->filter_places(backend, take_place, NULL, &error);
	backend->ops->filter_set(backend, &gone, 1, FW_FILTER_WAY_BEST, &error);
	backend->ops->filter_follow(backend, 0, take_event, NULL, &error);
	backend->ops->close(backend);
	fw_windows_filter_status(&status, &error);
	fw_windows_filter_features(take_feature, NULL, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fw_subscription subscription = { .types = UINT16_MAX };
	struct fw_usage_summary summary;
	struct fw_backend *backend;
	struct fw_error error;

	device_script_reset();
	device_script.answer = answer;
	rest = data;
	left = size;
	device_script.reads[0] = (struct script_answer){ data, size, FW_OK };
	device_script.read_count = 1;
	if (fw_windows_open(&backend, &error) != FW_OK)
		return 0;
	backend->ops->usage(backend, take_usage, NULL, &summary, &error);
	backend->ops->connections(backend, take_connection, NULL, &error);
	backend->ops->rules(backend, take_rule, NULL, &error);
	if (backend->ops->subscribe(backend, &subscription, &error) == FW_OK)
		backend->ops->poll(backend, 0, take_record, NULL, &error);
	backend->ops->close(backend);
	fw_windows_features(take_feature, NULL, &error);
	device_script.reads_begun = 0; /* of this one, too, the first read gets the bytes */
	ask_filter();
	return 0;
}
