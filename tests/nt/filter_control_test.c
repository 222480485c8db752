/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* fwfilter.sys's control device and WMI: who may open it, every code with every length, drafts and commits, lists that are
 * replaced while packets fly. */
#include "filter_client.h"
#include "nt_information.h"

#include "abi/filter_wmi.h"

#define SIZE_MOST 700u
#define LAST FW_FILTER_CONTROL_PLACES

static HANDLE begin(struct filter_stack *stack)
{
	HANDLE handle;

	memset(stack, 0, sizeof(*stack));
	stack->ndis.packet_stacks = 2;
	nt_kernel_start(NULL);
	NT_CHECK(filter_begin(stack));
	handle = filter_open();
	NT_CHECK(handle != NULL);
	return handle;
}

static void end(struct filter_stack *stack, HANDLE handle)
{
	nt_close(handle);
	filter_end(stack);
	nt_kernel_stop();
}

static void who_may_open(void)
{
	static const struct {
		enum nt_token token;
		bool may;
	} rows[] = { { NT_TOKEN_OF_PROCESS, true }, { NT_TOKEN_USER, false }, { NT_TOKEN_ADMINISTRATOR, true },
		{ NT_TOKEN_IDENTIFIED, false }, { NT_TOKEN_NOT_RAISED, false } };
	struct filter_stack stack;
	HANDLE first = begin(&stack), handle;

	NT_CHECK(nt_device_is_secured());
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		nt_token_set(rows[i].token);
		handle = filter_open();
		NT_CHECK_EQUAL(handle != NULL, rows[i].may);
		if (handle)
			nt_close(handle);
	}
	nt_token_set(NT_TOKEN_OF_PROCESS);
	end(&stack, first);
}

static void nothing_before_hello(void)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR + 1, 0 };
	struct filter_stack stack;
	uint8_t buffer[4096] = { 0 };
	HANDLE first = begin(&stack), handle;

	NT_CHECK_EQUAL(nt_open(FW_FILTER_CONTROL_DEVICE_NAME, GENERIC_READ | GENERIC_WRITE, NULL, 0, &handle),
		STATUS_SUCCESS);
	for (uint32_t function = FW_FILTER_CONTROL_ADAPTERS; function <= LAST; function++)
		NT_CHECK_EQUAL(filter_ask(handle, function, buffer, sizeof(buffer), buffer, sizeof(buffer), NULL),
			STATUS_INVALID_DEVICE_STATE);
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello), NULL),
		STATUS_REVISION_MISMATCH);
	nt_close(handle);
	end(&stack, first);
}

/* Every code but the one that waits, with inputs of every length, whose size, counts and numbers are wild. */
static void every_length(void)
{
	static uint8_t in[SIZE_MOST], out[SIZE_MOST];
	static const uint32_t words[] = { 0, 1, 8, 16, 24, 255, 0x7fffffff, 0xffffffff };
	struct filter_stack stack;
	HANDLE handle = begin(&stack);

	for (uint32_t function = FW_FILTER_CONTROL_HELLO; function <= LAST; function++) {
		for (uint32_t size = 0; size < SIZE_MOST && function != FW_FILTER_CONTROL_FOLLOW;
			size += size < 48 ? 1 : 37) {
			for (uint32_t at = 0; at < FW_ARRAY_SIZE(words); at++) {
				uint32_t said = at & 1 ? size : words[at];

				memset(in, (int)(at * 37), sizeof(in));
				memcpy(in, &said, sizeof(said));
				memcpy(in + 4, &words[at], 4);
				(void)filter_ask(handle, function, in, size, out, (size * 7) % SIZE_MOST, NULL);
			}
		}
	}
	end(&stack, handle);
}

static void codes_that_are_none(void)
{
	struct filter_stack stack;
	uint8_t buffer[64] = { 0 };
	HANDLE handle = begin(&stack);

	for (uint32_t function = 0x700; function < 0x900; function++)
		for (uint32_t low = 0; low < 12; low++) {
			uint32_t code = FW_CONTROL_CODE(function, low / 4, low % 4);

			if (code != fw_filter_control_code(function) || function < FW_FILTER_CONTROL_HELLO ||
				function > LAST)
				NT_CHECK_EQUAL(nt_ioctl(handle, code, buffer, 64, buffer, 64, NULL),
					STATUS_INVALID_DEVICE_REQUEST);
		}
	end(&stack, handle);
}

