/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/connection_text.h"

#include "flowwatcher/format.h"
#include "flowwatcher/names.h"

static void pid_cell(struct fw_text_table *table, uint32_t pid)
{
	if (pid)
		fw_text_table_cell(table, "%u", pid);
	else
		fw_text_table_cell(table, "-");
}

void fw_connection_cells(struct fw_text_table *table, const struct fw_connection *connection)
{
	char local[FW_ADDRESS_TEXT_SIZE], remote[FW_ADDRESS_TEXT_SIZE];
	char protocol[FW_PROTOCOL_NAME_SIZE];
	const char *state = fw_tcp_state_name(connection->state);

	pid_cell(table, connection->owner_pid);
	fw_text_table_cell(table, "%s", connection->comm);
	fw_text_table_cell(table, "%s", fw_protocol_name(connection->protocol, protocol));
	fw_text_table_cell(table, "%s",
		fw_format_endpoint(connection->family, connection->local_address,
			connection->local_port, local, sizeof(local)));
	fw_text_table_cell(table, "%s",
		fw_format_endpoint(connection->family, connection->remote_address,
			connection->remote_port, remote, sizeof(remote)));
	fw_text_table_cell(table, "%s", connection->closed_ns ? "closed" : state);
}

void fw_bytes_cell(struct fw_text_table *table, uint64_t bytes)
{
	char text[FW_BYTES_TEXT_SIZE];

	fw_text_table_cell(table, "%s", fw_format_bytes(bytes, text, sizeof(text)));
}

void fw_rate_cell(struct fw_text_table *table, uint64_t bytes, uint64_t interval_ns)
{
	char text[FW_BYTES_TEXT_SIZE];

	fw_text_table_cell(table, "%s/s",
		fw_format_bytes(fw_rate_per_second(bytes, interval_ns), text, sizeof(text)));
}
