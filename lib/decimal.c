/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/decimal.h"

#include <ctype.h>

#include "lib/proportion.h"

bool fw_decimal_read(const char *text, struct fw_decimal *decimal)
{
	struct fw_decimal read = { .fraction = "" };
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(read.whole, 10u, &read.whole) ||
			__builtin_add_overflow(read.whole, (uint64_t)(*at - '0'), &read.whole))
			return false;
	read.unit = at;
	if (*at == '.') {
		read.fraction = at + 1;
		while (isdigit((unsigned char)read.fraction[read.fraction_digits]))
			read.fraction_digits++;
		if (read.fraction_digits == 0)
			return false;
		read.unit = read.fraction + read.fraction_digits;
	}
	if (read.unit == text)
		return false;
	*decimal = read;
	return true;
}

/* Sum of the fraction's digits times their weight; 18 digits resolve any unit below 10^18. */
static uint64_t scale_fraction(const struct fw_decimal *decimal, uint64_t unit)
{
	uint64_t numerator = 0, denominator = 1;

	for (size_t i = 0; i < decimal->fraction_digits && i < 18; i++) {
		numerator = numerator * 10 + (unsigned int)(decimal->fraction[i] - '0');
		denominator *= 10;
	}
	return fw_proportion_of(unit, numerator, denominator).whole;
}

bool fw_decimal_scale(const struct fw_decimal *decimal, uint64_t unit, uint64_t *value)
{
	uint64_t scaled;

	if (__builtin_mul_overflow(decimal->whole, unit, &scaled) ||
		__builtin_add_overflow(scaled, scale_fraction(decimal, unit), &scaled))
		return false;
	*value = scaled;
	return true;
}
