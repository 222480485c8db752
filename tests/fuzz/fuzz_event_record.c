/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records of events one behind the other, as a damaged queue or recording might hold them: each
 * that is whole becomes JSON that parses and lines that are safe, and passes a filter or not.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "abi/rule.h"
#include "cli/event_filter.h"
#include "cli/event_text.h"
#include "core/record_check.h"
#include "flowwatcher/container.h"
#include "flowwatcher/json_events.h"
#include "flowwatcher/text_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No machine has a process with such a number, so that the system is never asked about one. */
#define NO_PID 0x80000000u

static void check_json(const struct fw_record_header *record)
{
	struct json_object *object = fw_json_event(record), *again;
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);

	if (!fw_utf8_is_valid(text, strlen(text)) || strchr(text, '\n'))
		abort();
	again = json_tokener_parse(text);
	if (!json_object_is_type(again, json_type_object))
		abort();
	json_object_put(again);
	json_object_put(object);
}

static void check_line(char *line)
{
	if (!line || !fw_utf8_is_valid(line, strlen(line)))
		abort();
	for (const char *at = line; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			abort();
	free(line);
}

/* The owner's pid moves to where no process is. */
static void without_real_pids(struct fw_record_header *record)
{
	switch (record->type) {
	case FW_RECORD_PROCESS_CREATE:
		((struct fw_process_create_record *)record)->pid |= NO_PID;
		break;
	case FW_RECORD_PROCESS_EXIT:
		((struct fw_process_exit_record *)record)->pid |= NO_PID;
		break;
	case FW_RECORD_THREAD_CREATE:
	case FW_RECORD_THREAD_EXIT:
		((struct fw_thread_record *)record)->pid |= NO_PID;
		break;
	case FW_RECORD_IMAGE_LOAD:
		((struct fw_image_record *)record)->pid |= NO_PID;
		break;
	case FW_RECORD_CONNECTION_OPEN:
	case FW_RECORD_CONNECTION_CLOSE:
		((struct fw_connection_record *)record)->connection.owner_pid |= NO_PID;
		break;
	case FW_RECORD_PORT_TAKEN:
	case FW_RECORD_PORT_RELEASED:
		((struct fw_port_record *)record)->port.owner_pid |= NO_PID;
		break;
	case FW_RECORD_BLOCKED:
		((struct fw_blocked_record *)record)->pid |= NO_PID;
		break;
	}
}

static void check_records(struct fw_event_filter *filter, char *at, size_t left)
{
	const struct fw_record_header *record;

	while (fw_record_whole(at, left, &record) == FW_OK) {
		without_real_pids((struct fw_record_header *)at);
		if (fw_json_event_is_known(record->type)) {
			check_json(record);
			check_line(fw_event_text(record));
			check_line(fw_event_classic(record));
		}
		fw_event_filter_passes(filter, record);
		at += record->size;
		left -= record->size;
	}
}

static void check_container(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1), container[FW_CONTAINER_SIZE];

	if (!path)
		return;
	if (size)
		memcpy(path, data, size);
	path[size] = '\0';
	if (fw_cgroup_container(path, container) && strlen(container) >= sizeof(container))
		abort();
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_event_filter filter = { 0 };
	char *buffer = malloc(size ? size : 1);

	if (!buffer)
		return 0;
	if (size)
		memcpy(buffer, data, size);
	if (fw_selection_add(&filter.selection, "comm:curl", NULL) != FW_OK ||
		fw_selection_add(&filter.selection, "cgroup:/a", NULL) != FW_OK)
		abort();
	check_records(&filter, buffer, size);
	check_container(data, size);
	fw_event_filter_done(&filter);
	free(buffer);
	return 0;
}
