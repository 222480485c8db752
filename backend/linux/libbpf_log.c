/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/libbpf_log.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char first[256];

static int keep(enum libbpf_print_level level, const char *format, va_list arguments)
{
	va_list copy;

	if (getenv("FLOWWATCHER_DEBUG")) {
		va_copy(copy, arguments);
		vfprintf(stderr, format, copy);
		va_end(copy);
	}
	/* The first warning says what failed, those after it what followed from that. */
	if (level == LIBBPF_WARN && !first[0]) {
		vsnprintf(first, sizeof(first), format, arguments);
		first[strcspn(first, "\n")] = 0;
	}
	return 0;
}

void fw_libbpf_log_capture(void)
{
	first[0] = 0;
	libbpf_set_print(keep);
}

const char *fw_libbpf_log_first(void)
{
	return first;
}
