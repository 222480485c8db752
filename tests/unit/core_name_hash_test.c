/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names hashed as text and as the kernel side reads them, word by word, are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/name_hash.h"

/* As kernel/linux/name_hash.bpf.h does it, over memory with something behind the name. */
static uint64_t hash_by_words(uint64_t hash, const char *memory)
{
	uint64_t words = 0;
	bool ended = false;

	for (size_t i = 0; i < 32 && !ended; i++) {
		uint64_t word;

		memcpy(&word, memory + 8 * i, sizeof(word));
		word = fw_hash_cut(word, &ended);
		if (word) {
			hash = fw_hash_word(hash, word);
			words++;
		}
	}
	return fw_hash_word(hash, words);
}

static void every_length_is_the_same(void **state)
{
	char memory[300];

	for (size_t length = 1; length <= 255; length++) {
		memset(memory, 0xff, sizeof(memory)); /* what lies behind does not matter */
		for (size_t i = 0; i < length; i++)
			memory[i] = (char)(1 + (i * 37 + length) % 255);
		memory[length] = 0;
		assert_int_equal(fw_hash_name(FW_HASH_SEED, memory, length),
			hash_by_words(FW_HASH_SEED, memory));
	}
}

static void bytes_above_the_first_zero_are_cut(void **state)
{
	bool ended;

	assert_int_equal(fw_hash_cut(0x0101010101000201ull, &ended), 0x0201);
	assert_true(ended);
	assert_int_equal(fw_hash_cut(0x00ff80817f010203ull, &ended), 0x00ff80817f010203ull);
	assert_true(ended);
	assert_int_equal(fw_hash_cut(0x8080808080808080ull, &ended), 0x8080808080808080ull);
	assert_false(ended);
	assert_int_equal(fw_hash_cut(0xffffffffffffff00ull, &ended), 0);
	assert_true(ended);
}

static void components_do_not_run_together(void **state)
{
	uint64_t one = fw_hash_name(fw_hash_name(FW_HASH_SEED, "abcdefgh", 8), "ij", 2);
	uint64_t other = fw_hash_name(FW_HASH_SEED, "abcdefghij", 10);
	uint64_t swapped = fw_hash_name(fw_hash_name(FW_HASH_SEED, "ij", 2), "abcdefgh", 8);

	assert_int_not_equal(one, other);
	assert_int_not_equal(one, swapped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_the_same),
		cmocka_unit_test(bytes_above_the_first_zero_are_cut),
		cmocka_unit_test(components_do_not_run_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