static void drafts(void)
{
	const struct fw_filter_prefix a = filter_prefix4(0x0a000000, 8), b = filter_prefix4(0x0b000000, 8),
				      inside = filter_prefix4(0x0a010000, 16), six = filter_prefix6(1, 128),
				      unsorted[] = { filter_prefix4(0x0b000000, 8), filter_prefix4(0x0a000000, 8) };
	struct fw_filter_prefix host_bits = filter_prefix4(0x0a000001, 8);
	struct fw_filter_control_change change = filter_change(FILTER_ADAPTER, FW_FILTER_IN, 1);
	struct filter_stack stack;
	HANDLE handle = begin(&stack);

	NT_CHECK_EQUAL(filter_draft(handle, 0, 1, 0), STATUS_INVALID_PARAMETER);
	NT_CHECK_EQUAL(filter_draft(handle, 1, FW_FILTER_MAX_IPV4 + 1, 0), STATUS_INVALID_PARAMETER);
	NT_CHECK_EQUAL(filter_append(handle, 1, &a, 1), STATUS_NOT_FOUND);
	NT_CHECK_EQUAL(filter_draft(handle, 1, 2, 0), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_draft(handle, 1, 2, 0), STATUS_OBJECT_NAME_COLLISION);
	NT_CHECK_EQUAL(filter_append(handle, 1, &a, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_commit(handle, &change, 1), STATUS_INVALID_DEVICE_STATE); /* not full */
	NT_CHECK_EQUAL(filter_commit(handle, &change, 1), STATUS_NOT_FOUND);		/* and used up */
	for (int i = 0; i < 4; i++) {
		const struct fw_filter_prefix *bad[] = { unsorted + 1, &inside, &six, &host_bits };

		NT_CHECK_EQUAL(filter_draft(handle, 1, 2, 0), STATUS_SUCCESS);
		NT_CHECK_EQUAL(filter_append(handle, 1, i ? &a : unsorted, 1), STATUS_SUCCESS);
		NT_CHECK_EQUAL(filter_append(handle, 1, bad[i], 1), STATUS_DATA_ERROR);
		NT_CHECK_EQUAL(filter_append(handle, 1, &b, 1), STATUS_NOT_FOUND); /* it is gone */
	}
	NT_CHECK_EQUAL(filter_draft(handle, 1, 1, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_append(handle, 1, &a, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_append(handle, 1, &six, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_append(handle, 1, &six, 1), STATUS_DATA_ERROR); /* one too many */
	NT_CHECK_EQUAL(filter_draft(handle, 2, 1000000, 1000), STATUS_SUCCESS); /* goes with the handle */
	end(&stack, handle);
}

/* More than the bytes of a request have room for. */
static void counts_are_checked(void)
{
	struct fw_filter_control_append append = { sizeof(append), 1, FW_FILTER_CONTROL_AT_ONCE, 0 };
	struct fw_filter_control_commit commit = { sizeof(commit), FW_FILTER_CONTROL_DRAFTS };
	struct filter_stack stack;
	HANDLE handle = begin(&stack);

	NT_CHECK_EQUAL(filter_draft(handle, 1, 5000, 0), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_APPEND, &append, sizeof(append), NULL, 0, NULL),
		STATUS_BUFFER_TOO_SMALL);
	append.count++;
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_APPEND, &append, sizeof(append), NULL, 0, NULL),
		STATUS_INVALID_PARAMETER);
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_COMMIT, &commit, sizeof(commit), NULL, 0, NULL),
		STATUS_BUFFER_TOO_SMALL);
	commit.count++;
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_COMMIT, &commit, sizeof(commit), NULL, 0, NULL),
		STATUS_INVALID_PARAMETER);
	end(&stack, handle);
}

