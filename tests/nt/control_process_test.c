/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Processes on the fake kernel: notifications of each kind, identity, counters, folding, and the
 * periodic dump. */
#include "abi/process_event.h"
#include "control_client.h"
#include "core/record_check.h"
#include "kernel/windows/process_row.h"

#define IMAGE "\\Device\\HarddiskVolume1\\Windows\\cmd.exe"

static void create_record(bool has_command_line)
{
	uint8_t buffer[FW_CONTROL_READ_MIN];
	const struct fw_process_create_record *record = (const void *)buffer;
	const struct fw_record_header *whole;
	ULONG_PTR bytes;
	PEPROCESS process;
	HANDLE handle;

	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, 1u << FW_RECORD_PROCESS_CREATE, 0, false),
		STATUS_SUCCESS);
	process = control_process(100, 4, IMAGE);
	NT_CHECK_EQUAL(nt_request_end(control_read_start(handle, buffer), &bytes), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fw_record_whole(buffer, bytes, &whole), FW_OK);
	NT_CHECK_EQUAL(record->pid, 100);
	NT_CHECK_EQUAL(record->parent_pid, 4);
	NT_CHECK(strcmp(record->comm, "cmd.exe") == 0);
	NT_CHECK_EQUAL(record->exe.length, strlen(IMAGE));
	NT_CHECK(memcmp(fw_record_text(whole, &record->exe), IMAGE, strlen(IMAGE)) == 0);
	NT_CHECK_EQUAL(record->command_line.length != 0, has_command_line);
	nt_process_exit(process);
	nt_close(handle);
}

static void with_ex2(void)
{
	NT_CHECK(control_begin());
	create_record(true);
	control_end();
}

static void load_without(const char *first, const char *second)
{
	nt_kernel_start(NULL);
	nt_routine_hide(first);
	if (second)
		nt_routine_hide(second);
	NT_CHECK_EQUAL(nt_driver_load("FlowWatcher", DriverEntry, &control_driver), STATUS_SUCCESS);
}

static void with_ex(void)
{
	load_without("PsSetCreateProcessNotifyRoutineEx2", NULL);
	create_record(true);
	control_end();
}

static void with_plain(void)
{
	load_without("PsSetCreateProcessNotifyRoutineEx2", "PsSetCreateProcessNotifyRoutineEx");
	create_record(false);
	control_end();
}

/* All places are taken: the driver works without. */
static void with_none(void)
{
	struct fw_control_status status;
	HANDLE handle;

	nt_kernel_start(NULL);
	nt_notify_slots(0);
	NT_CHECK_EQUAL(nt_driver_load("FlowWatcher", DriverEntry, &control_driver), STATUS_SUCCESS);
	handle = control_open();
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	nt_close(handle);
	control_end();
}

static void a_reused_pid_is_another_process(void)
{
	struct fw_process_state *first, *second;
	PEPROCESS process;

	NT_CHECK(control_begin());
	process = control_process(100, 4, IMAGE);
	first = fw_process_running_get(100);
	fw_process_sent(first, 10);
	nt_process_exit(process);
	nt_sleep_ms(5);
	process = control_process(100, 4, IMAGE);
	second = fw_process_running_get(100);
	NT_CHECK(first != second);
	NT_CHECK(second->process.start_ns > first->process.start_ns);
	fw_process_sent(first, 5); /* its socket outlived it */
	NT_CHECK_EQUAL(fw_process_counters(first).sent, 15);
	NT_CHECK_EQUAL(fw_process_counters(second).sent, 0);
	fw_process_put(first);
	fw_process_put(second);
	nt_process_exit(process);
	control_end();
}

static uint64_t sum_of_rows(HANDLE handle, uint32_t *rows_seen)
{
	uint8_t buffer[sizeof(struct fw_control_rows) + 3 * sizeof(struct fw_usage)];
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	const struct fw_control_rows *rows = (const void *)buffer;
	uint64_t sum = 0;

	*rows_seen = 0;
	do {
		const struct fw_usage *usage = (const void *)(rows + 1);

		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_USAGE, &cursor, sizeof(cursor),
				       buffer, sizeof(buffer), NULL),
			STATUS_SUCCESS);
		for (uint32_t i = 0; i < rows->count; i++, ++*rows_seen)
			sum += usage[i].counters.sent;
		cursor.after = rows->after;
	} while (rows->count);
	return sum;
}

