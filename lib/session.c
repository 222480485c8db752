/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/session.h"

#include <stdio.h>
#include <string.h>

#include "backend/linux/bpf_backend.h"
#include "backend/replay/replay_backend.h"
#include "backend/sockdiag/sockdiag_backend.h"
#include "lib/host/host.h"
#include "lib/recording/recording.h"

static struct fw_recording *replayed; /* NULL: sessions are about this machine */

static enum fw_status open_bpf(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	struct fw_bpf_options bpf_options = { .wire = options->wire, .events = options->events };
	enum fw_status status = fw_bpf_open(&session->backend, error);

	if (status != FW_NOT_FOUND)
		return status;
	status = fw_bpf_open_private(&bpf_options, &session->backend, error);
	session->is_private = status == FW_OK;
	return status;
}

static enum fw_status open_sockdiag(struct fw_session *session, struct fw_error *error)
{
	enum fw_status status = fw_sockdiag_open(&session->backend, error);

	session->is_fallback = status == FW_OK;
	return status;
}

static void set_notice(struct fw_session *session, const char *reason, const char *instead)
{
	snprintf(session->notice, sizeof(session->notice),
		"%.300s%s: only TCP bytes are counted, short connections may be missed "
		"('flowwatcher doctor' explains)",
		reason, instead);
	for (char *at = session->notice; *at; at++)
		if (*at == '\n')
			*at = ' ';
}

static enum fw_status open_auto(const struct fw_session_options *options,
	struct fw_session *session, struct fw_error *error)
{
	struct fw_error reason = { 0 };
	enum fw_status status = open_bpf(options, session, &reason);

	if (status != FW_OK && !options->needs_counters) {
		status = open_sockdiag(session, error);
		if (status == FW_OK)
			set_notice(session, reason.text, "; reading inet_diag and /proc instead");
		return status;
	}
	if (status != FW_OK)
		return fw_error_set(error, status, "%s", reason.text);
	return FW_OK;
}

static enum fw_status open_replay(struct fw_session *session, struct fw_error *error)
{
	enum fw_status status = fw_replay_open(replayed, &session->backend, error);

	session->is_replay = status == FW_OK;
	return status;
}

/* No recording takes its place: what is asked for is to be changed. */
static enum fw_status open_loaded(struct fw_session *session, struct fw_error *error)
{
	enum fw_status status = fw_bpf_open(&session->backend, error);

	if (status == FW_NOT_FOUND)
		return fw_error_set(error, FW_NOT_FOUND,
			"the kernel side is not loaded; run 'flowwatcher load' first");
	return status;
}

static enum fw_status open_chosen(const struct fw_session_options *options,
	struct fw_session *session, struct fw_error *error)
{
	enum fw_status status;

	if (options->needs_loaded)
		return open_loaded(session, error);
	switch (options->choice) {
	case FW_BACKEND_SOCKDIAG:
		status = open_sockdiag(session, error);
		set_notice(session, "reading inet_diag and /proc", "");
		return status;
	case FW_BACKEND_BPF:
		return open_bpf(options, session, error);
	default:
		return open_auto(options, session, error);
	}
}

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	struct fw_session opened = { 0 };
	enum fw_status status = replayed ? open_replay(&opened, error) :
					   open_chosen(options, &opened, error);

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

void fw_session_replay(struct fw_recording *recording)
{
	replayed = recording;
	fw_host_use(recording ? &recording->host : NULL);
}