static void commits(void)
{
	const struct fw_filter_prefix a = filter_prefix4(0x0a000000, 8), b = filter_prefix4(0x0b000000, 8);
	struct fw_filter_control_change changes[2];
	struct fw_filter_list list;
	struct filter_stack stack;
	HANDLE handle = begin(&stack);
	uint32_t first;

	NT_CHECK_EQUAL(filter_set(handle, "{B}", FW_FILTER_IN, &a, 1), STATUS_OBJECT_NAME_NOT_FOUND);
	NT_CHECK_EQUAL(filter_set(handle, FILTER_ADAPTER, 0, &a, 1), STATUS_INVALID_PARAMETER);
	NT_CHECK_EQUAL(filter_set(handle, "", FW_FILTER_IN, &a, 1), STATUS_INVALID_PARAMETER);
	NT_CHECK_EQUAL(filter_set(handle, "{*}", FW_FILTER_BOTH, &a, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_rows(handle, FW_FILTER_CONTROL_LISTS, 0, &list, sizeof(list)), 1);
	NT_CHECK_EQUAL(list.direction, FW_FILTER_BOTH);
	NT_CHECK_EQUAL(list.ipv4, 1);
	first = list.id;
	NT_CHECK_EQUAL(filter_adapter(handle).in.list, first);
	NT_CHECK_EQUAL(strcmp(filter_adapter(handle).out.pattern, "{*}"), 0);
	/* Its own name comes before the pattern, in one direction. */
	NT_CHECK_EQUAL(filter_set(handle, FILTER_ADAPTER, FW_FILTER_OUT, &b, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_adapter(handle).in.list, first);
	NT_CHECK(filter_adapter(handle).out.list != first);
	/* All or none. */
	changes[0] = filter_change("{*}", FW_FILTER_BOTH, 0);
	changes[1] = filter_change(FILTER_ADAPTER, FW_FILTER_OUT, 0);
	changes[1].flags = FW_FILTER_CONTROL_UPDATE;
	changes[1].replaces = first;
	NT_CHECK_EQUAL(filter_commit(handle, changes, 2), STATUS_OBJECT_NAME_COLLISION);
	NT_CHECK_EQUAL(filter_adapter(handle).in.list, first);
	changes[1].replaces = filter_adapter(handle).out.list;
	NT_CHECK_EQUAL(filter_commit(handle, changes, 2), STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_adapter(handle).in.list, 0);
	NT_CHECK_EQUAL(filter_adapter(handle).out.hook, FW_FILTER_HOOK_NONE);
	NT_CHECK_EQUAL(filter_rows(handle, FW_FILTER_CONTROL_LISTS, 0, &list, sizeof(list)), 0);
	end(&stack, handle);
}

static void rows_of_prefixes(void)
{
	struct fw_filter_control_prefixes ask = { .size = sizeof(ask) };
	struct fw_filter_prefix prefixes[5000];
	struct fw_filter_control_prefix *row;
	static uint8_t buffer[1u << 18];
	struct fw_control_rows rows;
	struct filter_stack stack;
	uint8_t frame[128];
	HANDLE handle = begin(&stack);
	uint32_t seen = 0;

	for (uint32_t i = 0; i < 4000; i++)
		prefixes[i] = filter_prefix4(0x0a000000 + i * 512, 24);
	for (uint32_t i = 0; i < 1000; i++)
		prefixes[4000 + i] = filter_prefix6(i * 2, 128);
	NT_CHECK_EQUAL(filter_set(handle, FILTER_ADAPTER, FW_FILTER_OUT, prefixes, 5000), STATUS_SUCCESS);
	for (int i = 0; i < 3; i++)
		NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0x0a000000 + 77 * 512 + i), NULL));
	NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame6(frame, 1, 500 * 2), NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_adapter_sent(stack.adapter)->count, 0);
	ask.list = filter_adapter(handle).out.list;
	do {
		NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_PREFIXES, &ask, sizeof(ask), buffer, sizeof(buffer),
				       NULL),
			STATUS_SUCCESS);
		memcpy(&rows, buffer, sizeof(rows));
		row = (void *)(buffer + rows.size);
		for (uint32_t i = 0; i < rows.count; i++, seen++) {
			NT_CHECK_EQUAL(memcmp(&row[i].prefix, &prefixes[seen], sizeof(*prefixes)), 0);
			NT_CHECK_EQUAL(row[i].hits.packets, seen == 77 ? 3 : seen == 4500);
			NT_CHECK_EQUAL(row[i].hits.bytes, seen == 77 ? 3 * 46 : seen == 4500 ? 60 : 0);
		}
		ask.after = rows.after;
	} while (rows.count);
	NT_CHECK_EQUAL(seen, 5000);
	ask.list = 99;
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_PREFIXES, &ask, sizeof(ask), buffer, sizeof(buffer), NULL),
		STATUS_NOT_FOUND);
	end(&stack, handle);
}

