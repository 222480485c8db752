/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Arrays that grow as elements come. For whoever keeps one in user space; any thread. */
#ifndef FW_GROW_H
#define FW_GROW_H

#include <stddef.h>

/* Room for `more` elements of `size` bytes behind the first `count` of `at`, which is NULL or from
 * malloc(). The array, moved perhaps, and its *capacity; NULL: no memory, and both are as they
 * were. */
void *fw_grow_by(void *at, size_t count, size_t more, size_t *capacity, size_t size);

/* Room for one more. */
static inline void *fw_grow(void *at, size_t count, size_t *capacity, size_t size)
{
	return fw_grow_by(at, count, 1, capacity, size);
}

#endif
