/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/user_name.h"

#include <pwd.h>
#include <stdio.h>

#include "lib/host/host.h"

#define SLOTS 64

const char *fw_user_name(uint32_t uid)
{
	static struct {
		uint32_t uid;
		char name[40];
	} cache[SLOTS];
	struct passwd *entry;
	unsigned int slot = uid % SLOTS;

	if (uid == UINT32_MAX)
		return "?";
	if (cache[slot].uid == uid && cache[slot].name[0])
		return cache[slot].name;
	/* The users of a recording are another machine's. */
	entry = fw_host_source() ? NULL : getpwuid(uid);
	cache[slot].uid = uid;
	if (entry)
		snprintf(cache[slot].name, sizeof(cache[slot].name), "%s", entry->pw_name);
	else
		snprintf(cache[slot].name, sizeof(cache[slot].name), "%u", uid);
	return cache[slot].name;
}
