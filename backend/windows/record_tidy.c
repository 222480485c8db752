/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/record_tidy.h"

#include <string.h>

static void end_name(char *name, size_t size)
{
	name[size - 1] = '\0';
}

static void tidy_text(struct fw_record_header *record, struct fw_record_text *text,
	const struct fw_drive_table *drives)
{
	if (text->length)
		text->length = (uint32_t)fw_nt_path_to_dos(drives, (char *)record + text->offset,
			text->length);
}

void fw_record_tidy(struct fw_record_header *record, const struct fw_drive_table *drives)
{
	struct fw_process_create_record *create = (void *)record;
	struct fw_image_record *image = (void *)record;

	switch (record->type) {
	case FW_RECORD_CONNECTION_OPEN:
	case FW_RECORD_CONNECTION_CLOSE:
		end_name(((struct fw_connection_record *)record)->connection.comm, FW_COMM_SIZE);
		break;
	case FW_RECORD_PORT_TAKEN:
	case FW_RECORD_PORT_RELEASED:
		end_name(((struct fw_port_record *)record)->port.comm, FW_COMM_SIZE);
		break;
	case FW_RECORD_PROCESS_CREATE:
		end_name(create->comm, FW_COMM_SIZE);
		tidy_text(record, &create->exe, drives);
		break;
	case FW_RECORD_PROCESS_EXIT:
		end_name(((struct fw_process_exit_record *)record)->comm, FW_COMM_SIZE);
		break;
	case FW_RECORD_THREAD_CREATE:
	case FW_RECORD_THREAD_EXIT:
		end_name(((struct fw_thread_record *)record)->comm, FW_COMM_SIZE);
		break;
	case FW_RECORD_IMAGE_LOAD:
		tidy_text(record, &image->path, drives);
		break;
	case FW_RECORD_BLOCKED:
		end_name(((struct fw_blocked_record *)record)->comm, FW_COMM_SIZE);
		break;
	default:
		break;
	}
}

/* Of a path that was cut its beginning is gone, and with it the device. */
void fw_process_tidy(struct fw_process *process, const struct fw_drive_table *drives)
{
	size_t length;

	end_name(process->comm, sizeof(process->comm));
	end_name(process->exe, sizeof(process->exe));
	if (process->flags & FW_PROCESS_EXE_CUT)
		return;
	length = fw_nt_path_to_dos(drives, process->exe, strlen(process->exe));
	memset(process->exe + length, 0, sizeof(process->exe) - length);
}

void fw_rule_tidy(struct fw_rule *rule, const struct fw_drive_table *drives)
{
	size_t length;

	end_name(rule->text, sizeof(rule->text));
	if (rule->target != FW_RULE_EXE)
		return;
	length = fw_nt_path_to_dos(drives, rule->text, strlen(rule->text));
	memset(rule->text + length, 0, sizeof(rule->text) - length);
}
