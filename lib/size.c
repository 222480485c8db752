/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/size.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/decimal.h"

static const struct unit {
	const char *suffix;
	uint64_t bytes;
} units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000ull },
	{ "KB", 1000ull },
	{ "MB", 1000000ull },
	{ "GB", 1000000000ull },
	{ "TB", 1000000000000ull },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ "TiB", 1ull << 40 },
};

static const struct unit *find_unit(const char *suffix)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].suffix, suffix) == 0)
			return &units[i];
	return NULL;
}

static bool parse(const char *text, uint64_t *bytes)
{
	struct fw_decimal decimal;
	const struct unit *unit;

	if (!fw_decimal_read(text, &decimal))
		return false;
	unit = find_unit(decimal.unit);
	return unit && fw_decimal_scale(&decimal, unit->bytes, bytes);
}

enum fw_status fw_size_parse(const char *text, uint64_t *bytes, struct fw_error *error)
{
	if (!parse(text, bytes))
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is not a number of bytes; write 4096, or a number with a unit: "
			"kB, MB, GB, KiB, MiB, GiB (64KiB)",
			text);
	return FW_OK;
}