static void hits_are_carried(void)
{
	const struct fw_filter_prefix a = filter_prefix4(0x0a000000, 8);
	struct fw_filter_list list;
	struct filter_stack stack;
	uint8_t frame[128];
	HANDLE handle = begin(&stack);

	for (int i = 0; i < 3; i++) {
		NT_CHECK_EQUAL(filter_set(handle, FILTER_ADAPTER, FW_FILTER_BOTH, &a, 1), STATUS_SUCCESS);
		NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0x0a000001), NULL));
		NT_CHECK(fake_adapter_packet(stack.adapter, frame, filter_frame4(frame, 0x0a000001, 1), NULL, false));
		fake_binding_wait(stack.binding);
	}
	NT_CHECK_EQUAL(filter_rows(handle, FW_FILTER_CONTROL_LISTS, 0, &list, sizeof(list)), 1);
	NT_CHECK_EQUAL(list.hits.packets, 6);
	NT_CHECK_EQUAL(filter_adapter(handle).in.counters.dropped_packets, 3);
	end(&stack, handle);
}

static bool stopping;

static void replace_all_the_time(void *context)
{
	const struct fw_filter_prefix always = filter_prefix4(0x0a000000, 8),
				      two[] = { filter_prefix4(0x0a000000, 9), filter_prefix4(0x0a800000, 9) };
	HANDLE handle = filter_open();

	(void)context;
	for (int i = 0; !stopping; i++)
		NT_CHECK_EQUAL(filter_set(handle, "{*", FW_FILTER_BOTH, i % 2 ? &always : two, i % 2 ? 1 : 2),
			STATUS_SUCCESS);
	nt_close(handle);
}

/* Both lists have the address: whichever a packet meets, it is dropped; and only what was sent before a commit returned may
 * have met the old one. */
static void swapped_under_packets(void *context)
{
	const struct fw_filter_prefix a = filter_prefix4(0x0a000000, 8);
	struct filter_stack stack = { .ndis = { .packet_stacks = 2 }, .below = { .sends = FAKE_SENDS_MIXED } };
	uint8_t frame[128];
	PETHREAD thread;
	HANDLE handle;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK_EQUAL(filter_set(handle, "{*", FW_FILTER_BOTH, &a, 1), STATUS_SUCCESS);
	stopping = false;
	thread = nt_thread_start("replacer", NULL, replace_all_the_time, NULL);
	for (uint32_t i = 0; i < 40; i++) {
		NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0x0a7ffff0 + i), NULL));
		NT_CHECK(fake_adapter_packet(stack.adapter, frame, filter_frame4(frame, 0x0a7ffff0 + i, 1), NULL, i % 2));
		NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0x0b000000 + i), NULL));
	}
	stopping = true;
	nt_thread_join(thread);
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_adapter_sent(stack.adapter)->count, 40);
	NT_CHECK_EQUAL(fake_binding_received(stack.binding)->count, 0);
	NT_CHECK_EQUAL(filter_adapter(handle).out.counters.packets, 80);
	NT_CHECK_EQUAL(filter_adapter(handle).in.counters.dropped_packets, 40);
	nt_close(handle);
	filter_end(&stack);
}

static void replaced_as_a_whole(void)
{
	nt_each_seed(1, 20, swapped_under_packets, NULL);
}

