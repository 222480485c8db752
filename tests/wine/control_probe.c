/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Usage: control_probe.exe DRIVER.sys [ROUNDS]
 * Loads the driver by the service manager, speaks every control code to it, wrong ones too, keeps
 * many reads pending, cancels them, and unloads it. Runs under Wine, by tests/wine/ring2.
 * Prints as the other tests do.
 */
#include <winsock2.h>
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>
#include <stdlib.h>

#include "abi/control.h"

#define READS 64
#define WAIT_MS 5000
#define SERVICE "FlowWatcherProbe"

static int passed, failed;

static void expect(int holds, const char *text)
{
	if (holds)
		passed++;
	else
		failed++;
	if (!holds)
		printf("not ok %s (error %lu)\n", text, GetLastError());
}

static HANDLE open_device(void)
{
	return CreateFileA("\\\\.\\FlowWatcher", GENERIC_READ | GENERIC_WRITE,
		FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
		NULL);
}

/* 0, or the error; *bytes: of the answer. */
static DWORD ask_code(
	HANDLE device, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *bytes)
{
	OVERLAPPED overlapped = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
	DWORD error = 0;

	*bytes = 0;
	if (!DeviceIoControl(device, code, in, in_size, out, out_size, bytes, &overlapped))
		error = GetLastError();
	if (error == ERROR_IO_PENDING) {
		error = 0;
		if (!GetOverlappedResult(device, &overlapped, bytes, TRUE))
			error = GetLastError();
	}
	CloseHandle(overlapped.hEvent);
	return error;
}

static DWORD ask(HANDLE device, enum fw_control_function function, void *in, DWORD in_size,
	void *out, DWORD out_size, DWORD *bytes)
{
	return ask_code(device, fw_control_code(function), in, in_size, out, out_size, bytes);
}

static void hello(HANDLE device)
{
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR + 1, 0 };
	struct fw_control_status status;
	DWORD bytes;

	expect(ask(device, FW_CONTROL_STATUS, NULL, 0, &status, sizeof(status), &bytes) != 0,
		"NT-24: nothing is answered before hello");
	expect(ask(device, FW_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello),
		       &bytes) == ERROR_REVISION_MISMATCH,
		"NT-24: another major version is refused");
	hello.major = FW_ABI_MAJOR;
	expect(ask(device, FW_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello),
		       &bytes) == 0 &&
			bytes == sizeof(hello) && hello.minor == FW_ABI_MINOR,
		"hello");
	expect(ask(device, FW_CONTROL_STATUS, NULL, 0, &status, sizeof(status), &bytes) == 0 &&
			bytes == sizeof(status) && status.processes > 0 && status.time_ns,
		"status");
}

static void rows(HANDLE device, enum fw_control_function function, DWORD row, const char *text)
{
	static uint8_t buffer[65536];
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	struct fw_control_rows header = { 0 };
	DWORD bytes, error, total = 0;

	do {
		error = ask(
			device, function, &cursor, sizeof(cursor), buffer, sizeof(buffer), &bytes);
		if (error || bytes < sizeof(header))
			break;
		memcpy(&header, buffer, sizeof(header));
		cursor.after = header.after;
		total += header.count;
	} while (header.count);
	expect(!error && header.row_size == row, text);
	printf("# %s: %lu rows\n", text, total);
}

/* The first time every length up to that of the longest answer of one row; then less of them. */
static void wrong_lengths(HANDLE device, int is_first)
{
	const DWORD most = is_first ? 720 : 64;
	static uint8_t buffer[2048];
	DWORD bytes, held = 0, asked = 0;

	for (DWORD function = FW_CONTROL_HELLO; function <= FW_CONTROL_DUMP + 2; function++) {
		if (function == FW_CONTROL_READ || function == FW_CONTROL_SUBSCRIBE ||
			function == FW_CONTROL_DRAIN || function == FW_CONTROL_START)
			continue;
		for (DWORD size = 0; size <= most; size += is_first || size < 32 ? 1 : 8) {
			/* What is not too short stops it. */
			if (function == FW_CONTROL_STOP && size >= sizeof(struct fw_control_status))
				break;

			memset(buffer, 0xff, sizeof(buffer));
			asked++;
			held += ask(device, (enum fw_control_function)function, buffer, size,
					buffer, size, &bytes) <= 65535 &&
				bytes <= size;
		}
	}
	expect(held == asked, "NT-24: wrong lengths are refused, nothing is written beyond");
	expect(ask_code(device, FW_CONTROL_CODE(FW_CONTROL_STATUS, 3, 1), NULL, 0, buffer,
		       sizeof(buffer), &bytes) != 0,
		"NT-24: METHOD_NEITHER is no code");
}

