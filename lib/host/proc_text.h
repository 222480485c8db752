/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Parsers of the texts under /proc/PID: pure functions over a buffer that needs no terminating
 * zero. Outputs are written only on success. Callable from any thread.
 */
#ifndef FW_PROC_TEXT_H
#define FW_PROC_TEXT_H

#include "abi/flow.h"

/* What /proc/PID/stat says (proc(5)). */
struct fw_proc_stat {
	char comm[FW_COMM_SIZE];
	uint32_t parent_pid;
	bool is_kernel_thread;
	bool is_zombie;	      /* exited, and no other thread of it lives on */
	uint64_t start_ticks; /* since boot, in units of sysconf(_SC_CLK_TCK) */
};

/* comm may hold spaces and parentheses, so the fields are counted from the last ')'. */
bool fw_proc_stat_parse(const char *text, size_t length, struct fw_proc_stat *stat);

/* What /proc/PID/status says. A thread id has a tgid other than itself. */
struct fw_proc_status {
	uint32_t tgid;
	uint32_t effective_uid;
};
bool fw_proc_status_parse(const char *text, size_t length, struct fw_proc_status *status);

/*
 * The cgroup v2 path in /proc/PID/cgroup, or that of systemd's named v1 hierarchy where v2 is
 * absent or not used (its path is "/" and the other's is not). False: neither is there, or `size`
 * is too small.
 */
bool fw_proc_cgroup_parse(const char *text, size_t length, char *cgroup, size_t size);

/* The inode number in what readlink("/proc/PID/fd/N") gave for a socket: "socket:[12345]". */
bool fw_proc_socket_link_parse(const char *link, size_t length, uint64_t *inode);

#endif
