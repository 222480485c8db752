/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Choose and open a backend: the loaded kernel side, else a private copy, else the view without
 * privilege. Called by programs from one thread.
 */
#ifndef FLOWWATCHER_SESSION_H
#define FLOWWATCHER_SESSION_H

#include "backend/backend.h"

enum fw_backend_choice {
	FW_BACKEND_AUTO,     /* loaded, else private, else sockdiag */
	FW_BACKEND_BPF,	     /* loaded, else private, else fail */
	FW_BACKEND_SOCKDIAG, /* only inet_diag and /proc */
};

struct fw_session_options {
	enum fw_backend_choice choice;
	bool wire;	     /* count wire bytes in a private copy */
	bool events;	     /* process, thread and image records too (in a private copy) */
	bool needs_counters; /* sockdiag will not do: fail instead of falling back */
	/* a private copy will not do either: what is made must outlive the session */
	bool needs_loaded;
	/* the filter of adapters, which may be another kernel side than the rest (Windows), and then alone */
	bool needs_filter;
};

struct fw_session {
	struct fw_backend *backend;
	bool is_private;  /* counting began with this session */
	bool is_fallback; /* sockdiag: TCP only, what the caller may see */
	bool is_replay;	  /* of a recording: nothing is waited for, this machine is not asked */
	char notice[FW_ERROR_TEXT_SIZE]; /* one line why it is a fallback; else "" */
};

/* "auto", "bpf", "sockdiag"; FW_USAGE for anything else. */
enum fw_status fw_session_choice_parse(const char *text, enum fw_backend_choice *choice,
	struct fw_error *error);

/* *session is written only on FW_OK. Release with fw_session_close (an all-zero one is
 * accepted). */
enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error);
void fw_session_close(struct fw_session *session);

struct fw_recording;

/* From now on every session plays this recording (lib/recording/recording.h), whatever its options
 * say, and lib/host/host.h answers from it. NULL: no longer. For the whole process; the recording
 * is the caller's and stays open as long. */
void fw_session_replay(struct fw_recording *recording);

#endif
