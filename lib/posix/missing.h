/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the sources that both systems share use of POSIX and GNU and mingw's C library lacks, with the meaning it has
 * there. The build for Windows puts it in front of each source (-include); nothing includes it by name.
 */
#ifndef FW_POSIX_MISSING_H
#define FW_POSIX_MISSING_H

#include <search.h>
#include <stddef.h>

void *reallocarray(void *array, size_t count, size_t size);

void qsort_r(void *array, size_t count, size_t size,
	int (*compare)(const void *left, const void *right, void *argument), void *argument);

/* GNU's: returns the text. */
char *strerror_r(int error_number, char *text, size_t size);

/* Not from within an action. */
void twalk_r(const void *root, void (*action)(const void *node, VISIT visit, void *closure),
	void *closure);
void tdestroy(void *root, void (*free_node)(void *node));

#endif
