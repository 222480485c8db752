/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/windows/filter_driver.h"

#include "backend/windows/filter_backend.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"

#include <stdio.h>

void fw_filter_driver_note(void)
{
	struct fw_filter_control_status status;
	struct fw_error error = { FW_OK, "" };

	if (fw_windows_filter_status(&status, &error) != FW_OK)
		fprintf(stderr, "flowwatcher: loaded; but 'flowwatcher filter' has no driver: %s\n", error.text);
}

void fw_filter_driver_print(void)
{
	struct fw_filter_control_status status;
	struct fw_error error = { FW_OK, "" };
	char memory[FW_BYTES_TEXT_SIZE];

	if (fw_windows_filter_status(&status, &error) != FW_OK)
		printf("filter      no: %s\n", error.text);
	else
		printf("filter      %u adapters, %u lists, %s of memory\n", status.adapters, status.lists,
			fw_format_bytes(status.memory_bytes, memory, sizeof(memory)));
}

void fw_filter_driver_json(struct json_object *object)
{
	struct fw_filter_control_status status;
	bool loaded = fw_windows_filter_status(&status, NULL) == FW_OK;

	fw_json_add_bool(object, "filter_loaded", loaded);
	if (!loaded)
		return;
	fw_json_add_number(object, "filter_adapters", status.adapters);
	fw_json_add_number(object, "filter_lists", status.lists);
	fw_json_add_number(object, "filter_memory_bytes", status.memory_bytes);
}
