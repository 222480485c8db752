/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules on the fake kernel: who they are about, what they refuse and deny, all or none, and rules
 * that are none. */
#include "abi/process_event.h"
#include "control_client.h"
#include "kernel/windows/process_row.h"
#include "kernel/windows/rule_table.h"

#define CURL "\\Device\\HarddiskVolume1\\Windows\\curl.exe"

static const struct fw_attempt connect_out = { .remote_address = { 192, 0, 2, 1 },
	.remote_port = 80,
	.protocol = 6,
	.family = FW_FAMILY_IPV4,
	.operation = FW_BLOCKED_CONNECT,
	.connection_id = 9 };

static uint32_t refuse(uint32_t pid, const struct fw_attempt *attempt)
{
	struct fw_process_state *process = fw_process_running_get(pid);
	uint32_t rule;

	NT_CHECK(process != NULL);
	rule = fw_rules_refuse(process, attempt);
	fw_process_put(process);
	return rule;
}

/* What its maker found out about the file comes back with the rule; rules of other targets have none. */
static void files_are_kept(void)
{
	struct fw_rule rules[] = { control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, CURL),
		control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "curl.exe") };
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(rules); i++) {
		rules[i].device = 7;
		rules[i].inode = 99;
	}
	NT_CHECK_EQUAL(control_add(handle, rules, FW_ARRAY_SIZE(rules)), STATUS_SUCCESS);
	NT_CHECK(rules[0].device == 7 && rules[0].inode == 99);
	NT_CHECK(!rules[1].device && !rules[1].inode);
	nt_close(handle);
	control_end();
}

static void exe_without_case_and_by_drive(void)
{
	static const char *const texts[] = { CURL, "\\DEVICE\\harddiskvolume1\\WINDOWS\\Curl.EXE",
		"C:\\windows\\CURL.exe", "s:\\curl.exe" };
	PEPROCESS curl;
	HANDLE handle;

	NT_CHECK(control_begin());
	nt_drive_set('C', "\\Device\\HarddiskVolume1");
	nt_drive_set('S', "\\?"
			  "?\\C:\\Windows");
	handle = control_open();
	curl = control_process(100, 4, CURL);
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(texts); i++) {
		struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, texts[i]);

		NT_CHECK_EQUAL(refuse(100, &connect_out), 0);
		NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
		NT_CHECK_EQUAL(rule.id, i + 1);
		NT_CHECK(rule.made_ns != 0);
		NT_CHECK_EQUAL(refuse(100, &connect_out), rule.id);
		NT_CHECK_EQUAL(refuse(4, &connect_out), 0);
		NT_CHECK_EQUAL(control_remove(handle, &rule.id, 1), STATUS_SUCCESS);
	}
	nt_process_exit(curl);
	nt_close(handle);
	control_end();
}

static void drives_that_lead_nowhere(void)
{
	struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, "X:\\a.exe");
	HANDLE handle;

	NT_CHECK(control_begin());
	nt_drive_set('L', "\\?"
			  "?\\L:\\x");
	handle = control_open();
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_OBJECT_PATH_NOT_FOUND);
	rule.text[0] = 'L'; /* leads to itself */
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_OBJECT_PATH_NOT_FOUND);
	rule = control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, "a.exe");
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_OBJECT_PATH_SYNTAX_BAD);
	nt_close(handle);
	control_end();
}

/* Children inherit a rule on a pid, those that were there before it too, and those of parents that
 * are gone. */
