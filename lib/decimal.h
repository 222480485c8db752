/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers with a fraction and a unit behind them ("1.5MiB", "250ms"), exactly. For the parsers of
 * lib/; any thread. */
#ifndef FW_DECIMAL_H
#define FW_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_decimal {
	uint64_t whole;
	const char *fraction; /* its digits, inside the text */
	size_t fraction_digits;
	const char *unit; /* what follows the number */
};

/* Digits, perhaps with '.' and more digits behind or before; no sign, no exponent, no blank. False:
 * there is no such number at the text's beginning, or it is beyond UINT64_MAX. */
bool fw_decimal_read(const char *text, struct fw_decimal *decimal);

/* The number times `unit`; what is below 1 is cut off. False: beyond UINT64_MAX. */
bool fw_decimal_scale(const struct fw_decimal *decimal, uint64_t unit, uint64_t *value);

#endif
