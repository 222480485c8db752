/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_types.h"

#include <string.h>

#include "flowwatcher/names.h"

#define BIT FW_EVENT_TYPE_BIT

#define KNOWN                                                                                  \
	"process (process_create, process_exit), thread (thread_create, thread_exit), image "  \
	"(image_load), connection (connection_open, connection_close), port (port_taken, "     \
	"port_released), blocked, all"

static const struct group {
	const char *name;
	uint64_t types;
} groups[] = {
	{ "process", BIT(FW_RECORD_PROCESS_CREATE) | BIT(FW_RECORD_PROCESS_EXIT) },
	{ "thread", BIT(FW_RECORD_THREAD_CREATE) | BIT(FW_RECORD_THREAD_EXIT) },
	{ "image", BIT(FW_RECORD_IMAGE_LOAD) },
	{ "connection", BIT(FW_RECORD_CONNECTION_OPEN) | BIT(FW_RECORD_CONNECTION_CLOSE) },
	{ "port", BIT(FW_RECORD_PORT_TAKEN) | BIT(FW_RECORD_PORT_RELEASED) },
	{ "blocked", BIT(FW_RECORD_BLOCKED) },
};

uint64_t fw_event_types_all(void)
{
	uint64_t all = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(groups); i++)
		all |= groups[i].types;
	return all;
}

static bool is_named(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(word, name, length) == 0;
}

/* 0: no type and no group has this name. */
static uint64_t find_types(const char *word, size_t length)
{
	if (is_named(word, length, "all"))
		return fw_event_types_all();
	for (size_t i = 0; i < FW_ARRAY_SIZE(groups); i++)
		if (is_named(word, length, groups[i].name))
			return groups[i].types;
	for (uint16_t type = 0; type < FW_RECORD_TYPE_COUNT; type++)
		if (is_named(word, length, fw_record_type_name(type)))
			return BIT(type) & fw_event_types_all();
	return 0;
}

enum fw_status fw_event_types_parse(const char *list, uint64_t *types, struct fw_error *error)
{
	uint64_t parsed = 0;

	for (const char *at = list;; at++) {
		size_t length = strcspn(at, ",");
		uint64_t found = find_types(at, length);

		if (!found)
			return fw_error_set(error, FW_USAGE,
				"'%.*s' is no type of events; there are: " KNOWN,
				(int)(length < 60 ? length : 60), at);
		parsed |= found;
		at += length;
		if (!*at)
			break;
	}
	*types |= parsed;
	return FW_OK;
}