static void reads(HANDLE device)
{
	static uint8_t buffers[READS][FW_CONTROL_READ_MIN];
	static OVERLAPPED overlapped[READS];
	struct fw_control_subscription subscription = { .size = sizeof(subscription),
		.types = 0xffe };
	DWORD bytes, cancelled = 0, ended = 0, pending = 0;

	expect(ask(device, FW_CONTROL_READ, NULL, 0, buffers[0], sizeof(buffers[0]), &bytes) != 0,
		"a read before there is a subscription is refused");
	expect(ask(device, FW_CONTROL_SUBSCRIBE, &subscription, sizeof(subscription), NULL, 0,
		       &bytes) == 0,
		"subscribe");
	expect(ask(device, FW_CONTROL_SUBSCRIBE, &subscription, sizeof(subscription), NULL, 0,
		       &bytes) != 0,
		"once a handle");
	for (int i = 0; i < READS; i++) {
		overlapped[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
		pending += !DeviceIoControl(device, fw_control_code(FW_CONTROL_READ), NULL, 0,
				   buffers[i], sizeof(buffers[i]), NULL, &overlapped[i]) &&
			   GetLastError() == ERROR_IO_PENDING;
	}
	expect(pending == READS, "NT-18: every read pends");
	for (int i = 0; i < READS / 2; i++)
		CancelIoEx(device, &overlapped[i]);
	for (int i = 0; i < READS / 2; i++) {
		WaitForSingleObject(overlapped[i].hEvent, WAIT_MS);
		cancelled += !GetOverlappedResult(device, &overlapped[i], &bytes, FALSE) &&
			     GetLastError() == ERROR_OPERATION_ABORTED;
	}
	expect(cancelled == READS / 2, "a cancelled read ends at once");
	expect(ask(device, FW_CONTROL_DRAIN, NULL, 0, NULL, 0, &bytes) == 0, "drain");
	for (int i = READS / 2; i < READS; i++) {
		WaitForSingleObject(overlapped[i].hEvent, WAIT_MS);
		ended += GetOverlappedResult(device, &overlapped[i], &bytes, FALSE) && bytes == 0;
	}
	expect(ended == READS / 2, "reads of a drained stream end with nothing");
	for (int i = 0; i < READS; i++)
		CloseHandle(overlapped[i].hEvent);
}

static void existing(void)
{
	static uint8_t buffer[FW_CONTROL_READ_MIN];
	struct fw_control_hello hello = { sizeof(hello), FW_ABI_MAJOR, 0 };
	struct fw_control_subscription subscription = {
		.size = sizeof(subscription), .types = 1u << FW_RECORD_PROCESS_CREATE, .existing = 1
	};
	const struct fw_record_header *record = (const void *)buffer;
	HANDLE device = open_device();
	DWORD bytes = 0;

	ask(device, FW_CONTROL_HELLO, &hello, sizeof(hello), &hello, sizeof(hello), &bytes);
	ask(device, FW_CONTROL_SUBSCRIBE, &subscription, sizeof(subscription), NULL, 0, &bytes);
	expect(ask(device, FW_CONTROL_READ, NULL, 0, buffer, sizeof(buffer), &bytes) == 0 &&
			bytes >= record->size && record->type == FW_RECORD_PROCESS_CREATE &&
			record->flags == FW_RECORD_EXISTING && record->sequence == 1,
		"processes that exist come first");
	CloseHandle(device);
}

static void rules(HANDLE device)
{
	struct {
		struct fw_control_rules list;
		struct fw_rule rule;
	} add = { { sizeof(add.list), 1 }, { .action = FW_RULE_BLOCK,
						   .target = FW_RULE_EXE,
						   .last_port = 65535,
						   .text = "C:\\windows\\system32\\curl.exe" } };
	struct {
		struct fw_control_rule_ids list;
		uint32_t id;
	} ids = { { sizeof(ids.list), 1 }, 0 };
	DWORD bytes;

	expect(ask(device, FW_CONTROL_RULES_ADD, &add, sizeof(add), &add, sizeof(add), &bytes) ==
				0 &&
			add.rule.id == 1,
		"a block of a path with a drive");
	rows(device, FW_CONTROL_RULES, sizeof(struct fw_control_rule), "rules");
	add.rule.action = FW_RULE_LIMIT;
	expect(ask(device, FW_CONTROL_RULES_ADD, &add, sizeof(add), &add, sizeof(add), &bytes) ==
			ERROR_INVALID_PARAMETER,
		"a limit without a rate");
	add.rule.sent_rate = 100000;
	expect(ask(device, FW_CONTROL_RULES_ADD, &add, sizeof(add), &add, sizeof(add), &bytes) == 0,
		"a limit of a path with a drive");
	ids.id = add.rule.id;
	expect(ask(device, FW_CONTROL_RULES_REMOVE, &ids, sizeof(ids), NULL, 0, &bytes) == 0,
		"a limit is taken back");
	ids.id = 77;
	expect(ask(device, FW_CONTROL_RULES_REMOVE, &ids, sizeof(ids), NULL, 0, &bytes) ==
			ERROR_NOT_FOUND,
		"a rule that is not there");
	ids.id = 1;
	expect(ask(device, FW_CONTROL_RULES_REMOVE, &ids, sizeof(ids), NULL, 0, &bytes) == 0,
		"a rule is taken back");
}

static void talk(int is_first)
{
	HANDLE device = open_device();
	struct fw_control_dump dump = { sizeof(dump), 50 };
	struct fw_control_status status;
	DWORD bytes;

	expect(device != INVALID_HANDLE_VALUE, "open");
	if (device == INVALID_HANDLE_VALUE)
		return;
	hello(device);
	rows(device, FW_CONTROL_USAGE, sizeof(struct fw_usage), "usage");
	rows(device, FW_CONTROL_CONNECTIONS, sizeof(struct fw_connection), "connections");
	rows(device, FW_CONTROL_PORTS, sizeof(struct fw_port), "ports");
	rows(device, FW_CONTROL_FEATURES, sizeof(struct fw_control_feature), "features");
	wrong_lengths(device, is_first);
	rules(device);
	existing();
	reads(device);
	expect(ask(device, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, &bytes) == 0, "dump");
	Sleep(120);
	expect(ask(device, FW_CONTROL_STOP, NULL, 0, &status, sizeof(status), &bytes) == 0 &&
			status.state & FW_CONTROL_UNLOADABLE,
		"NT-23: stopped, it can be unloaded");
	CloseHandle(device);
}

static int round_trip(SC_HANDLE manager, const char *path, int is_first)
{
	SC_HANDLE service = CreateServiceA(manager, SERVICE, SERVICE, SERVICE_ALL_ACCESS,
		SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, "PNP_TDI",
		NULL, NULL, NULL, NULL);
	SERVICE_STATUS status;

	expect(service != NULL, "service");
	if (!service)
		return 1;
	expect(StartServiceA(service, 0, NULL), "load");
	talk(is_first);
	expect(ControlService(service, SERVICE_CONTROL_STOP, &status), "unload");
	for (int i = 0; i < 100 && QueryServiceStatus(service, &status) &&
			status.dwCurrentState != SERVICE_STOPPED;
		i++)
		Sleep(20);
	expect(status.dwCurrentState == SERVICE_STOPPED, "stopped");
	expect(open_device() == INVALID_HANDLE_VALUE, "the device is gone");
	DeleteService(service);
	CloseServiceHandle(service);
	return 0;
}

int main(int argc, char **argv)
{
	SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
	int rounds = argc > 2 ? atoi(argv[2]) : 1;

	if (argc < 2 || !manager) {
		printf("usage: control_probe.exe DRIVER.sys [ROUNDS]\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++)
		if (round_trip(manager, argv[1], i == 0))
			break;
	CloseServiceHandle(manager);
	printf("control_probe: %d passed, %d failed\n", passed, failed);
	return failed != 0;
}
