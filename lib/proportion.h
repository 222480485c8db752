/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Products of which only a part is wanted, exactly, with numbers that every compiler has. For lib/; any thread. */
#ifndef FW_PROPORTION_H
#define FW_PROPORTION_H

#include <stdbool.h>
#include <stdint.h>

struct fw_proportion {
	uint64_t whole;
	uint64_t rest; /* of the division */
	bool is_beyond; /* `whole` would be beyond UINT64_MAX; the rest counts all the same */
};

/* value * factor / divisor, which is not 0. */
static inline struct fw_proportion fw_proportion_of(uint64_t value, uint64_t factor, uint64_t divisor)
{
	const uint64_t terms[] = { value / divisor, value % divisor };
	struct fw_proportion sum = { 0 };

	/* From the highest bit of the factor on: twice what there is, and the value once more. */
	for (int bit = 63; bit >= 0; bit--) {
		struct fw_proportion add = sum;

		for (int step = 0; step < 2; step++) {
			sum.is_beyond |= __builtin_add_overflow(sum.whole, add.whole, &sum.whole);
			if (sum.rest < divisor - add.rest) {
				sum.rest += add.rest;
			} else {
				sum.rest -= divisor - add.rest;
				sum.is_beyond |= __builtin_add_overflow(sum.whole, 1, &sum.whole);
			}
			if (!(factor >> bit & 1))
				break;
			add.whole = terms[0];
			add.rest = terms[1];
		}
	}
	return sum;
}

#endif
