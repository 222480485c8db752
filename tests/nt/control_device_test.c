/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The control device: who may open it, and every code with every length, wrong counts and wrong
 * versions. */
#include "control_client.h"

/* Bytes of the largest request, and of those that are asked with every size and count said. */
#define SIZE_MOST                                                                                  \
	(uint32_t)(sizeof(struct fw_control_rules) +                                               \
		   FW_CONTROL_RULES_AT_ONCE * sizeof(struct fw_rule))
#define SIZE_FEW 720u

static void loads_and_unloads(void)
{
	NT_CHECK(control_begin());
	control_end();
}

static void answers_status(void)
{
	struct fw_control_status status;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	NT_CHECK_EQUAL(status.size, sizeof(status));
	NT_CHECK(status.processes >= 1);
	NT_CHECK_EQUAL(status.readers, 0);
	nt_close(handle);
	control_end();
}

static void who_may_open(void)
{
	static const struct {
		enum nt_token token;
		bool may;
	} rows[] = { { NT_TOKEN_OF_PROCESS, true }, { NT_TOKEN_USER, false },
		{ NT_TOKEN_ADMINISTRATOR, true }, { NT_TOKEN_IDENTIFIED, false },
		{ NT_TOKEN_NOT_RAISED, false } };
	HANDLE handle;

	NT_CHECK(control_begin());
	NT_CHECK(nt_device_is_secured());
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		nt_token_set(rows[i].token);
		handle = control_open();
		NT_CHECK_EQUAL(handle != NULL, rows[i].may);
		if (handle)
			nt_close(handle);
	}
	control_end();
}

static void a_user_may_not(void)
{
	PEPROCESS user;
	HANDLE handle;

	NT_CHECK(control_begin());
	user = control_process(100, 4, "\\Device\\HarddiskVolume1\\user.exe");
	nt_process_become(user);
	NT_CHECK_EQUAL(nt_open(FW_CONTROL_DEVICE_NAME, GENERIC_READ, NULL, 0, &handle),
		STATUS_ACCESS_DENIED);
	nt_process_become(NULL);
	nt_process_exit(user);
	control_end();
}

static void nothing_before_hello(void)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR + 1, 0 };
	uint8_t buffer[FW_CONTROL_READ_MIN] = { 0 };
	HANDLE handle;

	NT_CHECK(control_begin());
	NT_CHECK_EQUAL(
		nt_open(FW_CONTROL_DEVICE_NAME, GENERIC_READ | GENERIC_WRITE, NULL, 0, &handle),
		STATUS_SUCCESS);
	for (uint32_t function = FW_CONTROL_STATUS; function <= FW_CONTROL_DUMP; function++)
		NT_CHECK_EQUAL(control_ask(handle, function, buffer, sizeof(buffer), buffer,
				       sizeof(buffer), NULL),
			STATUS_INVALID_DEVICE_STATE);
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_HELLO, &hello, sizeof(hello), &hello,
			       sizeof(hello), NULL),
		STATUS_REVISION_MISMATCH);
	nt_close(handle);
	control_end();
}

static const uint32_t sizes_said[] = { 0, 7, 8, 16, 24, 0x7fffffff, 0x80000000, UINT32_MAX };
static const uint32_t counts[] = { 0, 1, 2, 255, 256, 257, 0x7fffffff, 0x80000000, UINT32_MAX };

/* One request of so many bytes in and out: refused or answered, never more than there is room for.
 */
static void ask_one(
	HANDLE handle, uint32_t code, uint32_t said, uint32_t count, uint32_t in, uint32_t out)
{
	static uint8_t input[SIZE_MOST + 1], output[SIZE_MOST + 1];
	ULONG_PTR bytes = 0;
	NTSTATUS status;

	if (!input[8])
		memset(input, 0xff, sizeof(input));
	memcpy(input, &said, sizeof(said));
	memcpy(input + 4, &count, sizeof(count));
	status = nt_ioctl(handle, code, input, in, output, out, &bytes);
	NT_CHECK(status != STATUS_PENDING);
	NT_CHECK(bytes <= out);
	NT_CHECK(NT_SUCCESS(status) || bytes == 0);
}

/* The greatest length that this function makes anything of. */
static uint32_t greatest(uint32_t function)
{
	switch (function) {
	case FW_CONTROL_RULES_ADD:
		return SIZE_MOST;
	case FW_CONTROL_RULES_REMOVE:
		return sizeof(struct fw_control_rule_ids) + FW_CONTROL_RULES_AT_ONCE * 4;
	case FW_CONTROL_READ:
		return FW_CONTROL_READ_MIN - 1; /* what is not too short pends */
	case FW_CONTROL_STOP:
		return sizeof(struct fw_control_status) - 1; /* what is not too short stops it */
	default:
		return SIZE_FEW;
	}
}

/* Every length from 0 to one more than the greatest, in, out and both. Where a list may be, it says that it is as long
 * as can be, so that all but the last are too short. */
static void every_length(void)
{
	struct fw_control_status status;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t function = FW_CONTROL_HELLO - 1; function <= FW_CONTROL_DUMP + 1;
		function++) {
		uint32_t code = fw_control_code(function), most = greatest(function);
		uint32_t end = function == FW_CONTROL_READ || function == FW_CONTROL_STOP ? most
											  : most + 1;

		for (uint32_t size = 0; size <= end; size++) {
			ask_one(handle, code, 8, FW_CONTROL_RULES_AT_ONCE, size, size);
			if (function == FW_CONTROL_READ || function == FW_CONTROL_STOP)
				continue;
			ask_one(handle, code, 8, 1, size, SIZE_FEW);
			ask_one(handle, code, 8, 1, SIZE_FEW, size);
		}
	}
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	NT_CHECK(!(status.state & FW_CONTROL_BYPASS));
	nt_close(handle);
	control_end();
}

