/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What both drivers are asked in the same way: their version, and what they found. Called by
 * backend/windows, one thread. */
#ifndef FW_DEVICE_GREETING_H
#define FW_DEVICE_GREETING_H

#include "backend/backend.h"
#include "backend/windows/device_channel.h"

/* Open the device and say hello. FW_UNSUPPORTED: the driver speaks another version. */
enum fw_status fw_device_greet(enum fw_device device, struct fw_device_channel **channel,
	struct fw_error *error);

/* What the driver found on this system; without one that is said as a feature. */
enum fw_status fw_device_features(enum fw_device device, fw_feature_fn feature, void *argument,
	struct fw_error *error);

#endif
