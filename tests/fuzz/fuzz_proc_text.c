/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Any text as what /proc/PID holds. */
#include <stdlib.h>
#include <string.h>

#include "lib/host/host.h"
#include "lib/host/proc_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_unit(const char *cgroup)
{
	char unit[32];

	if (fw_host_cgroup_unit(cgroup, unit, sizeof(unit)) == FW_OK &&
		(strchr(unit, '/') || !strstr(cgroup, unit)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct fw_proc_stat stat;
	struct fw_proc_status status;
	char cgroup[64];
	uint64_t inode;

	if (fw_proc_stat_parse(text, size, &stat) &&
		strnlen(stat.comm, sizeof(stat.comm)) == sizeof(stat.comm))
		abort();
	fw_proc_status_parse(text, size, &status);
	fw_proc_socket_link_parse(text, size, &inode);
	if (fw_proc_cgroup_parse(text, size, cgroup, sizeof(cgroup))) {
		if (cgroup[0] != '/')
			abort();
		try_unit(cgroup);
	}
	return 0;
}
