/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/driver_abilities.h"

#include <string.h>

#include "backend/backend.h"
#include "backend/windows/device_rows.h"

#define BIT(number) (1ull << (number))

/* Features of the driver, by the names it gives them. Each of several suffices for an ability. */
static const struct {
	const char *name;
	uint32_t abilities; /* bits */
} features[] = {
	{ "\\Device\\Tcp", BIT(FW_ABILITY_SOCKETS) },
	{ "\\Device\\Udp", BIT(FW_ABILITY_SOCKETS) },
	{ "\\Device\\RawIp", BIT(FW_ABILITY_SOCKETS) },
	{ "\\Device\\Tcp6", BIT(FW_ABILITY_SOCKETS) },
	{ "\\Device\\Udp6", BIT(FW_ABILITY_SOCKETS) },
	{ "\\Device\\RawIp6", BIT(FW_ABILITY_SOCKETS) },
	{ "PsSetCreateProcessNotifyRoutineEx2", BIT(FW_ABILITY_PROCESSES) | BIT(FW_ABILITY_DENIALS) },
	{ "PsSetCreateProcessNotifyRoutineEx", BIT(FW_ABILITY_PROCESSES) | BIT(FW_ABILITY_DENIALS) },
	{ "PsSetCreateProcessNotifyRoutine", BIT(FW_ABILITY_PROCESSES) },
	{ "PsSetCreateThreadNotifyRoutine", BIT(FW_ABILITY_THREADS) },
	{ "PsSetLoadImageNotifyRoutine", BIT(FW_ABILITY_IMAGES) },
};

static const struct {
	enum fw_driver_ability ability;
	const char *what;
	uint64_t types;
} reported[] = {
	{ FW_ABILITY_SOCKETS, "connection and port events",
		BIT(FW_RECORD_CONNECTION_OPEN) | BIT(FW_RECORD_CONNECTION_CLOSE) |
			BIT(FW_RECORD_PORT_TAKEN) | BIT(FW_RECORD_PORT_RELEASED) |
			BIT(FW_RECORD_BLOCKED) },
	{ FW_ABILITY_PROCESSES, "process events",
		BIT(FW_RECORD_PROCESS_CREATE) | BIT(FW_RECORD_PROCESS_EXIT) },
	{ FW_ABILITY_THREADS, "thread events",
		BIT(FW_RECORD_THREAD_CREATE) | BIT(FW_RECORD_THREAD_EXIT) },
	{ FW_ABILITY_IMAGES, "image events", BIT(FW_RECORD_IMAGE_LOAD) },
	{ FW_ABILITY_DENIALS, "blocked events", BIT(FW_RECORD_BLOCKED) },
};

/* While rows come: the last reason why not, and whether a row said that it has. */
static void take(struct fw_driver_abilities *abilities, uint32_t bits,
	const struct fw_control_feature *feature)
{
	for (int i = 0; i < FW_ABILITY_COUNT; i++) {
		if (!(bits & BIT(i)))
			continue;
		abilities->of[i].has |= feature->state == FW_FEATURE_USED;
		abilities->of[i].is_told = true;
		if (feature->state != FW_FEATURE_USED)
			memcpy(abilities->of[i].lack, feature->reason, sizeof(feature->reason));
	}
}

static bool take_feature(void *row, void *argument)
{
	struct fw_control_feature *feature = row;

	feature->name[sizeof(feature->name) - 1] = '\0';
	feature->reason[sizeof(feature->reason) - 1] = '\0';
	for (size_t i = 0; i < FW_ARRAY_SIZE(features); i++)
		if (!strcmp(features[i].name, feature->name))
			take(argument, features[i].abilities, feature);
	return true;
}

enum fw_status fw_driver_abilities_read(struct fw_device_channel *channel,
	struct fw_driver_abilities *abilities, struct fw_error *error)
{
	struct fw_driver_abilities found = { 0 };
	const struct fw_rows_request request = { FW_CONTROL_FEATURES, sizeof(struct fw_control_feature),
		"asking what the driver found", take_feature, &found };
	enum fw_status status = fw_device_rows(channel, &request, error);

	if (status != FW_OK)
		return status;
	for (int i = 0; i < FW_ABILITY_COUNT; i++)
		found.of[i].has |= !found.of[i].is_told;
	*abilities = found;
	return FW_OK;
}

uint64_t fw_driver_missing_types(const struct fw_driver_abilities *abilities, uint64_t wanted,
	struct fw_error *why)
{
	uint64_t there = 0, missing = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(reported); i++)
		if (abilities->of[reported[i].ability].has)
			there |= reported[i].types;
	for (size_t i = 0; i < FW_ARRAY_SIZE(reported); i++) {
		uint64_t types = reported[i].types & wanted & ~there;

		if (types && !missing)
			fw_error_set(why, FW_UNSUPPORTED, "no %s: %s; see 'flowwatcher doctor'",
				reported[i].what, abilities->of[reported[i].ability].lack);
		missing |= types;
	}
	return missing;
}

enum fw_status fw_driver_check_denials(struct fw_device_channel *channel, struct fw_error *error)
{
	struct fw_driver_abilities abilities;
	enum fw_status status = fw_driver_abilities_read(channel, &abilities, error);

	if (status != FW_OK || abilities.of[FW_ABILITY_DENIALS].has)
		return status;
	return fw_error_set(error, FW_UNSUPPORTED,
		"the driver cannot deny here: %s; 'flowwatcher block' cuts a process off the network",
		abilities.of[FW_ABILITY_DENIALS].lack);
}
