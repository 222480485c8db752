/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char last[256];

static int keep(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list copy;

	if (getenv("FLOWWATCHER_DEBUG")) {
		va_copy(copy, arguments);
		vfprintf(stderr, format, copy);
		va_end(copy);
	}
	/* The verifier's log is one huge message; the lines after it say what failed. */
	if (level == LIBBPF_WARN && !strstr(format, "BEGIN PROG LOAD LOG")) {
		vsnprintf(last, sizeof(last), format, arguments);
		last[strcspn(last, "\n")] = 0;
	}
	return 0;
}

void fw_libbpf_log_capture(void)
{
	last[0] = 0;
	libbpf_set_print(keep);
}

const char *fw_libbpf_log_last(void)
{
	return last;
}
