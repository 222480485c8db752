/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The backend of the Windows driver: what is loaded, and loading it. Called by lib/session_windows.c and by the
 * load, unload, status and doctor commands only.
 */
#ifndef FW_WINDOWS_BACKEND_H
#define FW_WINDOWS_BACKEND_H

#include "abi/control.h"
#include "backend/backend.h"

#define FW_DRIVER_SERVICE "flowwatcher"
#define FW_DRIVER_FILE	  "flowwatcher.sys"

/* Create the service for flowwatcher.sys in the folder of this program, unless there is one, and start it. FW_EXISTS: it
 * runs already. A service that was created for nothing is removed again. */
enum fw_status fw_driver_service_start(struct fw_error *error);

/* Stop the service, wait until it has stopped, and delete it. FW_NOT_FOUND: there is none. */
enum fw_status fw_driver_service_stop(struct fw_error *error);

/* Use the loaded driver. FW_NOT_FOUND: none is (with a message). */
enum fw_status fw_windows_open(struct fw_backend **backend, struct fw_error *error);

/* FW_NOT_FOUND: no driver is loaded. *status is untouched unless FW_OK. */
enum fw_status fw_windows_driver_status(struct fw_control_status *status, struct fw_error *error);

/* FW_CONTROL_STOP or FW_CONTROL_START: pass everything on, or watch again. */
enum fw_status fw_windows_switch(uint32_t function, struct fw_control_status *status,
	struct fw_error *error);

/* FW_CONTROL_DUMP: the periodic dump through DbgPrint; 0: none. */
enum fw_status fw_windows_dump(uint32_t interval_ms, struct fw_error *error);

/* What the loaded driver found on this system; without one that is said as a feature. */
enum fw_status fw_windows_features(fw_feature_fn feature, void *argument, struct fw_error *error);

#endif
