/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/user_name.h"

#include "flowwatcher/user.h"

#include <stdio.h>

const char *fw_user_name(uint32_t uid)
{
	static char number[16];
	const char *name = fw_user_find_name(uid);

	if (name || uid == UINT32_MAX)
		return name ? name : "?";
	snprintf(number, sizeof(number), "%u", uid);
	return number;
}
