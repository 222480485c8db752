/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "filter_client.h"

bool filter_begin(struct filter_stack *stack)
{
	ndis_start(&stack->ndis);
	stack->adapter = fake_adapter_new(&stack->below);
	stack->protocol = fake_protocol_new(&stack->above);
	if (!NT_SUCCESS(nt_driver_load("fwfilter", DriverEntry, &stack->driver)))
		stack->driver = NULL;
	stack->binding = stack->driver ? fake_protocol_binding(stack->protocol, FILTER_UPPER) : NULL;
	if (stack->binding)
		return true;
	filter_end(stack);
	return false;
}

void filter_end(struct filter_stack *stack)
{
	nt_failures_pause();
	if (stack->driver)
		NT_CHECK_EQUAL(nt_driver_unload(stack->driver), STATUS_SUCCESS);
	fake_protocol_free(stack->protocol);
	if (stack->adapter)
		fake_adapter_free(stack->adapter);
	ndis_stop();
	nt_failures_resume();
}

NTSTATUS filter_ask(HANDLE handle, enum fw_filter_control_function function, const void *in, uint32_t in_size,
	void *out, uint32_t out_size, uint32_t *bytes)
{
	ULONG_PTR information = 0;
	NTSTATUS status =
		nt_ioctl(handle, fw_filter_control_code(function), in, in_size, out, out_size, &information);

	if (bytes)
		*bytes = (uint32_t)information;
	return status;
}

HANDLE filter_open(void)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, FW_ABI_MINOR };
	HANDLE handle;

	if (!NT_SUCCESS(nt_open(FW_FILTER_CONTROL_DEVICE_NAME, GENERIC_READ | GENERIC_WRITE, NULL, 0, &handle)))
		return NULL;
	if (NT_SUCCESS(filter_ask(handle, FW_FILTER_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello), NULL)))
		return handle;
	nt_close(handle);
	return NULL;
}

NTSTATUS filter_draft(HANDLE handle, uint32_t number, uint32_t ipv4, uint32_t ipv6)
{
	struct fw_filter_control_draft draft = { sizeof(draft), number, ipv4, ipv6 };

	return filter_ask(handle, FW_FILTER_CONTROL_DRAFT, &draft, sizeof(draft), NULL, 0, NULL);
}

NTSTATUS filter_append(HANDLE handle, uint32_t number, const struct fw_filter_prefix *prefixes, uint32_t count)
{
	struct fw_filter_control_append append = { sizeof(append), number, count, 0 };
	uint32_t size = (uint32_t)(sizeof(append) + count * sizeof(*prefixes));
	uint8_t *buffer = malloc(size);
	NTSTATUS status;

	memcpy(buffer, &append, sizeof(append));
	memcpy(buffer + sizeof(append), prefixes, count * sizeof(*prefixes));
	status = filter_ask(handle, FW_FILTER_CONTROL_APPEND, buffer, size, NULL, 0, NULL);
	free(buffer);
	return status;
}

struct fw_filter_control_change filter_change(const char *adapter, uint32_t direction, uint32_t draft)
{
	struct fw_filter_control_change change = { .direction = direction, .draft = draft };

	snprintf(change.adapter, sizeof(change.adapter), "%s", adapter);
	snprintf(change.source, sizeof(change.source), "test");
	return change;
}

NTSTATUS filter_commit(HANDLE handle, const struct fw_filter_control_change *changes, uint32_t count)
{
	struct fw_filter_control_commit commit = { sizeof(commit), count };
	uint32_t size = (uint32_t)(sizeof(commit) + count * sizeof(*changes));
	uint8_t *buffer = malloc(size);
	NTSTATUS status;

	memcpy(buffer, &commit, sizeof(commit));
	memcpy(buffer + sizeof(commit), changes, count * sizeof(*changes));
	status = filter_ask(handle, FW_FILTER_CONTROL_COMMIT, buffer, size, NULL, 0, NULL);
	free(buffer);
	return status;
}

NTSTATUS filter_set(HANDLE handle, const char *adapter, uint32_t direction, const struct fw_filter_prefix *prefixes,
	uint32_t count)
{
	struct fw_filter_control_change change = filter_change(adapter, direction, count ? 1 : 0);
	uint32_t ipv4 = 0;
	NTSTATUS status = STATUS_SUCCESS;

	for (uint32_t i = 0; i < count; i++)
		ipv4 += prefixes[i].family == FW_FAMILY_IPV4;
	if (count)
		status = filter_draft(handle, 1, ipv4, count - ipv4);
	for (uint32_t done = 0; done < count && NT_SUCCESS(status);) {
		uint32_t now = count - done < FW_FILTER_CONTROL_AT_ONCE ? count - done : FW_FILTER_CONTROL_AT_ONCE;

		status = filter_append(handle, 1, prefixes + done, now);
		done += now;
	}
	return NT_SUCCESS(status) ? filter_commit(handle, &change, 1) : status;
}

uint32_t filter_rows(HANDLE handle, enum fw_filter_control_function function, uint64_t after, void *row, uint32_t size)
{
	struct fw_control_cursor cursor = { .size = sizeof(cursor), .after = after };
	static uint8_t buffer[1u << 16];
	struct fw_control_rows rows;

	NT_CHECK_EQUAL(filter_ask(handle, function, &cursor, sizeof(cursor), buffer, sizeof(buffer), NULL),
		STATUS_SUCCESS);
	memcpy(&rows, buffer, sizeof(rows));
	NT_CHECK_EQUAL(rows.row_size, size);
	if (rows.count)
		memcpy(row, buffer + rows.size, size);
	return rows.count;
}

struct fw_adapter filter_adapter(HANDLE handle)
{
	struct fw_adapter row;

	NT_CHECK(filter_rows(handle, FW_FILTER_CONTROL_ADAPTERS, 0, &row, sizeof(row)) >= 1);
	return row;
}

struct fw_filter_counters filter_place(HANDLE handle, enum fw_filter_place place)
{
	struct fw_filter_control_place row;
	uint64_t first = (uint64_t)filter_adapter(handle).index * 4;

	NT_CHECK(filter_rows(handle, FW_FILTER_CONTROL_PLACES, first + place, &row, sizeof(row)) >= 1);
	NT_CHECK_EQUAL(row.place, place);
	return row.counters;
}

static void put_word(uint8_t *to, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void put_address6(uint8_t *to, uint32_t low)
{
	memset(to, 0, 16);
	put_word(to, 0x20010db8);
	put_word(to + 12, low);
}

struct fw_filter_prefix filter_prefix4(uint32_t address, uint8_t length)
{
	struct fw_filter_prefix prefix = { .family = FW_FAMILY_IPV4, .length = length, .line = 7 };

	put_word(prefix.address, address);
	return prefix;
}

struct fw_filter_prefix filter_prefix6(uint32_t low, uint8_t length)
{
	struct fw_filter_prefix prefix = { .family = FW_FAMILY_IPV6, .length = length, .line = 8 };

	put_address6(prefix.address, low);
	return prefix;
}

uint32_t filter_frame4(uint8_t frame[128], uint32_t source, uint32_t destination)
{
	memset(frame, 0, 128);
	frame[12] = 0x08;
	frame[14] = 0x45;
	frame[17] = 46;
	put_word(frame + 26, source);
	put_word(frame + 30, destination);
	return 60;
}

uint32_t filter_frame6(uint8_t frame[128], uint32_t source, uint32_t destination)
{
	memset(frame, 0, 128);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	frame[14] = 0x60;
	frame[19] = 20;
	put_address6(frame + 22, source);
	put_address6(frame + 38, destination);
	return 74;
}
