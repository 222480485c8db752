/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/device_greeting.h"

#include "backend/windows/device_rows.h"

/* Both say what they speak; of another major version nothing else is asked. */
static enum fw_status greet(enum fw_device device, struct fw_device_channel *channel, struct fw_error *error)
{
	const uint32_t function = device == FW_DEVICE_FLOWS ? (uint32_t)FW_CONTROL_HELLO : FW_FILTER_CONTROL_HELLO;
	const struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, FW_ABI_MINOR };
	struct fw_control_hello answer;
	uint32_t returned;
	enum fw_status status = fw_device_call(channel, function, &hello, sizeof(hello), &answer,
		sizeof(answer), &returned, "greeting the driver", error);

	if (status != FW_OK)
		return status;
	if (returned < sizeof(answer) || answer.size < sizeof(answer) || answer.major != FW_ABI_MAJOR)
		return fw_error_set(error, FW_UNSUPPORTED,
			"the loaded driver speaks another version than %d; %s", FW_ABI_MAJOR,
			fw_device_renewal(device));
	return FW_OK;
}

enum fw_status fw_device_greet(enum fw_device device, struct fw_device_channel **channel, struct fw_error *error)
{
	struct fw_device_channel *opened;
	enum fw_status status = fw_device_open(device, &opened, error);

	if (status != FW_OK)
		return status;
	status = greet(device, opened, error);
	if (status == FW_OK)
		*channel = opened;
	else
		fw_device_close(opened);
	return status;
}

struct feature_row {
	fw_feature_fn feature;
	void *argument;
};

static bool hand_feature(void *row, void *argument)
{
	const struct feature_row *to = argument;
	struct fw_control_feature *found = row;
	const struct fw_feature feature = {
		.group = found->group,
		.name = found->name,
		.state = found->state <= FW_FEATURE_MISSING ? (enum fw_feature_state)found->state :
							      FW_FEATURE_MISSING,
		.reason = found->reason,
	};

	found->group[sizeof(found->group) - 1] = '\0';
	found->name[sizeof(found->name) - 1] = '\0';
	found->reason[sizeof(found->reason) - 1] = '\0';
	return to->feature(&feature, to->argument);
}

enum fw_status fw_device_features(enum fw_device device, fw_feature_fn feature, void *argument,
	struct fw_error *error)
{
	struct feature_row to = { feature, argument };
	const struct fw_rows_request request = {
		.function = device == FW_DEVICE_FLOWS ? (uint32_t)FW_CONTROL_FEATURES : FW_FILTER_CONTROL_FEATURES,
		.row_size = sizeof(struct fw_control_feature),
		.what = "asking what the driver found",
		.row = hand_feature,
		.argument = &to,
	};
	struct fw_device_channel *channel;
	struct fw_error why;
	enum fw_status status = fw_device_greet(device, &channel, &why);

	if (status != FW_OK) {
		const struct fw_feature absent = { device == FW_DEVICE_FLOWS ? "driver" : "packet filter", "loaded",
			FW_FEATURE_MISSING, why.text };

		return feature(&absent, argument) ? FW_OK : FW_STOPPED;
	}
	status = fw_device_rows(channel, &request, error);
	fw_device_close(channel);
	return status;
}
