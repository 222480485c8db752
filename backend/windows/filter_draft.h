/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists on their way into the packet filter: drafts in pieces, and one commit. Called by filter_backend.c,
 * one thread. */
#ifndef FW_FILTER_DRAFT_H
#define FW_FILTER_DRAFT_H

#include "backend/backend.h"

/* The operation filter_set of backend.h, on a handle of its own: what is left of a transaction that fails
 * goes with it. */
enum fw_status fw_filter_draft_set(const struct fw_filter_change *changes, size_t count,
	struct fw_error *error);

#endif
