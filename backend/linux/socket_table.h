/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every socket of the machine in one array: what the flow iterator and the descriptor iterator said,
 * merged by socket id. Called by bpf_backend.c; one thread.
 */
#ifndef FW_SOCKET_TABLE_H
#define FW_SOCKET_TABLE_H

#include "backend/linux/kernel_side.h"

struct fw_socket_table {
	struct fw_socket_row *rows; /* sorted by id, then holder; holder_pid 0: from the flow iterator */
	size_t count;
	size_t capacity;
	uint32_t own_pid; /* of the calling process in the initial pid namespace */
	uint64_t own_start_ns;
};

enum fw_status fw_socket_table_read(struct fw_socket_table *table,
	const struct fw_kernel_side *side, struct fw_error *error);
/* End of the run of rows that describe the same socket as row `first`. */
size_t fw_socket_table_run(const struct fw_socket_table *table, size_t first);
void fw_socket_table_done(struct fw_socket_table *table);

/* Who the calling process is in the initial pid namespace. */
enum fw_status fw_socket_table_identity(const struct fw_kernel_side *side, uint32_t *pid,
	uint64_t *start_ns, struct fw_error *error);

#endif
