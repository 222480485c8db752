/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/grow.h"

#include <stdint.h>
#include <stdlib.h>

#define LEAST_MORE 16u

void *fw_grow_by(void *at, size_t count, size_t more, size_t *capacity, size_t size)
{
	size_t wanted = *capacity + *capacity / 2 + LEAST_MORE;

	if (more > SIZE_MAX - count)
		return NULL;
	if (at && count + more <= *capacity)
		return at;
	if (wanted < count + more)
		wanted = count + more;
	if (wanted < *capacity || wanted > PTRDIFF_MAX / size) /* no object is larger */
		return NULL;
	at = realloc(at, wanted * size);
	if (at)
		*capacity = wanted;
	return at;
}
