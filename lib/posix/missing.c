/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/posix/missing.h"

#include <errno.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *reallocarray(void *array, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(array, count * size);
}

struct sorting {
	unsigned char *array;
	size_t size;
	int (*compare)(const void *left, const void *right, void *argument);
	void *argument;
};

static void swap(const struct sorting *sorting, size_t a, size_t b)
{
	unsigned char *left = sorting->array + a * sorting->size;
	unsigned char *right = sorting->array + b * sorting->size;

	for (size_t i = 0; i < sorting->size; i++) {
		unsigned char byte = left[i];

		left[i] = right[i];
		right[i] = byte;
	}
}

static int compare(const struct sorting *sorting, size_t a, size_t b)
{
	return sorting->compare(sorting->array + a * sorting->size, sorting->array + b * sorting->size,
		sorting->argument);
}

/* Let the element at `root` sink to its place in the heap of the first `count`. */
static void sink(const struct sorting *sorting, size_t root, size_t count)
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= count)
			return;
		if (child + 1 < count && compare(sorting, child, child + 1) < 0)
			child++;
		if (compare(sorting, root, child) >= 0)
			return;
		swap(sorting, root, child);
		root = child;
	}
}

/* By heap: no memory, and no order of the elements makes it slow. */
void qsort_r(void *array, size_t count, size_t size,
	int (*compare_elements)(const void *left, const void *right, void *argument), void *argument)
{
	const struct sorting sorting = { array, size, compare_elements, argument };

	for (size_t root = count / 2; root-- > 0;)
		sink(&sorting, root, count);
	for (size_t left = count; left-- > 1;) {
		swap(&sorting, 0, left);
		sink(&sorting, 0, left);
	}
}

char *strerror_r(int error_number, char *text, size_t size)
{
	snprintf(text, size, "%s", strerror(error_number));
	return text;
}

static int same(const void *left, const void *right)
{
	(void)left;
	(void)right;
	return 0;
}

/* Whatever it is compared with is the same, so that it is the root that goes. A node begins with its key. */
void tdestroy(void *root, void (*free_node)(void *node))
{
	while (root) {
		void *key = *(void **)root;

		tdelete(key, &root, same);
		free_node(key);
	}
}

static _Thread_local struct {
	void (*action)(const void *node, VISIT visit, void *closure);
	void *closure;
} walk;

static void visit_node(const void *node, VISIT visit, int depth)
{
	(void)depth;
	walk.action(node, visit, walk.closure);
}

void twalk_r(const void *root, void (*action)(const void *node, VISIT visit, void *closure),
	void *closure)
{
	walk.action = action;
	walk.closure = closure;
	twalk(root, visit_node);
}