static void ends_a_follow(void)
{
	struct nt_request *request;
	struct filter_stack stack;
	uint8_t buffer[512];
	HANDLE handle = begin(&stack), other = filter_open();
	struct nt_request *others;

	request = nt_ioctl_start(handle, fw_filter_control_code(FW_FILTER_CONTROL_FOLLOW), NULL, 0, buffer, sizeof(buffer));
	others = nt_ioctl_start(other, fw_filter_control_code(FW_FILTER_CONTROL_FOLLOW), NULL, 0, buffer, sizeof(buffer));
	nt_close(handle);
	NT_CHECK_EQUAL(nt_request_end(request, NULL), STATUS_CANCELLED);
	NT_CHECK(!nt_request_done(others));
	NT_CHECK(nt_request_cancel(others));
	NT_CHECK_EQUAL(nt_request_end(others, NULL), STATUS_CANCELLED);
	NT_CHECK_EQUAL(filter_ask(other, FW_FILTER_CONTROL_FOLLOW, NULL, 0, buffer, 24, NULL), STATUS_BUFFER_TOO_SMALL);
	end(&stack, other);
}

static void features_have_reasons(void)
{
	struct fw_control_feature feature;
	struct filter_stack stack;
	HANDLE handle = begin(&stack);

	for (uint64_t after = 0; filter_rows(handle, FW_FILTER_CONTROL_FEATURES, after, &feature, sizeof(feature)); after++)
		NT_CHECK(feature.name[0] && (!feature.state || feature.reason[0]));
	end(&stack, handle);
}

static void facts(void)
{
	struct filter_stack stack;
	struct fw_filter_control_status status;
	HANDLE handle = begin(&stack);
	struct fw_adapter adapter = filter_adapter(handle);

	NT_CHECK_EQUAL(strcmp(adapter.name, FILTER_ADAPTER), 0);
	NT_CHECK_EQUAL(strcmp(adapter.driver, "Fake Adapter"), 0);
	NT_CHECK_EQUAL(strcmp(adapter.medium, "ethernet"), 0);
	NT_CHECK_EQUAL(adapter.mac_length, 6);
	NT_CHECK_EQUAL(adapter.mtu, 1500);
	NT_CHECK(adapter.speed_bps && adapter.flags & FW_ADAPTER_UP && adapter.flags & FW_ADAPTER_CARRIER);
	NT_CHECK_EQUAL(filter_ask(handle, FW_FILTER_CONTROL_STATUS, NULL, 0, &status, sizeof(status), NULL),
		STATUS_SUCCESS);
	NT_CHECK_EQUAL(status.adapters, 1);
	NT_CHECK_EQUAL(status.handles, 1);
	NT_CHECK_EQUAL(status.lists, 0);
	NT_CHECK_EQUAL(status.memory_bytes, 0);
	end(&stack, handle);
}

