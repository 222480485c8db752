/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/diag_socket.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64u

bool fw_socket_list_add(struct fw_socket_list *list, const struct fw_diag_socket *socket)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
		struct fw_diag_socket *at = reallocarray(list->at, capacity, sizeof(*at));

		if (!at)
			return false;
		list->at = at;
		list->capacity = capacity;
	}
	list->at[list->count++] = *socket;
	return true;
}

void fw_socket_list_done(struct fw_socket_list *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}
