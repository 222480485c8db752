/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/user.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/host/host.h"

#define SLOTS	  64
#define NAME_SIZE 40

const char *fw_user_find_name(uint32_t uid)
{
	static _Thread_local struct {
		bool known;
		uint32_t uid;
		char name[NAME_SIZE]; /* "": it has none */
	} cache[SLOTS], *slot;

	if (uid == UINT32_MAX)
		return NULL;
	slot = &cache[uid % SLOTS];
	if (!slot->known || slot->uid != uid) {
		slot->known = true;
		slot->uid = uid;
		if (fw_host_user_name(uid, slot->name, sizeof(slot->name)) != FW_OK)
			slot->name[0] = '\0';
	}
	return slot->name[0] ? slot->name : NULL;
}
