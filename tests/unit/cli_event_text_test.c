/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events as lines: what each says, that nothing in them moves a terminal, and the classic lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/event_text.h"
#include "flowwatcher/text_codec.h"
#include "tests/unit/event_records.h"

typedef char *(*writer)(const struct fw_record_header *record);

/* Behind the time, which must be one. `gap` stands between the two. */
static void expect(writer write, const struct fw_record_header *record, const char *gap,
	const char *rest)
{
	static const char form[] = "dd:dd:dd.ddd";
	char *line = write(record);

	assert_non_null(line);
	for (size_t i = 0; i < strlen(form); i++)
		assert_true(form[i] == 'd' ? isdigit((unsigned char)line[i]) : line[i] == form[i]);
	assert_memory_equal(line + strlen(form), gap, strlen(gap));
	assert_string_equal(line + strlen(form) + strlen(gap), rest);
	free(line);
}

static void expect_text(const struct fw_record_header *record, const char *rest)
{
	expect(fw_event_text, record, "  ", rest);
}

static void expect_classic(const struct fw_record_header *record, const char *rest)
{
	expect(fw_event_classic, record, ": ", rest);
}

static const struct create_event shell = {
	.pid = 42,
	.parent_pid = 41,
	.start_ns = 1,
	.cause = FW_CREATE_EXEC,
	.comm = "sh\x1b",
	.exe = "/bin/sh",
	.command_line = "sh\0-c\0echo 'a'\x1b[2J\n",
	.command_line_length = 20,
};

static void process_create(void **state)
{
	struct create_event event = shell;

	(void)state;
	expect_text(create_record(&event),
		"process_create         42  sh?              exec by 41: "
		"sh -c $'echo \\'a\\'\\x1b[2J\\n'");
	expect_classic(create_record(&event),
		"Process 42 Created. Command line: sh -c echo 'a'?[2J?");
	event.flags = FW_EVENT_COMMAND_LINE_CUT;
	event.command_line_length = 5;
	event.comm = "a-name-of-sixteen";
	expect_text(create_record(&event),
		"process_create         42  a-name-of-sixteen  exec by 41: sh -c ...");
	/* A kernel thread, or one whose arguments could not be read. */
	event.command_line_length = 0;
	event.command_line = NULL;
	event.cause = FW_CREATE_FORK;
	event.comm = "";
	expect_text(create_record(&event),
		"process_create         42  -                fork by 41: /bin/sh");
	expect_classic(create_record(&event), "Process 42 Created. Command line: /bin/sh");
	event = (struct create_event){ .pid = 2, .cause = FW_CREATE_FOUND, .comm = "kthread\x1b" };
	expect_text(create_record(&event),
		"process_create          2  kthread?         found: [kthread?]");
	expect_classic(create_record(&event), "Process 2 Created. Command line: [kthread?]");
}

static void process_exit(void **state)
{
	struct fw_process_exit_record *record = (void *)exit_record(42, 3765000000ull, "sh");

	(void)state;
	record->exit_code = 3;
	record->counters = (struct fw_counters){ 1500, 2, 0, 0 };
	expect_text(&record->header, "process_exit           42  sh               "
				     "code 3 after 1.235 s, 1.50 kB sent, 2 B received");
	expect_classic(&record->header, "Process 42 Exited. Code: 3");
	record->signal = 11;
	record->flags = FW_EVENT_CORE_DUMPED;
	record->start_ns = 0;
	expect_text(&record->header, "process_exit           42  sh               "
				     "ended by SIGSEGV (core dumped), 1.50 kB sent, 2 B received");
	expect_classic(&record->header, "Process 42 Exited. Code: 139");
}

