/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the tables of connections have in common. One thread. */
#ifndef FW_CLI_CONNECTION_TEXT_H
#define FW_CLI_CONNECTION_TEXT_H

#include "abi/flow.h"
#include "cli/text_table.h"

/* PID, PROGRAM, PROTO, LOCAL, REMOTE, STATE: put first among a table's columns. */
#define FW_CONNECTION_COLUMNS                                                                  \
	{ "PID", FW_RIGHT }, { "PROGRAM", FW_FLEXIBLE }, { "PROTO", FW_LEFT },                 \
		{ "LOCAL", FW_LEFT }, { "REMOTE", FW_LEFT }, { "STATE", FW_LEFT, true }

/* The cells of those columns. */
void fw_connection_cells(struct fw_text_table *table, const struct fw_connection *connection);

/* A cell "1.2 MB". */
void fw_bytes_cell(struct fw_text_table *table, uint64_t bytes);
/* A cell "1.2 MB/s". */
void fw_rate_cell(struct fw_text_table *table, uint64_t bytes, uint64_t interval_ns);

#endif
