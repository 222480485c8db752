/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The duration parser: agrees with strtold() within its precision on everything it accepts. */
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/duration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long double unit_of(const char *suffix)
{
	switch (suffix[0]) {
	case 'u':
		return 1e3L;
	case 'm':
		return suffix[1] == 's' ? 1e6L : 60e9L;
	case 'h':
		return 3600e9L;
	case 'd':
		return 86400e9L;
	default:
		return 1e9L;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_error error = { FW_OK, "" };
	uint64_t ns = 42;
	char text[256], *end;
	long double expected;

	if (size >= sizeof(text))
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (fw_duration_parse(text, &ns, &error) != FW_OK) {
		if (ns != 42 || error.status != FW_USAGE || !error.text[0])
			abort();
		return 0;
	}
	expected = strtold(text, &end);
	expected *= unit_of(end);
	if ((long double)ns > expected + 2 || (long double)ns < expected - 2)
		abort();
	return 0;
}
