/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/device_script.h"

#include <stdlib.h>
#include <string.h>

#include "abi/control.h"
#include "backend/windows/device_channel.h"
#include "lib/host/nt_path.h"

struct device_script device_script;

struct fw_device_channel {
	struct {
		void *buffer;
		uint32_t size;
		size_t number; /* from 1 on, in the order in which reads are begun; 0: none is pending */
	} reads[FW_DEVICE_READS];
};

void device_script_reset(void)
{
	memset(&device_script, 0, sizeof(device_script));
}

enum fw_status fw_device_open(enum fw_device device, struct fw_device_channel **channel, struct fw_error *error)
{
	if (device_script.open != FW_OK)
		return fw_error_set(error, device_script.open, "the device does not open");
	*channel = calloc(1, sizeof(**channel));
	device_script.last_device = device;
	device_script.opened++;
	return *channel ? FW_OK : FW_NO_MEMORY;
}

void fw_device_close(struct fw_device_channel *channel)
{
	device_script.closed += channel != NULL;
	free(channel);
}

static struct script_answer usual(uint32_t function)
{
	static const struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, FW_ABI_MINOR };
	static const struct fw_control_rows none = { sizeof(none), sizeof(uint64_t), 0, 0, 0 };
	static const struct fw_control_status status = { .size = sizeof(status) };
	static const struct fw_filter_control_status filter = { .size = sizeof(filter) };
	static const struct fw_control_report report = { .size = sizeof(report) };

	switch (function) {
	case FW_CONTROL_HELLO:
	case FW_FILTER_CONTROL_HELLO:
		return (struct script_answer){ &hello, sizeof(hello), FW_OK };
	case FW_CONTROL_STATUS:
	case FW_CONTROL_STOP:
	case FW_CONTROL_START:
		return (struct script_answer){ &status, sizeof(status), FW_OK };
	case FW_FILTER_CONTROL_STATUS:
		return (struct script_answer){ &filter, sizeof(filter), FW_OK };
	case FW_CONTROL_REPORT:
		return (struct script_answer){ &report, sizeof(report), FW_OK };
	case FW_CONTROL_USAGE:
	case FW_CONTROL_CONNECTIONS:
	case FW_CONTROL_PORTS:
	case FW_CONTROL_RULES:
	case FW_CONTROL_FEATURES:
	case FW_FILTER_CONTROL_ADAPTERS:
	case FW_FILTER_CONTROL_LISTS:
	case FW_FILTER_CONTROL_PREFIXES:
	case FW_FILTER_CONTROL_PLACES:
	case FW_FILTER_CONTROL_FEATURES:
		return (struct script_answer){ &none, sizeof(none), FW_OK };
	default:
		return (struct script_answer){ NULL, 0, FW_OK };
	}
}

static enum fw_status give(const struct script_answer *answer, void *out, uint32_t size,
	uint32_t *returned, const char *what, struct fw_error *error)
{
	uint32_t length = answer->length < size ? (uint32_t)answer->length : size;

	if (answer->status != FW_OK)
		return fw_error_set(error, answer->status, "%s: the device refuses", what);
	if (length)
		memcpy(out, answer->bytes, length);
	*returned = length;
	return FW_OK;
}

enum fw_status fw_device_call(struct fw_device_channel *channel, uint32_t function, const void *in,
	uint32_t in_size, void *out, uint32_t out_size, uint32_t *returned, const char *what,
	struct fw_error *error)
{
	struct script_answer answer = { NULL, SIZE_MAX, FW_OK };

	(void)channel;
	device_script.calls++;
	device_script.last_function = function;
	if (device_script.answer)
		answer = device_script.answer(function, in, in_size);
	if (answer.length == SIZE_MAX)
		answer = usual(function);
	return give(&answer, out, out_size, returned, what, error);
}

enum fw_status fw_device_read_start(struct fw_device_channel *channel, uint32_t slot, void *buffer,
	uint32_t size, struct fw_error *error)
{
	(void)error;
	if (slot >= FW_DEVICE_READS || channel->reads[slot].number)
		abort();
	channel->reads[slot].buffer = buffer;
	channel->reads[slot].size = size;
	channel->reads[slot].number = ++device_script.reads_begun;
	return FW_OK;
}

enum fw_status fw_device_read_wait(struct fw_device_channel *channel, uint32_t slot, int timeout_ms,
	bool *done, uint32_t *returned, struct fw_error *error)
{
	size_t number = channel->reads[slot].number;

	(void)timeout_ms;
	if (!number)
		abort();
	*done = number <= device_script.read_count;
	if (!*done)
		return FW_OK;
	channel->reads[slot].number = 0;
	return give(&device_script.reads[number - 1], channel->reads[slot].buffer,
		channel->reads[slot].size, returned, "reading events", error);
}

void fw_drive_table_read(struct fw_drive_table *table)
{
	memset(table, 0, sizeof(*table));
	strcpy(table->devices['C' - 'A'], "\\Device\\HarddiskVolume2");
	strcpy(table->devices['D' - 'A'], "\\Device\\HarddiskVolume21");
	strcpy(table->windows, "C:\\Windows");
}

enum fw_status fw_network_adapters(fw_network_adapter_fn row, void *argument, struct fw_error *error)
{
	(void)error;
	for (size_t i = 0; i < device_script.network_count; i++)
		if (!row(&device_script.network[i], argument))
			return FW_STOPPED;
	return FW_OK;
}
