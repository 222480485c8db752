/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the Windows driver answers and delivers, as an enemy would: the backend reads no byte that is not there. */
#include <stdlib.h>
#include <string.h>

#include "abi/control.h"
#include "backend/windows/windows_backend.h"
#include "tests/unit/device_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *rest;
static size_t left;
static unsigned int sum;

static struct script_answer answer(uint32_t function, const void *in, uint32_t in_size)
{
	struct script_answer given = { rest, left, FW_OK };

	(void)in;
	(void)in_size;
	if (function == FW_CONTROL_HELLO || function == FW_CONTROL_SUBSCRIBE)
		given.length = SIZE_MAX;
	return given;
}

static void read_bytes(const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += ((const uint8_t *)bytes)[i];
}

static bool take_usage(const struct fw_usage *usage, void *argument)
{
	(void)argument;
	read_bytes(usage->process.exe, strlen(usage->process.exe));
	return true;
}

static bool take_connection(const struct fw_connection *connection, void *argument)
{
	(void)argument;
	read_bytes(connection->comm, strlen(connection->comm));
	return true;
}

static bool take_rule(const struct fw_rule *rule, const struct fw_rule_counters *counters, void *argument)
{
	(void)counters;
	(void)argument;
	read_bytes(rule->text, strlen(rule->text));
	return true;
}

static bool take_feature(const struct fw_feature *feature, void *argument)
{
	(void)argument;
	read_bytes(feature->reason, strlen(feature->reason));
	return true;
}

static bool take_record(const struct fw_record_header *record, void *argument)
{
	(void)argument;
	read_bytes(record, record->size);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fw_subscription subscription = { .types = UINT16_MAX };
	struct fw_usage_summary summary;
	struct fw_backend *backend;
	struct fw_error error;

	device_script_reset();
	device_script.answer = answer;
	rest = data;
	left = size;
	device_script.reads[0] = (struct script_answer){ data, size, FW_OK };
	device_script.read_count = 1;
	if (fw_windows_open(&backend, &error) != FW_OK)
		return 0;
	backend->ops->usage(backend, take_usage, NULL, &summary, &error);
	backend->ops->connections(backend, take_connection, NULL, &error);
	backend->ops->rules(backend, take_rule, NULL, &error);
	if (backend->ops->subscribe(backend, &subscription, &error) == FW_OK)
		backend->ops->poll(backend, 0, take_record, NULL, &error);
	backend->ops->close(backend);
	fw_windows_features(take_feature, NULL, &error);
	return 0;
}
