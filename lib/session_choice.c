/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/session.h"

#include <string.h>

enum fw_status fw_session_choice_parse(const char *text, enum fw_backend_choice *choice,
	struct fw_error *error)
{
	static const char *const names[] = {
		[FW_BACKEND_AUTO] = "auto",
		[FW_BACKEND_BPF] = "bpf",
		[FW_BACKEND_SOCKDIAG] = "sockdiag",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]))
			continue;
		*choice = (enum fw_backend_choice)i;
		return FW_OK;
	}
	return fw_error_set(error, FW_USAGE, "backend '%s' is none of auto, bpf, sockdiag", text);
}
