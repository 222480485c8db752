/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/duration.h"

#include <stdbool.h>
#include <string.h>

#include "lib/decimal.h"

static const struct unit {
	const char *suffix;
	uint64_t ns;
} units[] = {
	{ "", 1000000000ull },
	{ "us", 1000ull },
	{ "ms", 1000000ull },
	{ "s", 1000000000ull },
	{ "m", 60000000000ull },
	{ "min", 60000000000ull },
	{ "h", 3600000000000ull },
	{ "d", 86400000000000ull },
};

static const struct unit *find_unit(const char *suffix)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].suffix, suffix) == 0)
			return &units[i];
	return NULL;
}

static bool parse(const char *text, uint64_t *duration_ns)
{
	struct fw_decimal decimal;
	const struct unit *unit;

	if (!fw_decimal_read(text, &decimal))
		return false;
	unit = find_unit(decimal.unit);
	return unit && fw_decimal_scale(&decimal, unit->ns, duration_ns);
}

enum fw_status fw_duration_parse(const char *text, uint64_t *duration_ns, struct fw_error *error)
{
	if (!parse(text, duration_ns))
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is not a duration; write seconds (1, 0.5) or a number with a "
			"unit: us, ms, s, m (or min), h, d (250ms)",
			text);
	return FW_OK;
}