static void children_inherit(void)
{
	struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_PID, 100, "");
	PEPROCESS parent, child, grandchild, stranger;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	parent = control_process(100, 4, "\\parent.exe");
	stranger = control_process(400, 4, "\\stranger.exe");
	nt_process_become(parent);
	child = control_process(200, 100, "\\child.exe");
	nt_process_become(child);
	grandchild = control_process(300, 200, "\\grandchild.exe");
	nt_process_become(NULL);
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	NT_CHECK(rule.start_ns != 0);
	nt_process_exit(child);
	NT_CHECK_EQUAL(refuse(100, &connect_out), 1);
	NT_CHECK_EQUAL(refuse(300, &connect_out), 1);
	NT_CHECK_EQUAL(refuse(400, &connect_out), 0);
	rule.flags = FW_RULE_NO_CHILDREN;
	NT_CHECK_EQUAL(control_remove(handle, (uint32_t[]){ 1 }, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(refuse(100, &connect_out), 2);
	NT_CHECK_EQUAL(refuse(300, &connect_out), 0);
	nt_process_exit(parent);
	rule.start_ns = 0;
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_NOT_FOUND);
	nt_process_exit(grandchild);
	nt_process_exit(stranger);
	nt_close(handle);
	control_end();
}

static void addresses_in_the_other_notation(void)
{
	struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "System");
	struct fw_attempt mapped = connect_out;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	rule.prefix_family = FW_FAMILY_IPV4;
	rule.prefix[0] = 192;
	rule.prefix_length = 8;
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	mapped.family = FW_FAMILY_IPV6;
	memcpy(mapped.remote_address, (uint8_t[16]){ [10] = 255, 255, 192, 0, 2, 1 }, 16);
	NT_CHECK_EQUAL(refuse(4, &connect_out), 1);
	NT_CHECK_EQUAL(refuse(4, &mapped), 1);
	mapped.remote_address[12] = 10;
	NT_CHECK_EQUAL(refuse(4, &mapped), 0);
	nt_close(handle);
	control_end();
}

static struct fw_control_rule list_first(HANDLE handle)
{
	uint8_t buffer[sizeof(struct fw_control_rows) + sizeof(struct fw_control_rule)];
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	const struct fw_control_rows *rows = (const void *)buffer;
	struct fw_control_rule row = { 0 };

	NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_RULES, &cursor, sizeof(cursor), buffer,
			       sizeof(buffer), NULL),
		STATUS_SUCCESS);
	if (rows->count)
		memcpy(&row, rows + 1, sizeof(row));
	return row;
}

/* Refused calls are records each, refused datagrams the first of a flow; all of them are counted.
 */
static void refusals_are_told(void)
{
	struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "system");
	struct fw_attempt datagram = connect_out;
	struct fw_control_report report;
	struct fw_control_rule row;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(
		control_subscribe(handle, 1u << FW_RECORD_BLOCKED, 0, false), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	datagram.operation = FW_BLOCKED_SEND;
	datagram.bytes = 100;
	for (int i = 0; i < 5; i++) {
		NT_CHECK_EQUAL(refuse(4, &connect_out), 1);
		NT_CHECK_EQUAL(refuse(4, &datagram), 1);
	}
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_REPORT, NULL, 0, &report, sizeof(report), NULL),
		STATUS_SUCCESS);
	NT_CHECK_EQUAL(report.produced[FW_RECORD_BLOCKED], 6);
	row = list_first(handle);
	NT_CHECK_EQUAL(row.counters.hits, 10);
	NT_CHECK_EQUAL(row.counters.bytes, 500);
	NT_CHECK_EQUAL(row.counters.processes, 1);
	nt_close(handle);
	control_end();
}

static void denied(bool by_parent)
{
	struct fw_rule rule = by_parent ? control_rule(FW_RULE_DENY, FW_RULE_PID, 4, "")
					: control_rule(FW_RULE_DENY, FW_RULE_EXE, 0, CURL);
	const struct nt_process_options options = { .pid = 100, .parent_pid = 4, .image = CURL };
	struct fw_control_report report;
	NTSTATUS status = STATUS_SUCCESS;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, 0xfff, 0, false), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	NT_CHECK(!nt_process_create(&options, &status));
	NT_CHECK_EQUAL(status, STATUS_ACCESS_DENIED);
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_REPORT, NULL, 0, &report, sizeof(report), NULL),
		STATUS_SUCCESS);
	NT_CHECK_EQUAL(report.produced[FW_RECORD_BLOCKED], 1);
	NT_CHECK_EQUAL(report.produced[FW_RECORD_PROCESS_CREATE], 0);
	NT_CHECK_EQUAL(report.produced[FW_RECORD_PROCESS_EXIT], 0);
	NT_CHECK_EQUAL(control_remove(handle, &rule.id, 1), STATUS_SUCCESS);
	nt_process_exit(control_process(100, 4, CURL));
	nt_close(handle);
	control_end();
}

