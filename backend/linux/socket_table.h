/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sockets of the machine in one array: what iterators said of them, merged by socket id. Called by
 * bpf_backend.c and connection_cut.c; one thread.
 */
#ifndef FW_SOCKET_TABLE_H
#define FW_SOCKET_TABLE_H

#include "backend/linux/kernel_side.h"

struct fw_socket_table {
	/* sorted by id, then holder; holder_pid 0: from the flow iterator */
	struct fw_socket_row *rows;
	size_t count;
	size_t capacity;
	uint32_t own_pid; /* of the calling process in the initial pid namespace */
	uint64_t own_start_ns;
};

/* Every socket: of the flow iterator and the descriptor iterator. */
enum fw_status fw_socket_table_read(struct fw_socket_table *table,
	const struct fw_kernel_side *side, struct fw_error *error);
/* Those that a block refuses. 0 or negative errno; the table is to be released in any case. */
int fw_socket_table_read_refused(struct fw_socket_table *table, const struct fw_kernel_side *side);
/* A row of the socket with this id; NULL: there is none. */
const struct fw_socket_row *fw_socket_table_find(const struct fw_socket_table *table, uint64_t id);
/* End of the run of rows that describe the same socket as row `first`. */
size_t fw_socket_table_run(const struct fw_socket_table *table, size_t first);
void fw_socket_table_done(struct fw_socket_table *table);

/* Who the calling process is in the initial pid namespace. */
enum fw_status fw_socket_table_identity(const struct fw_kernel_side *side, uint32_t *pid,
	uint64_t *start_ns, struct fw_error *error);

#endif
