/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Growing arrays: what they hold stays, and what cannot be had leaves them as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "lib/grow.h"

/* A sanitizer is to say no as malloc() does. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void one_after_the_other(void **state)
{
	uint64_t *numbers = NULL;
	size_t capacity = 0, moves = 0;

	(void)state;
	for (size_t count = 0; count < 100000; count++) {
		size_t before = capacity;
		uint64_t *at = fw_grow(numbers, count, &capacity, sizeof(*at));

		assert_non_null(at);
		assert_true(capacity > count);
		moves += capacity != before;
		numbers = at;
		numbers[count] = count;
	}
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(numbers[i], i);
	assert_true(moves < 40);
	assert_true(capacity < 2 * 100000);
	free(numbers);
}

static void many_at_once(void **state)
{
	size_t capacity = 0;
	char *text = fw_grow_by(NULL, 0, 1000, &capacity, 1), *same;

	(void)state;
	assert_non_null(text);
	assert_true(capacity >= 1000);
	same = fw_grow_by(text, 400, capacity - 400, &capacity, 1);
	assert_ptr_equal(same, text);
	text = fw_grow_by(same, capacity, 70000, &capacity, 1);
	assert_non_null(text);
	assert_true(capacity >= 71000);
	text[capacity - 1] = 'x';
	free(text);
}

/* An empty array is one, too, and no failure. */
static void none(void **state)
{
	size_t capacity = 0;
	void *at = fw_grow_by(NULL, 0, 0, &capacity, 8);

	(void)state;
	assert_non_null(at);
	free(at);
}

static void refuses(uint64_t *kept, size_t count, size_t more, size_t capacity, size_t size)
{
	size_t before = capacity;

	assert_null(fw_grow_by(kept, count, more, &capacity, size));
	assert_int_equal(capacity, before);
	assert_int_equal(kept[0], 7);
}

static void what_does_not_fit_in_a_size(void **state)
{
	uint64_t kept[4] = { 7 };

	(void)state;
	refuses(kept, 4, 1, 4, SIZE_MAX / 16);
	refuses(kept, 4, SIZE_MAX, 4, 1);
	refuses(kept, 4, SIZE_MAX - 4, 4, 2);
	refuses(kept, SIZE_MAX, 1, SIZE_MAX, 1);
	refuses(kept, SIZE_MAX - 1, 1, SIZE_MAX - 1, 1);
}

static void no_memory(void **state)
{
	uint64_t *kept = malloc(4 * sizeof(*kept));

	(void)state;
	assert_non_null(kept);
	kept[0] = 7;
	refuses(kept, 4, 1, 4, PTRDIFF_MAX / 64);
	refuses(kept, 4, PTRDIFF_MAX / 16, 4, sizeof(*kept));
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(none),
		cmocka_unit_test(what_does_not_fit_in_a_size),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
