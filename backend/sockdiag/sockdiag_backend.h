/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The backend for callers without privilege or BPF: inet_diag over netlink and /proc. Called by
 * lib/session.c and doctor only.
 */
#ifndef FW_SOCKDIAG_BACKEND_H
#define FW_SOCKDIAG_BACKEND_H

#include "backend/backend.h"

enum fw_status fw_sockdiag_open(struct fw_backend **backend, struct fw_error *error);
enum fw_status fw_sockdiag_features(fw_feature_fn feature, void *argument, struct fw_error *error);

#endif
