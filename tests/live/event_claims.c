// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A process that says its arguments are where and as long as it likes (PR_SET_MM_MAP), as any
 * may. */
#include "event_generator.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLAIMED_BYTES ((4ull << 30) - 200) /* wraps in 32 bits as soon as anything is added */

/* What prctl wants to be told anew, as /proc/self/stat has it (proc(5), fields 26 to 51). */
static bool read_map(struct prctl_mm_map *map)
{
	unsigned long long field[52] = { 0 };
	FILE *file = fopen("/proc/self/stat", "re");
	char text[2048] = "";
	size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	char *at = length ? strrchr(text, ')') : NULL, *rest = NULL;

	if (file)
		fclose(file);
	if (!at)
		return false;
	at = strtok_r(at + 1, " ", &rest);
	for (int i = 3; at && i < 52; i++, at = strtok_r(NULL, " ", &rest))
		sscanf(at, "%llu", &field[i]);
	*map = (struct prctl_mm_map){
		.start_code = field[26], .end_code = field[27], .start_stack = field[28],
		.start_data = field[45], .end_data = field[46], .start_brk = field[47],
		.brk = (uintptr_t)sbrk(0), .env_start = field[50], .env_end = field[51],
		.exe_fd = (uint32_t)-1,
	};
	return true;
}

static void nothing(void *argument)
{
	_exit(0);
}

static void claim(void *argument)
{
	struct prctl_mm_map map;
	char *area = mmap(NULL, CLAIMED_BYTES, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (area == MAP_FAILED || !read_map(&map))
		fw_event_fail("claiming arguments");
	map.arg_start = (uintptr_t)area;
	map.arg_end = (uintptr_t)area + CLAIMED_BYTES;
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		fw_event_skip("PR_SET_MM_MAP cannot be done here: %s", strerror(errno));
	for (int i = 0; i < 5; i++)
		fw_child_run("claimed arguments", nothing, NULL);
}

void fw_run_claimed_arguments(void)
{
	fw_child_run("claims 4 GiB of arguments", claim, NULL);
}
