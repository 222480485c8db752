/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* session.h on Windows: the loaded driver, or nothing; filters are another driver's. */
#include "flowwatcher/session.h"

#include <string.h>

#include "backend/windows/filter_backend.h"
#include "backend/windows/windows_backend.h"

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	struct fw_session opened = { 0 };
	enum fw_status status;

	if (options->choice != FW_BACKEND_AUTO)
		return fw_error_set(error, FW_UNSUPPORTED,
			"not on Windows: --backend; leave it out, the driver is the only one");
	if (options->needs_filter)
		status = fw_windows_filter_open(&opened.backend, error);
	else
		status = fw_windows_open(&opened.backend, error);
	if (status == FW_NOT_FOUND && !options->needs_filter)
		return fw_error_set(error, FW_NOT_FOUND,
			"the driver is not loaded; run 'flowwatcher load' first, as administrator");
	if (status == FW_OK)
		*session = opened;
	return status;
}

void fw_session_close(struct fw_session *session)
{
	if (session->backend)
		session->backend->ops->close(session->backend);
	memset(session, 0, sizeof(*session));
}
