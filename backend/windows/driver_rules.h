/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The rules of the driver, as the operations of backend.h of these names have them. Called by windows_backend.c. */
#ifndef FW_DRIVER_RULES_H
#define FW_DRIVER_RULES_H

#include "backend/backend.h"
#include "backend/windows/device_channel.h"
#include "lib/host/nt_path.h"

enum fw_status fw_driver_rules_add(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	struct fw_rule *rules, size_t count, struct fw_error *error);
enum fw_status fw_driver_rules_remove(struct fw_device_channel *channel, const uint32_t *ids,
	size_t count, struct fw_error *error);
enum fw_status fw_driver_rules(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	fw_rule_fn row, void *argument, struct fw_error *error);

#endif