static void denied_by_image(void)
{
	denied(false);
}

static void denied_by_parent(void)
{
	denied(true);
}

static void rules_that_are_none(void)
{
	static const struct {
		struct fw_rule rule;
		NTSTATUS status;
	} rows[] = {
		{ { .action = 0, .target = FW_RULE_COMM, .last_port = 1, .text = "a" },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_LIMIT, .target = FW_RULE_COMM, .text = "a" },
			STATUS_INVALID_PARAMETER }, /* of nothing */
		{ { .action = FW_RULE_LIMIT,
			  .target = FW_RULE_COMM,
			  .text = "a",
			  .sent_rate = FW_RATE_MIN - 1 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_LIMIT,
			  .target = FW_RULE_COMM,
			  .text = "a",
			  .received_rate = FW_RATE_MAX + 1 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_LIMIT,
			  .target = FW_RULE_COMM,
			  .text = "a",
			  .sent_rate = FW_RATE_MIN,
			  .last_port = 1 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_LIMIT,
			  .target = FW_RULE_USER,
			  .sent_rate = FW_RATE_MIN },
			STATUS_NOT_SUPPORTED },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .last_port = 1,
			  .text = "a",
			  .sent_rate = FW_RATE_MIN },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK, .target = FW_RULE_USER, .last_port = 1 },
			STATUS_NOT_SUPPORTED },
		{ { .action = FW_RULE_BLOCK, .target = 99, .last_port = 1 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK, .target = FW_RULE_COMM, .last_port = 1 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .last_port = 1,
			  .text = "a",
			  .flags = 1u << 20 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .first_port = 2,
			  .last_port = 1,
			  .text = "a" },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .last_port = 1,
			  .text = "a",
			  .prefix_family = 4,
			  .prefix_length = 33 },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .last_port = 1,
			  .text = "a",
			  .prefix_family = 4,
			  .prefix = { 1 } },
			STATUS_INVALID_PARAMETER },
		{ { .action = FW_RULE_BLOCK, .target = FW_RULE_PID, .last_port = 1, .pid = 77 },
			STATUS_NOT_FOUND },
		{ { .action = FW_RULE_BLOCK,
			  .target = FW_RULE_COMM,
			  .last_port = 1,
			  .text = "a name that is longer than any that is shown" },
			STATUS_NAME_TOO_LONG },
	};
	struct fw_rule rule;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		rule = rows[i].rule;
		NT_CHECK_EQUAL(control_add(handle, &rule, 1), rows[i].status);
	}
	rule = control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, "");
	memset(rule.text, '\\', sizeof(rule.text));
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_INVALID_PARAMETER);
	memset(rule.text, 0xff, sizeof(rule.text) - 1);
	rule.text[0] = '\\';
	rule.text[FW_RULE_TEXT_SIZE - 1] = '\0';
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_NAME_TOO_LONG);
	nt_close(handle);
	control_end();
}

