/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "control_client.h"

DRIVER_OBJECT *control_driver;

bool control_begin(void)
{
	const struct nt_options options = { .free_running = getenv("NT_FREE_RUNNING") != NULL };

	nt_kernel_start(&options);
	if (control_load())
		return true;
	nt_kernel_stop();
	return false;
}

void control_end(void)
{
	control_unload();
	nt_kernel_stop();
}

bool control_load(void)
{
	return NT_SUCCESS(nt_driver_load("FlowWatcher", DriverEntry, &control_driver));
}

void control_unload(void)
{
	struct fw_control_status status;
	HANDLE handle;

	nt_token_set(NT_TOKEN_OF_PROCESS);
	nt_process_become(NULL);
	nt_failures_pause();
	handle = control_open();
	NT_CHECK(handle != NULL);
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STOP, NULL, 0, &status, sizeof(status), NULL),
		STATUS_SUCCESS);
	NT_CHECK(status.state & FW_CONTROL_UNLOADABLE);
	nt_close(handle);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_SUCCESS);
	nt_failures_resume();
}

NTSTATUS control_ask(HANDLE handle, enum fw_control_function function, const void *in,
	uint32_t in_size, void *out, uint32_t out_size, uint32_t *bytes)
{
	ULONG_PTR information = 0;
	NTSTATUS status = nt_ioctl(
		handle, fw_control_code(function), in, in_size, out, out_size, &information);

	if (bytes)
		*bytes = (uint32_t)information;
	return status;
}

HANDLE control_open(void)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, FW_ABI_MINOR };
	HANDLE handle;

	if (!NT_SUCCESS(nt_open(
		    FW_CONTROL_DEVICE_NAME, GENERIC_READ | GENERIC_WRITE, NULL, 0, &handle)))
		return NULL;
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_HELLO, &hello, sizeof(hello), &hello,
			       sizeof(hello), NULL),
		STATUS_SUCCESS);
	return handle;
}

NTSTATUS control_subscribe(HANDLE handle, uint64_t types, uint32_t queue_bytes, bool existing)
{
	struct fw_control_subscription subscription = { .size = sizeof(subscription),
		.queue_bytes = queue_bytes,
		.types = types,
		.existing = existing };

	return control_ask(
		handle, FW_CONTROL_SUBSCRIBE, &subscription, sizeof(subscription), NULL, 0, NULL);
}

struct nt_request *control_read_start(HANDLE handle, void *buffer)
{
	return nt_ioctl_start(
		handle, fw_control_code(FW_CONTROL_READ), NULL, 0, buffer, FW_CONTROL_READ_MIN);
}

NTSTATUS control_status(HANDLE handle, struct fw_control_status *status)
{
	return control_ask(handle, FW_CONTROL_STATUS, NULL, 0, status, sizeof(*status), NULL);
}

struct fw_rule control_rule(uint16_t action, uint16_t target, uint32_t pid, const char *text)
{
	struct fw_rule rule = {
		.action = action, .target = target, .pid = pid, .last_port = UINT16_MAX
	};

	snprintf(rule.text, sizeof(rule.text), "%s", text);
	return rule;
}

NTSTATUS control_add(HANDLE handle, struct fw_rule *rules, uint32_t count)
{
	uint32_t size = (uint32_t)(sizeof(struct fw_control_rules) + count * sizeof(*rules)), bytes;
	uint8_t *buffer = malloc(size);
	struct fw_control_rules list = { sizeof(list), count };
	NTSTATUS status;

	memcpy(buffer, &list, sizeof(list));
	memcpy(buffer + sizeof(list), rules, count * sizeof(*rules));
	status = control_ask(handle, FW_CONTROL_RULES_ADD, buffer, size, buffer, size, &bytes);
	if (NT_SUCCESS(status)) {
		NT_CHECK_EQUAL(bytes, size);
		memcpy(rules, buffer + sizeof(list), count * sizeof(*rules));
	}
	free(buffer);
	return status;
}

NTSTATUS control_remove(HANDLE handle, const uint32_t *ids, uint32_t count)
{
	uint32_t buffer[2 + FW_CONTROL_RULES_AT_ONCE] = { sizeof(struct fw_control_rule_ids),
		count };

	memcpy(buffer + 2, ids, count * sizeof(*ids));
	return control_ask(handle, FW_CONTROL_RULES_REMOVE, buffer,
		(uint32_t)((2 + count) * sizeof(*ids)), NULL, 0, NULL);
}

PEPROCESS control_process(uint32_t pid, uint32_t parent_pid, const char *image)
{
	const struct nt_process_options options = { .pid = pid,
		.parent_pid = parent_pid,
		.image = image,
		.command_line = "\"C:\\a b.exe\" --x" };

	return nt_process_create(&options, NULL);
}