/* Every size and count said, with every length up to that of the longest answer of one row. */
static void every_lie(void)
{
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t function = FW_CONTROL_HELLO - 1; function <= FW_CONTROL_DUMP + 1;
		function++) {
		uint32_t code = fw_control_code(function);

		if (function == FW_CONTROL_STOP)
			continue;
		for (uint32_t size = 0; size <= SIZE_FEW; size++)
			for (size_t i = 0; i < FW_ARRAY_SIZE(sizes_said); i++)
				ask_one(handle, code, sizes_said[i],
					counts[(size + i) % FW_ARRAY_SIZE(counts)], size, size);
		for (size_t i = 0; i < FW_ARRAY_SIZE(counts) && function != FW_CONTROL_READ; i++) {
			ask_one(handle, code, 8, counts[i], 600, SIZE_MOST);
			ask_one(handle, code, 8, counts[i], SIZE_MOST, 600);
			ask_one(handle, code, 16, counts[i], SIZE_MOST, SIZE_MOST);
		}
	}
	nt_close(handle);
	control_end();
}

static void codes_that_are_none(void)
{
	uint8_t buffer[64] = { 0 };
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t method = 0; method < 4; method++)
		for (uint32_t access = 0; access < 4; access++) {
			uint32_t code = FW_CONTROL_CODE(FW_CONTROL_STATUS, method, access);

			if (code == fw_control_code(FW_CONTROL_STATUS) || method == 3)
				continue;
			NT_CHECK_EQUAL(nt_ioctl(handle, code, buffer, sizeof(buffer), buffer,
					       sizeof(buffer), NULL),
				STATUS_INVALID_DEVICE_REQUEST);
		}
	nt_close(handle);
	control_end();
}

/* A larger structure than we know is taken; what its writer knows more of is not read. */
static void a_newer_client(void)
{
	struct {
		struct fw_control_hello hello;
		uint64_t more;
	} newer = { { sizeof(newer), FW_ABI_MAJOR, 99 }, 1 };
	uint32_t bytes;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_HELLO, &newer, sizeof(newer), &newer,
			       sizeof(newer), &bytes),
		STATUS_SUCCESS);
	NT_CHECK_EQUAL(bytes, sizeof(newer.hello));
	NT_CHECK_EQUAL(newer.hello.minor, FW_ABI_MINOR);
	nt_close(handle);
	control_end();
}

static void features_have_reasons(void)
{
	uint8_t buffer[sizeof(struct fw_control_rows) + 2 * sizeof(struct fw_control_feature)];
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	const struct fw_control_rows *rows = (const void *)buffer;
	uint32_t seen = 0;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	do {
		const struct fw_control_feature *feature = (const void *)(rows + 1);

		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_FEATURES, &cursor, sizeof(cursor),
				       buffer, sizeof(buffer), NULL),
			STATUS_SUCCESS);
		for (uint32_t i = 0; i < rows->count; i++, seen++) {
			NT_CHECK_EQUAL(feature[i].number, seen + 1);
			NT_CHECK(feature[i].group[0] && feature[i].name[0]);
			NT_CHECK(feature[i].state == 0 || feature[i].reason[0]);
		}
		cursor.after = rows->after;
	} while (rows->count);
	NT_CHECK_EQUAL(seen, 14);
	nt_close(handle);
	control_end();
}

static void load_fails(void *context)
{
	(void)context;
	if (control_begin())
		control_end();
}

static void each_failure_of_a_load(void)
{
	NT_CHECK(nt_each_failure(load_fails, NULL) > 5);
}

static void not_while_in_use(void)
{
	NT_CHECK(control_begin());
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_INVALID_DEVICE_REQUEST);
	control_end();
}

/* NT waits with the unload for a handle whose owner wants the driver to go on. */
static void unloads_when_closed(void)
{
	struct fw_control_status status;
	HANDLE handle, other;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STOP, NULL, 0, &status, sizeof(status), NULL),
		STATUS_SUCCESS);
	NT_CHECK(status.state & FW_CONTROL_BYPASS && status.state & FW_CONTROL_UNLOADABLE);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_PENDING);
	NT_CHECK_EQUAL(nt_open(FW_CONTROL_DEVICE_NAME, GENERIC_READ, NULL, 0, &other),
		STATUS_NO_SUCH_DEVICE);
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_START, NULL, 0, &status, sizeof(status), NULL),
		STATUS_INVALID_DEVICE_STATE);
	NT_CHECK(control_driver->DriverUnload != NULL);
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	NT_CHECK(status.state & FW_CONTROL_BYPASS);
	nt_close(handle);
	NT_CHECK_EQUAL(nt_open(FW_CONTROL_DEVICE_NAME, GENERIC_READ, NULL, 0, &other),
		STATUS_OBJECT_NAME_NOT_FOUND);
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("the driver loads and unloads", loads_and_unloads);
	nt_test("status", answers_status);
	nt_test("NT-24: who may open the device", who_may_open);
	nt_test("NT-24: a user may not open it", a_user_may_not);
	nt_test("NT-24: nothing is answered before hello", nothing_before_hello);
	nt_test("NT-24: every code with every length", every_length);
	nt_test("NT-24: every code with hostile sizes and counts", every_lie);
	nt_test("NT-24: codes that are none", codes_that_are_none);
	nt_test("a newer client is understood", a_newer_client);
	nt_test("every feature that is not used says why", features_have_reasons);
	nt_test("NT-23: a driver that was not stopped is not unloaded", not_while_in_use);
	nt_test("NT-23: NT waits with the unload for a handle", unloads_when_closed);
	nt_test("each failure of a load leaves nothing", each_failure_of_a_load);
	return nt_tests_end();
}