/* Thousands come and go: rows stay bounded, and no byte is lost when they are folded. */
static void ended_rows_are_folded(void)
{
	struct fw_control_status status;
	struct fw_process_state *kept = NULL;
	uint64_t sent = 0, sum;
	uint32_t rows;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t i = 0; i < 1500; i++) {
		PEPROCESS process = control_process(100 + 4 * i, 4, IMAGE);
		struct fw_process_state *row = fw_process_running_get(100 + 4 * i);

		fw_process_sent(row, i + 1);
		sent += i + 1;
		if (i == 0)
			kept = row;
		else
			fw_process_put(row);
		nt_process_exit(process);
	}
	fw_process_sent(kept, 1000); /* who is referred to is not folded */
	fw_process_put(kept);
	fw_process_sent(NULL, 7);
	sum = sum_of_rows(handle, &rows);
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	NT_CHECK_EQUAL(sum + status.departed.sent, sent + 1000);
	NT_CHECK_EQUAL(status.unattributed.sent, 7);
	NT_CHECK(rows <= 1025 && status.departed.sent > 0);
	nt_close(handle);
	control_end();
}

/* What a program makes of a creation time with what the status says is what the driver has: rules and events on a pid
 * tell its process by it. */
static void starts_are_computed(void)
{
	struct fw_control_status status;
	struct fw_process_state *row;
	PEPROCESS process;
	uint64_t utc_ns;
	HANDLE handle;

	NT_CHECK(control_begin());
	nt_sleep_ms(1234);
	process = control_process(100, 4, IMAGE);
	row = fw_process_running_get(100);
	handle = control_open();
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	utc_ns = (row->created - 116444736000000000ull) * 100;
	NT_CHECK(status.boot_utc_ns && utc_ns > status.boot_utc_ns);
	NT_CHECK_EQUAL(row->process.start_ns, utc_ns - status.boot_utc_ns);
	fw_process_put(row);
	nt_process_exit(process);
	nt_close(handle);
	control_end();
}

#define HELD 200

/* More rows of ended processes are in use than are looked at at one time: the others are folded all the same. */
static void others_are_folded(void)
{
	struct fw_process_state *held[HELD];
	struct fw_control_status status;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t i = 0; i < 3000; i++) {
		PEPROCESS process = control_process(100 + 4 * i, 4, IMAGE);
		struct fw_process_state *row = fw_process_running_get(100 + 4 * i);

		fw_process_sent(row, 1);
		if (i < HELD)
			held[i] = row;
		else
			fw_process_put(row);
		nt_process_exit(process);
	}
	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	NT_CHECK(status.processes <= 1024 + 16);
	for (uint32_t i = 0; i < HELD; i++)
		fw_process_put(held[i]);
	nt_close(handle);
	control_end();
}

static const char *line_of(char *text)
{
	char *end = strchr(text, '\n');

	NT_CHECK(end != NULL);
	*end = '\0';
	return text;
}

/* By the machine's own clock a tick is as late as the machine is busy, and the next one that much early. */
static bool is_near(uint64_t value, uint64_t expected)
{
	if (getenv("NT_FREE_RUNNING"))
		return value >= expected / 100 && value <= expected * 100;
	return value <= expected + expected / 50 && value >= expected - expected / 50;
}

/* Byte for byte the classic line. The timer may be late by a little, which the rates show. */
static void check_line(const char *line, uint32_t pid, uint64_t sent, uint64_t received)
{
	unsigned long long says_sent, says_received;
	char expected[160];

	NT_CHECK_EQUAL(sscanf(line, "[FlowWatcher] DumpNetworkUsage: Process Id: %*u, Sent: %llu bytes / s Received: %llu",
			       &says_sent, &says_received),
		2);
	snprintf(expected, sizeof(expected),
		"[FlowWatcher] DumpNetworkUsage: Process Id: %4u, Sent: %10llu bytes / s Received: %10llu bytes / s.", pid,
		says_sent, says_received);
	NT_CHECK(!strcmp(line, expected));
	NT_CHECK(is_near(says_sent, sent) && is_near(says_received, received));
}

/* And unload does not wait for the interval. */
static void the_periodic_dump(void)
{
	struct fw_control_dump dump = { sizeof(dump), 1000 };
	struct fw_process_state *system;
	ULONGLONG begin;
	char *text;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, NULL),
		STATUS_SUCCESS);
	free(nt_debug_text());
	system = fw_process_running_get(4);
	nt_sleep_ms(1500);
	fw_process_sent(system, 239);
	fw_process_received(system, 8927920);
	nt_sleep_ms(1000);
	text = nt_debug_text();
	check_line(line_of(text), 4, 239, 8927920);
	free(text);
	nt_sleep_ms(2000);
	text = nt_debug_text();
	NT_CHECK(!strstr(text, "DumpNetworkUsage")); /* nothing moved */
	free(text);
	dump.interval_ms = 24u * 60 * 60 * 1000;
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, NULL),
		STATUS_SUCCESS);
	dump.interval_ms = 1;
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, NULL),
		STATUS_INVALID_PARAMETER);
	fw_process_put(system);
	nt_close(handle);
	begin = KeQueryInterruptTime();
	control_unload();
	NT_CHECK(KeQueryInterruptTime() - begin < 10000000u);
	nt_kernel_stop();
}

