/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/holder_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/grow.h"
#include "lib/hash_index.h"
#include "lib/host/host.h"
#include "lib/host/proc_text.h"

#define NOT_DESCRIBED UINT32_MAX

/* State of one run. */
struct walk {
	struct fw_holder_scan *scan;
	const struct fw_socket_list *sockets;
	struct fw_hash_index by_inode;
	uint32_t pid;	  /* the process being looked at */
	uint32_t process; /* its index in scan->processes, or NOT_DESCRIBED */
	bool has_exited;  /* it went away while being looked at */
	enum fw_status status;
};

/* Looks at a process only once it turns out to hold a socket: most do not. */
static bool describe_process(struct walk *walk)
{
	struct fw_holder_scan *scan = walk->scan;
	struct fw_process *processes;

	if (walk->process != NOT_DESCRIBED)
		return true;
	processes = fw_grow(scan->processes, scan->process_count, &scan->process_capacity,
		sizeof(*processes));
	if (!processes) {
		walk->status = FW_NO_MEMORY;
		return false;
	}
	scan->processes = processes;
	if (fw_host_process(walk->pid, &processes[scan->process_count], NULL) != FW_OK) {
		walk->has_exited = true;
		return false;
	}
	walk->process = (uint32_t)scan->process_count++;
	return true;
}

static void add_holding(struct walk *walk, uint32_t socket)
{
	struct fw_holder_scan *scan = walk->scan;
	uint32_t *first = &scan->first[socket];
	struct fw_holding *holdings;

	/* Several descriptors of one process come one after the other. */
	if (*first && walk->process != NOT_DESCRIBED &&
		scan->holdings[*first - 1].process == walk->process)
		return;
	if (!describe_process(walk))
		return;
	holdings = fw_grow(
		scan->holdings, scan->holding_count, &scan->holding_capacity, sizeof(*holdings));
	if (!holdings) {
		walk->status = FW_NO_MEMORY;
		return;
	}
	scan->holdings = holdings;
	holdings[scan->holding_count++] =
		(struct fw_holding){ .process = walk->process, .next = *first };
	*first = (uint32_t)scan->holding_count;
}

/* The subflows of an MPTCP socket share its inode, so one descriptor may hold several. */
static void take_descriptor(struct walk *walk, uint64_t inode)
{
	struct fw_hash_cursor cursor = fw_hash_index_find(&walk->by_inode, fw_hash_mix(inode, 0));
	uint32_t socket;

	while (walk->status == FW_OK && !walk->has_exited &&
		fw_hash_index_next(&walk->by_inode, &cursor, &socket))
		if (walk->sockets->at[socket].inode == inode)
			add_holding(walk, socket);
}

/* Number of descriptors seen, or negative errno. */
static long walk_descriptors(struct walk *walk, int parent, const char *path)
{
	int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	long seen = 0;

	if (!directory) {
		int error_number = errno;

		if (fd >= 0)
			close(fd);
		return -error_number;
	}
	for (struct dirent *entry;
		walk->status == FW_OK && !walk->has_exited && (entry = readdir(directory));) {
		char link[64];
		uint64_t inode;

		if (entry->d_name[0] == '.')
			continue;
		ssize_t length = readlinkat(fd, entry->d_name, link, sizeof(link));

		seen++;
		if (length > 0 && fw_proc_socket_link_parse(link, (size_t)length, &inode))
			take_descriptor(walk, inode);
	}
	closedir(directory);
	return seen;
}

/* A process whose first thread has ended shows its descriptors under the other threads only. */
static void walk_threads(struct walk *walk, int process)
{
	int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	long seen = 0;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; seen <= 0 && (entry = readdir(directory));) {
		char path[300];

		if (entry->d_name[0] == '.' || strtoul(entry->d_name, NULL, 10) == walk->pid)
			continue;
		strcpy(stpcpy(path, entry->d_name), "/fd");
		seen = walk_descriptors(walk, fd, path);
	}
	closedir(directory);
}

static void walk_process(struct walk *walk, int proc, const char *name)
{
	int process = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (process < 0)
		return;
	walk->pid = (uint32_t)strtoul(name, NULL, 10);
	walk->process = NOT_DESCRIBED;
	walk->has_exited = false;
	long seen = walk_descriptors(walk, process, "fd");

	if (seen == -EACCES || seen == -EPERM)
		walk->scan->is_partial = true;
	else if (seen == 0)
		walk_threads(walk, process);
	close(process);
}

static void walk_all(struct walk *walk)
{
	DIR *proc = opendir("/proc");

	if (!proc) {
		walk->status = FW_FAILED;
		return;
	}
	for (struct dirent *entry; walk->status == FW_OK && (entry = readdir(proc));)
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			walk_process(walk, dirfd(proc), entry->d_name);
	closedir(proc);
}

enum fw_status fw_holder_scan_run(struct fw_holder_scan *scan, const struct fw_socket_list *sockets)
{
	struct walk walk = { .scan = scan, .sockets = sockets };

	memset(scan, 0, sizeof(*scan));
	scan->first = calloc(sockets->count + 1, sizeof(*scan->first));
	if (!scan->first)
		walk.status = FW_NO_MEMORY;
	for (size_t i = 0; walk.status == FW_OK && i < sockets->count; i++)
		if (sockets->at[i].inode &&
			!fw_hash_index_insert(
				&walk.by_inode, fw_hash_mix(sockets->at[i].inode, 0), (uint32_t)i))
			walk.status = FW_NO_MEMORY;
	if (walk.status == FW_OK)
		walk_all(&walk);
	fw_hash_index_done(&walk.by_inode);
	return walk.status;
}

void fw_holder_scan_done(struct fw_holder_scan *scan)
{
	free(scan->processes);
	free(scan->holdings);
	free(scan->first);
	memset(scan, 0, sizeof(*scan));
}

const struct fw_process *fw_holder_scan_owner(const struct fw_holder_scan *scan, size_t socket)
{
	const struct fw_process *owner = NULL;

	for (uint32_t at = scan->first ? scan->first[socket] : 0; at;
		at = scan->holdings[at - 1].next) {
		const struct fw_process *holder = &scan->processes[scan->holdings[at - 1].process];

		if (!owner || holder->pid < owner->pid)
			owner = holder;
	}
	return owner;
}
