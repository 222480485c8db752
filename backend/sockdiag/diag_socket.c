/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/diag_socket.h"

#include "lib/grow.h"

#include <stdlib.h>
#include <string.h>

bool fw_socket_list_add(struct fw_socket_list *list, const struct fw_diag_socket *socket)
{
	struct fw_diag_socket *at = fw_grow(list->at, list->count, &list->capacity, sizeof(*at));

	if (!at)
		return false;
	list->at = at;
	at[list->count++] = *socket;
	return true;
}

void fw_socket_list_done(struct fw_socket_list *list)
{
	free(list->at);
	memset(list, 0, sizeof(*list));
}