#define NEAR ((uintptr_t)16 << 20)

/* At no place of what a user gets stands an address of the driver's memory, of which `block` is a part. */
static void has_no_pointer(const uint8_t *bytes, uint32_t length, const void *block)
{
	for (uint32_t i = 0; i + sizeof(uintptr_t) <= length; i++) {
		uintptr_t word;

		memcpy(&word, bytes + i, sizeof(word));
		NT_CHECK(word - (uintptr_t)block + NEAR > 2 * NEAR);
	}
}

static void no_pointer_leaves(void)
{
	static const enum fw_control_function functions[] = { FW_CONTROL_USAGE, FW_CONTROL_CONNECTIONS,
		FW_CONTROL_PORTS, FW_CONTROL_RULES, FW_CONTROL_FEATURES };
	static uint8_t buffer[FW_CONTROL_READ_MIN];
	const struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	struct fw_process_state *system;
	ULONG_PTR read;
	uint32_t bytes;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	system = fw_process_running_get(4);
	fw_process_sent(system, 1);
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(functions); i++) {
		NT_CHECK_EQUAL(control_ask(handle, functions[i], &cursor, sizeof(cursor), buffer,
				       sizeof(buffer), &bytes),
			STATUS_SUCCESS);
		has_no_pointer(buffer, bytes, system);
	}
	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STATUS, NULL, 0, buffer, sizeof(buffer), &bytes),
		STATUS_SUCCESS);
	has_no_pointer(buffer, bytes, system);
	NT_CHECK_EQUAL(control_subscribe(handle, 0xfff, 0, true), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_request_end(control_read_start(handle, buffer), &read), STATUS_SUCCESS);
	NT_CHECK(read > 0);
	has_no_pointer(buffer, (uint32_t)read, system);
	fw_process_put(system);
	nt_close(handle);
	control_end();
}

static void names_of_all_kinds(void)
{
	static const char *const names[] = { NULL, "", "\\", "a", "\\\\\\", IMAGE };

	NT_CHECK(control_begin());
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		HANDLE handle = control_open();
		PEPROCESS process;

		NT_CHECK_EQUAL(control_subscribe(handle, 0xfff, 0, false), STATUS_SUCCESS);
		process = control_process(100 + 4 * i, 4, names[i]);
		nt_notify_image(names[i], 100, (void *)0x1000, 1);
		nt_process_exit(process);
		nt_close(handle);
	}
	control_end();
}

static void come_and_go(void *context)
{
	uint32_t first = *(uint32_t *)context;

	for (uint32_t i = 0; i < 4; i++) {
		PEPROCESS process = control_process(first + 4 * i, 4, IMAGE);

		nt_notify_thread(first + 4 * i, 1, true);
		nt_notify_thread(first + 4 * i, 2, true);
		nt_process_exit(process);
	}
}

/* NT-27: the driver is unloaded while processes come and go. */
static void unload_under_load(void *context)
{
	uint32_t first = 1000, second = 2000;
	PETHREAD one, other;

	(void)context;
	NT_CHECK(control_load());
	one = nt_thread_start("one", NULL, come_and_go, &first);
	other = nt_thread_start("other", NULL, come_and_go, &second);
	control_unload();
	nt_thread_join(one);
	nt_thread_join(other);
}

static void unload_with_many_seeds(void)
{
	nt_each_seed(1, 300, unload_under_load, NULL);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("NT-26: processes by the Ex2 notification", with_ex2);
	nt_test("NT-26: by the Ex notification", with_ex);
	nt_test("NT-26: by the plain one, without command lines", with_plain);
	nt_test("NT-28: the driver works without notifications", with_none);
	nt_test("system 1: a reused pid is another process", a_reused_pid_is_another_process);
	nt_test("a start is counted from what the status says", starts_are_computed);
	nt_test("ended rows are folded, no byte is lost", ended_rows_are_folded);
	nt_test("ended rows that are in use do not keep others", others_are_folded);
	nt_test("NT-21: system 1: the periodic dump, line for line, and its end",
		the_periodic_dump);
	nt_test("NT-24: system 5: no pointer leaves", no_pointer_leaves);
	nt_test("NT-28: names of all kinds", names_of_all_kinds);
	nt_test("NT-27: unloaded while processes come and go", unload_with_many_seeds);
	return nt_tests_end();
}
