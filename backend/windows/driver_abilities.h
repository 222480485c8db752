/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the loaded driver can report and refuse on this Windows, found in the features that it tells. What it does not tell
 * of it is taken to have. Called by backend/windows, one thread.
 */
#ifndef FW_DRIVER_ABILITIES_H
#define FW_DRIVER_ABILITIES_H

#include "abi/control.h"
#include "backend/windows/device_channel.h"

enum fw_driver_ability {
	FW_ABILITY_SOCKETS, /* it is above some transport */
	FW_ABILITY_PROCESSES,
	FW_ABILITY_THREADS,
	FW_ABILITY_IMAGES,
	FW_ABILITY_DENIALS, /* it is asked before a process begins */
	FW_ABILITY_COUNT
};

struct fw_driver_abilities {
	struct {
		bool has;
		bool is_told; /* of, so that `lack` counts */
		char lack[sizeof(((struct fw_control_feature *)0)->reason)]; /* why it has not, one line */
	} of[FW_ABILITY_COUNT];
};

enum fw_status fw_driver_abilities_read(struct fw_device_channel *channel,
	struct fw_driver_abilities *abilities, struct fw_error *error);

/* Those of the wanted types of records (bits) that cannot come. *why (may be NULL) says it of the first. */
uint64_t fw_driver_missing_types(const struct fw_driver_abilities *abilities, uint64_t wanted,
	struct fw_error *why);

/* FW_UNSUPPORTED: the driver is not asked before processes begin. */
enum fw_status fw_driver_check_denials(struct fw_device_channel *channel, struct fw_error *error);

#endif
