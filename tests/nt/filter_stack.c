/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "filter_stack.h"

#include <arpa/inet.h>
#include <stdio.h>

DRIVER_INITIALIZE DriverEntry;

bool filter_stack_begin(struct filter_stack *stack, const struct filter_stack_options *options)
{
	static const struct filter_stack_options usual;
	struct ndis_options ndis;

	if (!options)
		options = &usual;
	memset(stack, 0, sizeof(*stack));
	ndis = options->ndis;
	if (!ndis.packet_stacks && !options->no_stacks)
		ndis.packet_stacks = 2;
	nt_kernel_start(&options->kernel);
	ndis_start(&ndis);
	if (!NT_SUCCESS(nt_driver_load("FwFilter", DriverEntry, &stack->driver))) {
		ndis_stop();
		nt_kernel_stop();
		return false;
	}
	stack->protocol = fake_protocol_new(&options->protocol);
	stack->adapter = fake_adapter_new(&options->adapter);
	stack->binding = fake_protocol_binding(stack->protocol, "\\Device\\Upper-{A}");
	return true;
}

void filter_stack_unplug(struct filter_stack *stack)
{
	ndis_unbind(fake_adapter_ndis(stack->adapter));
}

void filter_stack_end(struct filter_stack *stack)
{
	nt_failures_pause();
	fake_adapter_free(stack->adapter);
	fake_protocol_free(stack->protocol);
	NT_CHECK_EQUAL(nt_driver_unload(stack->driver), STATUS_SUCCESS);
	ndis_stop();
	nt_kernel_stop();
}

HANDLE filter_stack_open(void)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, FW_ABI_MINOR };
	HANDLE handle;

	if (!NT_SUCCESS(nt_open(FW_FILTER_CONTROL_DEVICE_NAME, FILE_READ_DATA | FILE_WRITE_DATA, NULL, 0, &handle)))
		return NULL;
	if (NT_SUCCESS(filter_stack_ask(handle, FW_FILTER_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello),
			NULL)))
		return handle;
	nt_close(handle);
	return NULL;
}

NTSTATUS filter_stack_ask(HANDLE handle, enum fw_filter_control_function function, const void *in, uint32_t in_size,
	void *out, uint32_t out_size, uint32_t *bytes)
{
	ULONG_PTR information = 0;
	NTSTATUS status = nt_ioctl(handle, fw_filter_control_code(function), in, in_size, out, out_size, &information);

	if (bytes)
		*bytes = (uint32_t)information;
	return status;
}

static NTSTATUS append(HANDLE handle, const struct fw_filter_prefix *prefixes, uint32_t count)
{
	struct fw_filter_control_append header = { sizeof(header), 1, count, 0 };
	uint32_t bytes = count * (uint32_t)sizeof(*prefixes);
	char *input = malloc(sizeof(header) + bytes);
	NTSTATUS status;

	memcpy(input, &header, sizeof(header));
	memcpy(input + sizeof(header), prefixes, bytes);
	status = filter_stack_ask(handle, FW_FILTER_CONTROL_APPEND, input, sizeof(header) + bytes, NULL, 0, NULL);
	free(input);
	return status;
}

static NTSTATUS draft(HANDLE handle, const struct fw_filter_prefix *prefixes, uint32_t count)
{
	struct fw_filter_control_draft made = { sizeof(made), 1, 0, 0 };
	uint32_t index, some;
	NTSTATUS status;

	for (index = 0; index < count; index++)
		*(prefixes[index].family == FW_FAMILY_IPV4 ? &made.ipv4 : &made.ipv6) += 1;
	status = filter_stack_ask(handle, FW_FILTER_CONTROL_DRAFT, &made, sizeof(made), NULL, 0, NULL);
	for (index = 0; NT_SUCCESS(status) && index < count; index += some) {
		some = count - index < FW_FILTER_CONTROL_AT_ONCE ? count - index : FW_FILTER_CONTROL_AT_ONCE;
		status = append(handle, prefixes + index, some);
	}
	return status;
}

static NTSTATUS commit(HANDLE handle, const char *adapter, uint32_t direction, bool is_list)
{
	struct {
		struct fw_filter_control_commit header;
		struct fw_filter_control_change change;
	} input;

	memset(&input, 0, sizeof(input));
	input.header.size = sizeof(input.header);
	input.header.count = 1;
	snprintf(input.change.adapter, sizeof(input.change.adapter), "%s", adapter);
	snprintf(input.change.source, sizeof(input.change.source), "test");
	input.change.direction = direction;
	input.change.draft = is_list;
	return filter_stack_ask(handle, FW_FILTER_CONTROL_COMMIT, &input, sizeof(input), NULL, 0, NULL);
}

NTSTATUS filter_stack_set(const char *adapter, uint32_t direction, const struct fw_filter_prefix *prefixes,
	uint32_t count)
{
	HANDLE handle = filter_stack_open();
	NTSTATUS status;

	if (!handle)
		return STATUS_NO_SUCH_DEVICE;
	status = count ? draft(handle, prefixes, count) : STATUS_SUCCESS;
	if (NT_SUCCESS(status))
		status = commit(handle, adapter, direction, count);
	nt_close(handle);
	return status;
}

struct fw_filter_prefix filter_prefix(const char *text)
{
	struct fw_filter_prefix prefix = { .family = strchr(text, ':') ? FW_FAMILY_IPV6 : FW_FAMILY_IPV4 };
	const char *slash = strchr(text, '/');
	char address[64];

	snprintf(address, sizeof(address), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	prefix.length = prefix.family == FW_FAMILY_IPV4 ? 32 : 128;
	if (slash)
		prefix.length = (uint8_t)atoi(slash + 1);
	NT_CHECK(inet_pton(prefix.family == FW_FAMILY_IPV4 ? AF_INET : AF_INET6, address, prefix.address) == 1);
	return prefix;
}

struct fw_filter_counters filter_stack_counters(enum fw_filter_place place)
{
	struct fw_filter_counters counters = { 0 };
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	const struct fw_filter_control_place *row;
	HANDLE handle = filter_stack_open();
	uint8_t answer[1024];
	uint32_t bytes, at;

	NT_CHECK(handle != NULL);
	NT_CHECK_EQUAL(filter_stack_ask(handle, FW_FILTER_CONTROL_PLACES, &cursor, sizeof(cursor), answer,
		sizeof(answer), &bytes), STATUS_SUCCESS);
	for (at = sizeof(struct fw_control_rows); at + sizeof(*row) <= bytes; at += sizeof(*row)) {
		row = (const void *)(answer + at);
		if (row->place == (uint32_t)place)
			counters = row->counters;
	}
	nt_close(handle);
	return counters;
}

uint32_t filter_frame(uint8_t *frame, uint32_t length, const char *source, const char *destination)
{
	uint32_t index;

	for (index = 0; index < length; index++)
		frame[index] = (uint8_t)index;
	memcpy(frame, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\x00", 16);
	frame[16] = (uint8_t)((length - 14) >> 8);
	frame[17] = (uint8_t)(length - 14);
	inet_pton(AF_INET, source, frame + 26);
	inet_pton(AF_INET, destination, frame + 30);
	return length;
}
