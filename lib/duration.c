/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/duration.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const struct unit {
	const char *suffix;
	uint64_t ns;
} units[] = {
	{ "", 1000000000ull },
	{ "us", 1000ull },
	{ "ms", 1000000ull },
	{ "s", 1000000000ull },
	{ "m", 60000000000ull },
	{ "h", 3600000000000ull },
};

static const struct unit *find_unit(const char *suffix)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].suffix, suffix) == 0)
			return &units[i];
	return NULL;
}

/* Sum of the fraction's digits times their weight in ns; what is below 1 ns is cut off. */
static uint64_t fraction_ns(const char *digits, size_t count, uint64_t unit_ns)
{
	unsigned __int128 numerator = 0;
	unsigned __int128 denominator = 1;

	/* 18 digits resolve an hour far below a nanosecond. */
	for (size_t i = 0; i < count && i < 18; i++) {
		numerator = numerator * 10 + (unsigned int)(digits[i] - '0');
		denominator *= 10;
	}
	return (uint64_t)(numerator * unit_ns / denominator);
}

static bool parse(const char *text, uint64_t *duration_ns)
{
	uint64_t whole = 0;
	size_t whole_digits = 0;
	size_t fraction_digits = 0;
	const char *fraction = "";
	const char *at = text;
	const struct unit *unit;
	uint64_t value;

	for (; isdigit((unsigned char)*at); at++, whole_digits++)
		if (__builtin_mul_overflow(whole, 10u, &whole) ||
			__builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return false;
	if (*at == '.') {
		fraction = ++at;
		for (; isdigit((unsigned char)*at); at++)
			fraction_digits++;
		if (fraction_digits == 0)
			return false;
	}
	unit = find_unit(at);
	if (whole_digits + fraction_digits == 0 || !unit)
		return false;
	if (__builtin_mul_overflow(whole, unit->ns, &value) ||
		__builtin_add_overflow(value, fraction_ns(fraction, fraction_digits, unit->ns), &value))
		return false;
	*duration_ns = value;
	return true;
}

enum fw_status fw_duration_parse(const char *text, uint64_t *duration_ns, struct fw_error *error)
{
	if (!parse(text, duration_ns))
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is not a duration; write seconds (1, 0.5) or a number with a "
			"unit: us, ms, s, m, h (250ms)",
			text);
	return FW_OK;
}