static void all_or_none(void)
{
	struct fw_rule rules[3] = { control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "a"),
		control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "b"),
		control_rule(FW_RULE_BLOCK, FW_RULE_PID, 77, "") };
	const uint32_t ids[] = { 1, 99 };
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_add(handle, rules, 3), STATUS_NOT_FOUND);
	NT_CHECK_EQUAL(list_first(handle).rule.id, 0);
	NT_CHECK_EQUAL(control_add(handle, rules, 2), STATUS_SUCCESS);
	NT_CHECK_EQUAL(rules[1].id, 2);
	NT_CHECK_EQUAL(control_remove(handle, ids, 2), STATUS_NOT_FOUND);
	NT_CHECK_EQUAL(list_first(handle).rule.id, 1);
	/* The same again keeps its number, one that ends at another time takes its place. */
	rules[0].id = 0;
	NT_CHECK_EQUAL(control_add(handle, rules, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(rules[0].id, 1);
	rules[0].ends_ns = UINT64_MAX;
	NT_CHECK_EQUAL(control_add(handle, rules, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(rules[0].id, 3);
	NT_CHECK_EQUAL(list_first(handle).rule.id, 2);
	nt_close(handle);
	control_end();
}

static struct fw_limit *limit_of(uint32_t pid, enum fw_limit_direction direction)
{
	struct fw_process_state *process = fw_process_running_get(pid);
	struct fw_limit *limit = fw_rules_limit(process, direction);

	fw_process_put(process);
	return limit;
}

/* The most specific limit counts, a new one takes the place of the old one, one that is gone is
 * kept by who still has something in it. */
static void limits_are_chosen(void)
{
	struct fw_rule wide = control_rule(FW_RULE_LIMIT, FW_RULE_COMM, 0, "a.exe");
	struct fw_rule narrow = control_rule(FW_RULE_LIMIT, FW_RULE_PID, 100, "");
	struct fw_limit *limit;
	PEPROCESS process;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	process = control_process(100, 4, "\\a.exe");
	wide.sent_rate = 5000;
	narrow.received_rate = 7000;
	NT_CHECK(!fw_rules_have_limits());
	NT_CHECK(!limit_of(100, FW_LIMIT_SEND));
	NT_CHECK_EQUAL(control_add(handle, &wide, 1), STATUS_SUCCESS);
	limit = limit_of(100, FW_LIMIT_SEND);
	NT_CHECK_EQUAL(limit->ways[FW_LIMIT_SEND].rate, 5000);
	fw_limit_charge(&limit->ways[FW_LIMIT_SEND], 400);
	NT_CHECK_EQUAL(list_first(handle).counters.sent, 400);
	NT_CHECK_EQUAL(list_first(handle).counters.processes, 1);
	fw_limit_put(limit);
	NT_CHECK(!limit_of(100, FW_LIMIT_RECEIVE));
	NT_CHECK(!limit_of(4, FW_LIMIT_SEND));
	NT_CHECK_EQUAL(control_add(handle, &narrow, 1), STATUS_SUCCESS);
	NT_CHECK(!limit_of(100, FW_LIMIT_SEND));
	limit = limit_of(100, FW_LIMIT_RECEIVE);
	NT_CHECK_EQUAL(limit->ways[FW_LIMIT_RECEIVE].rate, 7000);
	narrow.id = 0;
	NT_CHECK_EQUAL(control_add(handle, &narrow, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(narrow.id, 2);
	narrow.received_rate = 9000;
	narrow.id = 0;
	NT_CHECK_EQUAL(control_add(handle, &narrow, 1), STATUS_SUCCESS);
	NT_CHECK_EQUAL(narrow.id, 3);
	NT_CHECK(limit->retired && fw_limit_has_tokens(&limit->ways[FW_LIMIT_RECEIVE]));
	fw_limit_put(limit);
	limit = limit_of(100, FW_LIMIT_RECEIVE);
	NT_CHECK_EQUAL(limit->ways[FW_LIMIT_RECEIVE].rate, 9000);
	fw_limit_put(limit);
	NT_CHECK_EQUAL(control_remove(handle, (uint32_t[]){ 1, 3 }, 2), STATUS_SUCCESS);
	NT_CHECK(!fw_rules_have_limits());
	nt_process_exit(process);
	nt_close(handle);
	control_end();
}

/* What a second carried is the rate, as long as nothing comes after it. */
static void limits_say_their_rate(void)
{
	struct fw_rule rule = control_rule(FW_RULE_LIMIT, FW_RULE_COMM, 0, "a.exe");
	struct fw_limit *limit;
	PEPROCESS process;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	process = control_process(100, 4, "\\a.exe");
	rule.sent_rate = 5000;
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	limit = limit_of(100, FW_LIMIT_SEND);
	for (int i = 0; i < 20; i++) {
		fw_limit_charge(&limit->ways[FW_LIMIT_SEND], 500);
		nt_sleep_ms(100);
	}
	nt_sleep_ms(5000);
	NT_CHECK(list_first(handle).counters.sent_rate >= 4500);
	NT_CHECK(list_first(handle).counters.sent_rate <= 5500);
	fw_limit_put(limit);
	nt_process_exit(process);
	nt_close(handle);
	control_end();
}

static void no_more_than_so_many(void)
{
	struct fw_rule rules[FW_CONTROL_RULES_AT_ONCE];
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	for (uint32_t i = 0; i < 17; i++) {
		rules[i] = control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "a");
		rules[i].last_port = (uint16_t)i;
	}
	NT_CHECK_EQUAL(control_add(handle, rules, 17), STATUS_QUOTA_EXCEEDED);
	NT_CHECK_EQUAL(control_add(handle, rules, 16), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_add(handle, rules + 16, 1), STATUS_QUOTA_EXCEEDED);
	for (uint32_t batch = 0; batch < 4; batch++) {
		uint32_t count = batch < 3 ? FW_CONTROL_RULES_AT_ONCE : 240;
		char name[16];

		for (uint32_t i = 0; i < count; i++) {
			snprintf(name, sizeof(name), "n%u", batch * 256 + i);
			rules[i] = control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, name);
		}
		NT_CHECK_EQUAL(control_add(handle, rules, count), STATUS_SUCCESS);
	}
	rules[0] = control_rule(FW_RULE_BLOCK, FW_RULE_COMM, 0, "one more");
	NT_CHECK_EQUAL(control_add(handle, rules, 1), STATUS_QUOTA_EXCEEDED);
	NT_CHECK_EQUAL(refuse(4, &connect_out), 0);
	nt_close(handle);
	control_end();
}

static void everything_fails_once(void *context)
{
	struct fw_rule rules[2] = { control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, "C:\\a.exe"),
		control_rule(FW_RULE_DENY, FW_RULE_COMM, 0, "b.exe") };
	HANDLE handle;

	(void)context;
	if (!control_begin())
		return;
	nt_drive_set('C', "\\Device\\HarddiskVolume1");
	handle = control_open();
	if (handle) {
		NTSTATUS status = control_add(handle, rules, 2);

		nt_failures_pause();
		NT_CHECK_EQUAL(list_first(handle).rule.id, NT_SUCCESS(status) ? 1 : 0);
		nt_failures_resume();
		nt_close(handle);
	}
	control_end();
}

static void each_failure(void)
{
	NT_CHECK(nt_each_failure(everything_fails_once, NULL) > 10);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("a path matches without case, by the kernel's name or a drive",
		exe_without_case_and_by_drive);
	nt_test("what is known of a file is kept with its rule", files_are_kept);
	nt_test("drives that lead nowhere", drives_that_lead_nowhere);
	nt_test("children inherit a rule on a pid", children_inherit);
	nt_test("IPv4 in IPv6's notation", addresses_in_the_other_notation);
	nt_test("refusals are told and counted", refusals_are_told);
	nt_test("a process is denied by its image", denied_by_image);
	nt_test("a process is denied by its parent", denied_by_parent);
	nt_test("NT-24: rules that are none", rules_that_are_none);
	nt_test("all or none", all_or_none);
	nt_test("limits: which one counts, and its end", limits_are_chosen);
	nt_test("limits say their rate", limits_say_their_rate);
	nt_test("no more than so many", no_more_than_so_many);
	nt_test("each failure leaves all rules or none", each_failure);
	return nt_tests_end();
}