static void by_wmi(void)
{
	struct {
		struct fw_filter_wmi_set set;
		struct fw_filter_prefix prefixes[2];
	} set = { { FW_FILTER_OUT, 2 * sizeof(struct fw_filter_prefix) },
		{ filter_prefix4(0x0a000000, 8), filter_prefix6(5, 128) } };
	struct fw_filter_wmi_statistics statistics;
	struct fw_filter_wmi_set nothing = { 1, 1 };
	struct fw_filter_wmi_lists lists;
	struct ndis_adapter *upper;
	struct filter_stack stack;
	NDIS_GUID guids[8];
	uint8_t frame[128];
	HANDLE handle = begin(&stack);
	ULONG written;

	upper = ndis_adapter_find(FILTER_UPPER);
	NT_CHECK_EQUAL(ndis_system_query(upper, OID_GEN_SUPPORTED_GUIDS, guids, sizeof(guids), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(written, 3 * sizeof(*guids));
	for (int i = 0; i < 3; i++)
		NT_CHECK(!(guids[i].Flags & (fNDIS_GUID_ALLOW_READ | fNDIS_GUID_ALLOW_WRITE)));
	/* An instance to set, whose size WMI asks for first. */
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_SET, &nothing, 0, &written), NDIS_STATUS_INVALID_LENGTH);
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_SET, &nothing, 7, &written), NDIS_STATUS_INVALID_LENGTH);
	NT_CHECK(nothing.direction == 1 && nothing.bytes == 1);
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_SET, &nothing, sizeof(nothing), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(written, 8);
	NT_CHECK(!nothing.direction && !nothing.bytes);
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, 7), NDIS_STATUS_INVALID_LENGTH);
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set) - 1), NDIS_STATUS_INVALID_LENGTH);
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set)), NDIS_STATUS_SUCCESS);
	NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0x0a000001), NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_STATISTICS, &statistics, sizeof(statistics), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(statistics.send.dropped_packets, 1);
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_LISTS, &lists, sizeof(lists), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(lists.out, filter_adapter(handle).out.list);
	NT_CHECK_EQUAL(lists.out_ipv6, 1);
	NT_CHECK_EQUAL(lists.in, 0);
	NT_CHECK_EQUAL(ndis_system_query(upper, FW_FILTER_WMI_OID_LISTS, &lists, 3, &written), NDIS_STATUS_INVALID_LENGTH);
	set.prefixes[1] = set.prefixes[0];
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set)), NDIS_STATUS_INVALID_DATA);
	/* Of no family: neither the last one nor all of them are left out. */
	set.prefixes[1].family = 99;
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set)), NDIS_STATUS_INVALID_DATA);
	set.prefixes[0].family = 0;
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set)), NDIS_STATUS_INVALID_DATA);
	NT_CHECK_EQUAL(filter_adapter(handle).out.list, lists.out);
	set.set.bytes = 0;
	NT_CHECK_EQUAL(ndis_system_set(upper, FW_FILTER_WMI_OID_SET, &set, sizeof(set.set)), NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(filter_adapter(handle).out.list, 0);
	end(&stack, handle);
}

/* Each allocation of what a client asks for fails in turn. */
static void asks(void *context)
{
	const struct fw_filter_prefix prefixes[] = { filter_prefix4(0x0a000000, 8), filter_prefix6(5, 128) };
	struct filter_stack stack = { .ndis = { .packet_stacks = 2 } };
	struct fw_filter_control_open open = { .size = sizeof(open), .adapter = FILTER_ADAPTER };
	struct fw_filter_control_query query = { sizeof(query), OID_GEN_LINK_SPEED };
	uint8_t buffer[512];
	HANDLE handle;

	(void)context;
	nt_kernel_start(NULL);
	if (!filter_begin(&stack)) {
		nt_kernel_stop();
		return;
	}
	handle = filter_open();
	if (handle) {
		(void)filter_set(handle, FILTER_ADAPTER, FW_FILTER_BOTH, prefixes, 2);
		(void)filter_set(handle, "*", FW_FILTER_IN, prefixes, 2);
		(void)filter_ask(handle, FW_FILTER_CONTROL_OPEN, &open, sizeof(open), NULL, 0, NULL);
		(void)filter_ask(handle, FW_FILTER_CONTROL_QUERY, &query, sizeof(query), buffer, sizeof(buffer), NULL);
		nt_close(handle);
	}
	filter_end(&stack);
	nt_kernel_stop();
}

static void each_failure_of_a_client(void)
{
	NT_CHECK(nt_each_failure(asks, NULL) > 10);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("adapters and status say what is so", facts);
	nt_test("NT-24: who may open the filter's device", who_may_open);
	nt_test("NT-24: the filter answers nothing before hello", nothing_before_hello);
	nt_test("NT-24: every length, hostile sizes and counts, of the filter's codes", every_length);
	nt_test("NT-24: counts are not believed", counts_are_checked);
	nt_test("NT-24: codes that are none of the filter's", codes_that_are_none);
	nt_test("NT-24: the end of a handle ends its own requests", ends_a_follow);
	nt_test("NT-32: lists that are not in order are refused", drafts);
	nt_test("NT-32: commits are whole", commits);
	nt_test("NT-32: lists are replaced while packets fly", replaced_as_a_whole);
	nt_test("prefixes are told with what they dropped", rows_of_prefixes);
	nt_test("what a list dropped goes to the one in its place", hits_are_carried);
	nt_test("every feature of the filter that is not used says why", features_have_reasons);
	nt_test("WMI reads and sets", by_wmi);
	nt_test("each failure of what a client asks for leaves nothing", each_failure_of_a_client);
	return nt_tests_end();
}
