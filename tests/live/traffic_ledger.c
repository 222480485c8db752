// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The ledger: one row a process, in shared memory that fork and exec keep. */
#include "traffic.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROW_MAX 4096u

struct fw_row {
	_Atomic uint64_t sent;
	_Atomic uint64_t received;
	_Atomic int pid;
	char role[28];
};

struct ledger {
	_Atomic unsigned int used;
	struct fw_row rows[ROW_MAX];
};

static struct ledger *ledger;
static struct fw_row *self;

static void map(int descriptor)
{
	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (ledger == MAP_FAILED)
		fw_fail("mmap of the ledger");
}

int fw_ledger_open(void)
{
	int descriptor = memfd_create("ledger", 0);

	if (descriptor < 0 || ftruncate(descriptor, sizeof(struct ledger)) < 0)
		fw_fail("memfd_create for the ledger");
	map(descriptor);
	return descriptor;
}

void fw_ledger_join(int descriptor)
{
	map(descriptor);
}

struct fw_row *fw_row_new(const char *role)
{
	unsigned int index = atomic_fetch_add(&ledger->used, 1);
	struct fw_row *row = &ledger->rows[index];

	if (index >= ROW_MAX) {
		errno = ENOSPC;
		fw_fail("ledger");
	}
	snprintf(row->role, sizeof(row->role), "%s", role);
	return row;
}

void fw_row_set_pid(struct fw_row *row, pid_t pid)
{
	row->pid = pid;
}

void fw_row_use(struct fw_row *row)
{
	self = row;
}

unsigned int fw_row_index(void)
{
	return (unsigned int)(self - ledger->rows);
}

void fw_row_use_index(unsigned int index)
{
	if (index >= ROW_MAX) {
		errno = EINVAL;
		fw_fail("row index");
	}
	self = &ledger->rows[index];
}

ssize_t fw_sent(ssize_t bytes)
{
	if (bytes > 0)
		self->sent += (uint64_t)bytes;
	return bytes;
}

ssize_t fw_received(ssize_t bytes)
{
	if (bytes > 0)
		self->received += (uint64_t)bytes;
	return bytes;
}

bool fw_ledger_print(const char *path, const char *scenario)
{
	FILE *out = path ? fopen(path, "w") : stdout;
	unsigned int i;
	bool failed;

	if (!out) {
		fprintf(stderr, "fwtraffic: cannot write %s: %s\n", path, strerror(errno));
		return false;
	}
	for (i = 0; i < ledger->used; i++) {
		const struct fw_row *row = &ledger->rows[i];

		if (!row->sent && !row->received)
			continue;
		fprintf(out,
			"{\"scenario\":\"%s\",\"pid\":%d,\"role\":\"%s\",\"sent\":%llu,"
			"\"received\":%llu}\n",
			scenario, row->pid, row->role, (unsigned long long)row->sent,
			(unsigned long long)row->received);
	}
	failed = ferror(out);
	if (path)
		failed |= fclose(out) != 0;
	else
		failed |= fflush(out) != 0;
	if (failed)
		fprintf(stderr, "fwtraffic: cannot write the rows: %s\n", strerror(errno));
	return !failed;
}

bool fw_ledger_balanced(const char *scenario)
{
	uint64_t sent = 0, received = 0;
	unsigned int i;

	for (i = 0; i < ledger->used; i++) {
		sent += ledger->rows[i].sent;
		received += ledger->rows[i].received;
	}
	if (sent == received && sent > 0)
		return true;
	fprintf(stderr, "fwtraffic: %s: all rows together sent %llu but received %llu bytes\n",
		scenario, (unsigned long long)sent, (unsigned long long)received);
	return false;
}
