/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The target parser and matching: nothing crashes, refusals say why, what is accepted is sound. */
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* cgroup: and unit: ask the system about the pid; 0 is nobody's. */
	struct fw_process process = { .uid = 0, .comm = "comm", .exe = "/exe" };
	struct fw_error error = { FW_OK, "" };
	struct fw_target target;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	memset(&target, 0xaa, sizeof(target));
	if (fw_target_parse(text, &target, &error) == FW_OK) {
		if (!memchr(target.text, '\0', sizeof(target.text)))
			abort();
		if (target.kind == FW_TARGET_PID && (!target.id || target.id > INT32_MAX))
			abort();
		fw_target_matches(&target, &process);
		process.flags = FW_PROCESS_EXE_CUT;
		memset(process.comm, 'c', sizeof(process.comm));
		memset(process.exe, 'e', sizeof(process.exe));
		fw_target_matches(&target, &process);
	} else if (error.status != FW_USAGE || !error.text[0] || target.id != 0xaaaaaaaa) {
		abort();
	}
	free(text);
	return 0;
}
