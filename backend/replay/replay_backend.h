/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The backend that plays a recording: usage(), connections() and ports() give its current snapshot,
 * poll() and next() its events in their order. Called by lib/session.c only.
 */
#ifndef FW_REPLAY_BACKEND_H
#define FW_REPLAY_BACKEND_H

#include "backend/backend.h"

struct fw_recording;

/* The recording stays the caller's and must outlive the backend. poll() begins at the recording's
 * `from`. */
enum fw_status fw_replay_open(struct fw_recording *recording, struct fw_backend **backend,
	struct fw_error *error);

#endif
