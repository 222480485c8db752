/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The index of the delta tables: collisions, growth, clearing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "abi/flow.h"
#include "lib/hash_index.h"

static size_t candidates(const struct fw_hash_index *index, uint64_t hash, uint32_t wanted,
	bool *found)
{
	struct fw_hash_cursor cursor = fw_hash_index_find(index, hash);
	uint32_t entry;
	size_t count = 0;

	*found = false;
	for (; fw_hash_index_next(index, &cursor, &entry); count++)
		*found |= entry == wanted;
	return count;
}

static void empty(void **state)
{
	struct fw_hash_index index = { 0 };
	bool found;

	(void)state;
	assert_int_equal(candidates(&index, 5, 5, &found), 0);
	fw_hash_index_clear(&index);
	fw_hash_index_done(&index);
}

static void same_hash(void **state)
{
	struct fw_hash_index index = { 0 };
	bool found;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(fw_hash_index_insert(&index, 77, i));
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(candidates(&index, 77, i, &found), 1000);
		assert_true(found);
	}
	assert_int_equal(candidates(&index, 78, 0, &found), 0);
	fw_hash_index_clear(&index);
	assert_int_equal(candidates(&index, 77, 0, &found), 0);
	fw_hash_index_done(&index);
}

static void many(void **state)
{
	struct fw_hash_index index = { 0 };
	bool found;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		assert_true(fw_hash_index_insert(&index, fw_hash_mix(i, 1), i));
	for (uint32_t i = 0; i < 100000; i++) {
		assert_true(candidates(&index, fw_hash_mix(i, 1), i, &found) < 10);
		assert_true(found);
	}
	assert_true(index.capacity <= 4 * 100000);
	fw_hash_index_done(&index);
}

static void entry_that_does_not_fit(void **state)
{
	struct fw_hash_index index = { 0 };
	bool found;

	(void)state;
	assert_false(fw_hash_index_insert(&index, 1, UINT32_MAX));
	assert_true(fw_hash_index_insert(&index, 1, UINT32_MAX - 1));
	assert_int_equal(candidates(&index, 1, UINT32_MAX - 1, &found), 1);
	assert_true(found);
	fw_hash_index_done(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(same_hash),
		cmocka_unit_test(many),
		cmocka_unit_test(entry_that_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
