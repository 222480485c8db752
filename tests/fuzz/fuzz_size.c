/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parser of numbers of bytes: agrees with strtold() within its precision on everything it
 * accepts. */
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long double unit_of(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *letter = strchr(letters, suffix[0] == 'k' ? 'K' : suffix[0]);
	long double unit = 1;

	if (!suffix[0] || !letter)
		return 1;
	for (const char *at = letters; at <= letter; at++)
		unit *= suffix[1] == 'i' ? 1024 : 1000;
	return unit;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fw_error error = { FW_OK, "" };
	uint64_t bytes = 42;
	char text[256], *end;
	long double expected;

	if (size >= sizeof(text))
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (fw_size_parse(text, &bytes, &error) != FW_OK) {
		if (bytes != 42 || error.status != FW_USAGE || !error.text[0])
			abort();
		return 0;
	}
	expected = strtold(text, &end);
	expected *= unit_of(end);
	if ((long double)bytes > expected + 2 || (long double)bytes < expected - 2)
		abort();
	return 0;
}