static void others(void **state)
{
	(void)state;
	expect_text(thread_record(FW_RECORD_THREAD_CREATE, 42, 1, 43),
		"thread_create          42  worker           tid 43");
	expect_classic(thread_record(FW_RECORD_THREAD_CREATE, 42, 1, 43),
		"Thread 43 Created in process 42");
	expect_classic(thread_record(FW_RECORD_THREAD_EXIT, 42, 1, 43),
		"Thread 43 Exited from process 42");
	expect_text(image_record(42, "/lib/\x1b" "c.so"),
		"image_load             42  -                "
		"/lib/?c.so at 0x7f0000001000, size 0x2000");
	expect_classic(image_record(42, "/lib/libc.so.6"),
		"Image loaded into process 42 at address 0x7f0000001000, size: 0x2000, "
		"name: /lib/libc.so.6");
	expect_text(connection_record(FW_RECORD_CONNECTION_OPEN, 42, 1, "curl"),
		"connection_open        42  curl             "
		"tcp 192.0.2.1:40000 -> 198.51.100.7:443");
	expect_text(connection_record(FW_RECORD_CONNECTION_CLOSE, 0, 0, ""),
		"connection_close        -  -                "
		"tcp 192.0.2.1:40000 -> 198.51.100.7:443, 1 B sent, 2 B received");
	expect_classic(connection_record(FW_RECORD_CONNECTION_CLOSE, 42, 1, "curl"),
		"Connection closed of process 42: tcp 192.0.2.1:40000 to 198.51.100.7:443");
	expect_text(port_record(FW_RECORD_PORT_RELEASED, 42, 1, "named"),
		"port_released          42  named            udp [::1]:53");
	expect_classic(port_record(FW_RECORD_PORT_TAKEN, 42, 1, "named"),
		"Port taken by process 42: udp [::1]:53");
	expect_text(blocked_record(42, 1, "cu\x1brl", FW_BLOCKED_CONNECT),
		"blocked                42  cu?rl            "
		"connect by rule 3: tcp [::1]:40000 -> [::2]:443");
	expect_text(blocked_record(0, 0, "", FW_BLOCKED_CUT),
		"blocked                 -  -                "
		"cut by rule 3: tcp [::1]:40000 -> [::2]:443");
	expect_classic(blocked_record(42, 1, "curl", FW_BLOCKED_SEND),
		"Blocked by rule 3: send of process 42: tcp [::1]:40000 to [::2]:443");
}

static void losses(void **state)
{
	struct fw_loss_record *record = (void *)record_of(FW_RECORD_LOSS, sizeof(*record));

	(void)state;
	record->lost[FW_RECORD_PROCESS_CREATE] = 3;
	record->lost[FW_RECORD_IMAGE_LOAD] = UINT64_MAX;
	record->lost[14] = 1;
	expect_text(
		&record->header, "lost: 3 process_create, 18446744073709551615 image_load, 1 14");
	expect_classic(&record->header,
		"Lost: 3 process_create, 18446744073709551615 image_load, 1 14");
}

/* Whatever bytes a process chooses, a line is one line of valid UTF-8 without control
 * characters. */
static void is_safe(void **state)
{
	static const writer writers[] = { fw_event_text, fw_event_classic };
	char bytes[256];
	struct create_event event = shell;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	event.command_line = bytes;
	event.command_line_length = sizeof(bytes);
	event.exe = "\n";
	event.comm = "\xff\n";
	for (size_t i = 0; i < FW_ARRAY_SIZE(writers); i++) {
		char *line = writers[i](create_record(&event));

		assert_non_null(line);
		assert_true(fw_utf8_is_valid(line, strlen(line)));
		for (const char *at = line; *at; at++)
			assert_false(iscntrl((unsigned char)*at) && (unsigned char)*at < 0x80);
		assert_null(strstr(line, "\xc2\x85"));
		free(line);
	}
}

static void report(void **state)
{
	struct fw_reader_report counts = { 0 };
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	fw_event_report_print(file, &counts);
	fflush(file);
	assert_string_equal(text, "");
	counts.produced[FW_RECORD_IMAGE_LOAD] = 10;
	counts.delivered[FW_RECORD_IMAGE_LOAD] = 7;
	counts.lost[FW_RECORD_IMAGE_LOAD] = 3;
	fw_event_report_print(file, &counts);
	fclose(file);
	assert_string_equal(text, "type                  produced     delivered          lost\n"
				  "image_load                  10             7             3\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(process_create),
		cmocka_unit_test(process_exit),
		cmocka_unit_test(others),
		cmocka_unit_test(losses),
		cmocka_unit_test(is_safe),
		cmocka_unit_test(report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
