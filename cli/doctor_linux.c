/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/doctor.h"

#include "backend/linux/bpf_backend.h"
#include "backend/sockdiag/sockdiag_backend.h"
#include "flowwatcher/session.h"

#include <stdio.h>

const struct fw_doctor_part fw_doctor_parts[] = {
	{ "bpf", fw_bpf_features },
	{ "sockdiag", fw_sockdiag_features },
	{ NULL, NULL },
};

void fw_doctor_choose(struct fw_doctor_choice *choice)
{
	const struct fw_session_options options = { .choice = FW_BACKEND_AUTO, .wire = true };
	struct fw_bpf_status kernel_side = { 0 };
	struct fw_session session = { 0 };
	struct fw_error error;
	char *reason = choice->reason;
	const size_t size = sizeof(choice->reason);

	choice->loaded = fw_bpf_status(&kernel_side, &error) == FW_OK && kernel_side.loaded;
	if (fw_session_open(&options, &session, &error) != FW_OK) {
		choice->backend = "none";
		snprintf(reason, size, "%s", error.text);
		return;
	}
	choice->backend = session.backend->ops->name;
	if (session.is_fallback)
		snprintf(reason, size, "%s", session.notice);
	else if (session.is_private)
		snprintf(reason, size, "nothing is loaded, so each command loads a private copy; "
				       "'flowwatcher load' puts one in place that stays");
	else
		snprintf(reason, size, "the kernel side is loaded (%s)", kernel_side.directory);
	fw_session_close(&session);
}
