/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/session.h"

#include "backend/linux/bpf_backend.h"
#include "backend/sockdiag/sockdiag_backend.h"

#include <stdio.h>
#include <string.h>

static enum fw_status open_bpf(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	const struct fw_bpf_options bpf = { .wire = options->wire };
	enum fw_status status = fw_bpf_open(&session->backend, error);

	if (status != FW_NOT_FOUND)
		return status;
	session->is_private = true;
	return fw_bpf_open_private(&bpf, &session->backend, error);
}

/* What a caller without rights, or a kernel without the hooks, gets instead. */
static enum fw_status open_fallback(struct fw_session *session, const struct fw_error *why,
	struct fw_error *error)
{
	enum fw_status status = fw_sockdiag_open(&session->backend, error);

	if (status != FW_OK)
		return status;
	session->is_fallback = true;
	session->is_private = true;
	if (why)
		snprintf(session->notice, sizeof(session->notice),
			"TCP bytes only, of connections seen while polling: %.*s ('flowwatcher "
			"doctor' explains)",
			FW_ERROR_TEXT_SIZE - 120, why->text);
	else
		snprintf(session->notice, sizeof(session->notice),
			"TCP bytes only, of connections seen while polling (--backend sockdiag)");
	return FW_OK;
}

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	struct fw_session opened = { 0 };
	struct fw_error why = { FW_OK, "" };
	enum fw_status status;

	if (options->choice == FW_BACKEND_SOCKDIAG)
		status = open_fallback(&opened, NULL, error);
	else
		status = open_bpf(options, &opened, &why);
	if (status != FW_OK && options->choice == FW_BACKEND_AUTO && !options->needs_counters) {
		memset(&opened, 0, sizeof(opened));
		status = open_fallback(&opened, &why, error);
	} else if (status != FW_OK && options->choice != FW_BACKEND_SOCKDIAG) {
		return fw_error_set(error, status, "%s", why.text);
	}
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
