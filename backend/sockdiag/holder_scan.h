/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which processes hold which of the listed sockets, from /proc/PID/fd. Sees the processes that the
 * caller may look into. One thread.
 */
#ifndef FW_HOLDER_SCAN_H
#define FW_HOLDER_SCAN_H

#include "backend/sockdiag/diag_socket.h"
#include "core/status.h"

struct fw_holding {
	uint32_t process; /* index into processes */
	uint32_t next;	  /* index + 1 of the socket's next holding; 0: the last */
};

/* Belongs to the fw_socket_list it was made from. All-zero is a valid, empty one. */
struct fw_holder_scan {
	struct fw_process *processes; /* those that hold a listed socket */
	size_t process_count, process_capacity;
	struct fw_holding *holdings;
	size_t holding_count, holding_capacity;
	uint32_t *first; /* for each socket: index + 1 of its first holding; 0: none */
	bool is_partial; /* some processes' descriptors may not be read */
};

/* FW_NO_MEMORY; FW_FAILED: there is no /proc. Release with _done in any case. */
enum fw_status fw_holder_scan_run(
	struct fw_holder_scan *scan, const struct fw_socket_list *sockets);
void fw_holder_scan_done(struct fw_holder_scan *scan);

/* The holder with the lowest pid; NULL: none that can be seen. */
const struct fw_process *fw_holder_scan_owner(const struct fw_holder_scan *scan, size_t socket);

#endif
