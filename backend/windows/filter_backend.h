/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The backend of the packet filter fwfilter.sys: only the operations about adapters and lists. Called by
 * lib/session_windows.c and by the load, status and doctor commands.
 */
#ifndef FW_WINDOWS_FILTER_BACKEND_H
#define FW_WINDOWS_FILTER_BACKEND_H

#include "abi/filter_control.h"
#include "backend/backend.h"

/* FW_NOT_FOUND: the driver is not installed or does not run (with a message and the remedy). */
enum fw_status fw_windows_filter_open(struct fw_backend **backend, struct fw_error *error);

/* The same error. *status is untouched unless FW_OK. */
enum fw_status fw_windows_filter_status(struct fw_filter_control_status *status, struct fw_error *error);

/* What the driver found on this system; without one that is said as a feature. */
enum fw_status fw_windows_filter_features(fw_feature_fn feature, void *argument, struct fw_error *error);

#endif
