/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/object_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OBJECTS 2000

struct object {
	int before; /* so that the node is not at offset 0 */
	struct fw_object_node node;
	bool is_in;
};

static struct object objects[OBJECTS];

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static uint32_t depth(const struct fw_object_node *node)
{
	uint32_t left, right;

	if (!node)
		return 0;
	left = depth(node->left);
	right = depth(node->right);
	return 1 + (left > right ? left : right);
}

static void empty(void **state)
{
	struct fw_object_table table;
	struct fw_object_node stranger = { .key = 1 };

	fw_object_table_init(&table, 7);
	assert_null(fw_object_table_find(&table, 1, 0));
	assert_null(fw_object_table_after(&table, 0, 0));
	assert_null(fw_object_table_first(&table));
	assert_false(fw_object_table_remove(&table, &stranger));
}

static void both_words_are_the_key(void **state)
{
	struct fw_object_node a = { .key = 1, .sub_key = 1 }, b = { .key = 1, .sub_key = 2 };
	struct fw_object_node same = { .key = 1, .sub_key = 2 };
	struct fw_object_table table;

	fw_object_table_init(&table, 7);
	assert_true(fw_object_table_insert(&table, &a));
	assert_true(fw_object_table_insert(&table, &b));
	assert_false(fw_object_table_insert(&table, &same));
	assert_false(fw_object_table_remove(&table, &same));
	assert_ptr_equal(fw_object_table_find(&table, 1, 2), &b);
	assert_null(fw_object_table_find(&table, 1, 0));
	assert_ptr_equal(fw_object_table_after(&table, 1, 1), &b);
	assert_int_equal(table.count, 2);
}

static void check_order(const struct fw_object_table *table)
{
	uint64_t key = 0;
	uint32_t seen = 0;
	struct fw_object_node *node = fw_object_table_first(table);

	for (; node; node = fw_object_table_after(table, key, 0), seen++) {
		assert_true(!seen || node->key > key);
		assert_true(fw_object_of(node, struct object, node)->is_in);
		key = node->key;
	}
	assert_int_equal(seen, table->count);
}

/* Against an array, with keys in order (the worst case of a tree without balance) and removals anywhere. */
static void random_changes(void **state)
{
	struct fw_object_table table;
	uint32_t random = 1;

	fw_object_table_init(&table, 99);
	for (uint32_t i = 0; i < OBJECTS; i++)
		objects[i] = (struct object){ .node = { .key = i + 1 } };
	for (uint32_t step = 0; step < 40 * OBJECTS; step++) {
		uint32_t i = step < OBJECTS ? step : next_random(&random) % OBJECTS;
		struct object *object = &objects[i];

		assert_int_equal(fw_object_table_find(&table, i + 1, 0) == &object->node,
			object->is_in);
		if (object->is_in)
			assert_true(fw_object_table_remove(&table, &object->node));
		else
			assert_true(fw_object_table_insert(&table, &object->node));
		object->is_in = !object->is_in;
		if (step % OBJECTS == OBJECTS - 1)
			check_order(&table);
	}
}

static void stays_shallow(void **state)
{
	struct fw_object_table table;

	fw_object_table_init(&table, 12345);
	for (uint32_t i = 0; i < OBJECTS; i++) {
		objects[i] = (struct object){ .node = { .key = i + 1 }, .is_in = true };
		assert_true(fw_object_table_insert(&table, &objects[i].node));
	}
	assert_true(depth(table.root) < 44); /* 4 log2(2000) */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(both_words_are_the_key),
		cmocka_unit_test(random_changes),
		cmocka_unit_test(stays_shallow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
