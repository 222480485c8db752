/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* `flowwatcher.exe filter ...` and fwfilter.sys together: the commands' own code and their backend for Windows ask the
 * driver, whose adapter then gets packets. What a command says and what becomes of packets must agree. */
#include "client_channel.h"
#include "filter_client.h"
#include "nt_information.h"

#include "backend/windows/windows_backend.h"
#include "cli/interrupt.h"
#include "lib/host/network_adapters.h"
#include "tests/unit/command_run.h"
#include "tests/unit/work_folder.h"

#include <unistd.h>

#define INSIDE	0x0a000005u /* 10.0.0.5 */
#define OUTSIDE 0xc0000207u /* 192.0.2.7 */
#define OURS	0xc6336401u

const struct fw_command *const tested_commands[] = { &fw_command_filter, NULL };

static struct filter_stack stack;
static struct fake_adapter *second;
static bool is_over; /* for who follows */
static unsigned waits;

bool fw_interrupt_begin(void)
{
	is_over = false;
	waits = 0;
	return true;
}

void fw_interrupt_restore(void)
{
}

bool fw_interrupt_wait(uint64_t until_ns)
{
	(void)until_ns;
	return true;
}

bool fw_interrupt_came(void)
{
	return is_over;
}

bool fw_interrupt_writable(int fd)
{
	(void)fd;
	return true;
}

uint64_t fw_monotonic_ns(void)
{
	return 0;
}

/* The other driver; no command about filters asks it. */
enum fw_status fw_windows_open(struct fw_backend **backend, struct fw_error *error)
{
	(void)backend;
	(void)error;
	NT_CHECK(!"flowwatcher.sys is asked");
	return FW_NOT_FOUND;
}

/* As Windows has them: connections by GUID, with a name for users. */
enum fw_status fw_network_adapters(fw_network_adapter_fn row, void *argument, struct fw_error *error)
{
	static const struct fw_network_adapter adapters[] = {
		{ .name = "{A}", .alias = "Office", .address_count = 1,
			.addresses = { { .address = { 198, 51, 100, 1 }, .family = FW_FAMILY_IPV4, .length = 24 } } },
		{ .name = "{B}", .alias = "Second" },
	};

	(void)error;
	for (size_t i = 0; i < FW_ARRAY_SIZE(adapters); i++)
		if (!row(&adapters[i], argument))
			return FW_STOPPED;
	return FW_OK;
}

static void begin(void)
{
	memset(&stack, 0, sizeof(stack));
	stack.ndis.packet_stacks = 2;
	nt_kernel_start(NULL);
	NT_CHECK(filter_begin(&stack));
	make_folder(NULL);
}

static void end(void)
{
	NT_CHECK_EQUAL(client_channels(), 0);
	unlink(path);
	remove_folder(NULL);
	filter_end(&stack);
	nt_kernel_stop();
}

static void must(const char *command, int code)
{
	int ended = run("%s", command);

	if (ended != code)
		fprintf(stderr, "%s: %d\n%s%s", command, ended, output, errors);
	NT_CHECK_EQUAL(ended, code);
}

/* `set` of these lines. */
static void set_lines(const char *lines, int code)
{
	char command[256];

	write_file(lines);
	snprintf(command, sizeof(command), "filter set %s", path);
	must(command, code);
}

static bool comes_in(uint32_t from)
{
	struct fake_record *record = fake_binding_received(stack.binding);
	unsigned before = record->count;
	uint8_t frame[128];

	NT_CHECK(fake_adapter_packet(stack.adapter, frame, filter_frame4(frame, from, OURS), NULL, false));
	return record->count != before;
}

static bool goes_out(uint32_t to)
{
	unsigned before = fake_adapter_sent(stack.adapter)->count;
	uint8_t frame[128];

	NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, OURS, to), NULL));
	fake_binding_wait(stack.binding);
	return fake_adapter_sent(stack.adapter)->count != before;
}

static void adapters_are_listed(void)
{
	begin();
	must("filter enum", 0);
	expect(output, "{A}");
	expect(output, "Office");
	expect(output, "ethernet");
	must("filter enum --json", 0);
	expect(output, "\"name\":\"{A}\"");
	expect(output, "\"alias\":\"Office\"");
	expect(output, "\"198.51.100.1/24\"");
	expect(output, "\"carrier\":true");
	end();
}

static void lists_come_and_go(void)
{
	begin();
	set_lines("[{A} in]\n10.0.0.0/8\n2001:db8::/32\n[{A} out]\n192.0.2.0/24\n", 0);
	NT_CHECK(!comes_in(INSIDE) && comes_in(OUTSIDE));
	NT_CHECK(goes_out(INSIDE) && !goes_out(OUTSIDE));
	must("filter get", 0);
	expect(output, "10.0.0.0/8");
	expect(output, "2001:db8::/32");
	expect(output, "192.0.2.0/24");
	/* What users call it, in any case. */
	must("filter add --adapter office --direction in 192.0.2.7", 0);
	NT_CHECK(!comes_in(OUTSIDE));
	must("filter remove --adapter {A} --direction in 10.0.0.0/8", 0);
	NT_CHECK(comes_in(INSIDE) && !comes_in(OUTSIDE));
	must("filter setdflt --adapter {A}", 0);
	NT_CHECK(comes_in(INSIDE) && comes_in(OUTSIDE) && goes_out(INSIDE) && goes_out(OUTSIDE));
	must("filter get", 0);
	NT_CHECK(!strstr(output, "192.0.2"));
	end();
}

static void says_what_packets_do(void)
{
	begin();
	set_lines("{A}\n10.0.0.0/8\n", 0);
	must("filter test --adapter {A} 10.0.0.5 192.0.2.7", 10); /* not all pass */
	expect(output, "10.0.0.5: {A} in and out: dropped by 10.0.0.0/8");
	expect(output, "192.0.2.7: {A} in and out: passes");
	NT_CHECK(!comes_in(INSIDE) && !comes_in(INSIDE) && comes_in(OUTSIDE) && !goes_out(INSIDE));
	must("filter stats --json", 0);
	expect(output, "\"dropped_packets\":2");
	expect(output, "\"dropped_packets\":1");
	must("filter stats --top 5 --json", 0);
	expect(output, "\"prefix\":\"10.0.0.0/8\"");
	/* By place: send, look-ahead, whole packets. */
	must("filter stats", 0);
	expect(output, "send");
	end();
}

/* Refused by the command or by the driver: what was in force stays so. */
static void what_is_wrong_changes_nothing(void)
{
	begin();
	set_lines("{A}\n10.0.0.0/8\n", 0);
	set_lines("[{A}]\n192.0.2.0/24\n[{C}]\n192.0.2.0/24\n", 1);
	expect(errors, "there is no adapter {C} here; 'flowwatcher filter enum' lists them");
	NT_CHECK(!comes_in(INSIDE) && comes_in(OUTSIDE));
	set_lines("{A}\n192.0.2.0/24\n192.0.2.1/24\n", 1);
	NT_CHECK(!comes_in(INSIDE) && comes_in(OUTSIDE));
	must("filter remove --adapter {A} 192.0.2.0/24", 1);
	must("filter query --adapter {C} 0x00010107", 1);
	must("filter query --adapter {A} OID_GEN_LINK_SPEED", 0);
	nt_token_set(NT_TOKEN_USER);
	must("filter setdflt --adapter {A}", 3); /* denied */
	nt_token_set(NT_TOKEN_OF_PROCESS);
	NT_CHECK(!comes_in(INSIDE) && comes_in(OUTSIDE));
	end();
}

/* More than one request takes; the driver refuses what is not in order, so they were. */
static void many_prefixes(void)
{
	char *lines = malloc(4u << 20), *at = lines;
	const uint32_t count = 70000;

	begin();
	at += sprintf(at, "{A}\n");
	for (uint32_t i = 0; i < count; i++)
		at += sprintf(at, "11.%u.%u.%u\n", (i * 7919 % count) >> 15, (i * 7919 % count) >> 7 & 255,
			(i * 7919 % count) << 1 & 255);
	at += sprintf(at, "2001:db8::5\n");
	set_lines(lines, 0);
	expect(output, "70001 prefixes (70000 IPv4, 1 IPv6)");
	for (uint32_t i = 0; i < count; i += 997) {
		uint32_t address = 0x0b000000u | (i >> 15) << 16 | (i >> 7 & 255) << 8 | (i << 1 & 255);

		NT_CHECK(!comes_in(address) && comes_in(address + 1));
	}
	must("filter get --json", 0);
	free(lines);
	end();
}

/* While somebody follows with a file: {B} comes, has its list at once, and goes. */
static void second_comes_and_goes(void)
{
	static const struct fake_adapter_options options = { .name = "\\Device\\{B}", .instance = "Second Adapter" };
	struct fake_binding *binding;
	uint8_t frame[128];

	switch (waits++) {
	case 5:
		second = fake_adapter_new(&options);
		break;
	case 40:
		binding = fake_protocol_binding(stack.protocol, "\\Device\\Upper-{B}");
		NT_CHECK(binding != NULL);
		NT_CHECK(fake_binding_send(binding, frame, filter_frame4(frame, OURS, INSIDE), NULL));
		NT_CHECK(fake_binding_send(binding, frame, filter_frame4(frame, OURS, OUTSIDE), NULL));
		fake_binding_wait(binding);
		NT_CHECK_EQUAL(fake_adapter_sent(second)->count, 1);
		fake_adapter_free(second);
		break;
	case 80:
		is_over = true;
		break;
	}
}

static void followed(void *context)
{
	char command[256];

	(void)context;
	NT_CHECK(filter_begin(&stack));
	write_file("[{A}]\n10.0.0.0/8\n[{B} out]\n10.0.0.0/8\n");
	client_waits = second_comes_and_goes;
	snprintf(command, sizeof(command), "filter follow %s", path);
	must(command, 0);
	client_waits = NULL;
	NT_CHECK(!comes_in(INSIDE) && comes_in(OUTSIDE));
	expect(errors, "there is no {B} yet");
	expect(output, "appeared  {B}");
	expect(output, "vanished  {B}");
	NT_CHECK_EQUAL(client_channels(), 0);
	filter_end(&stack);
}

static void adapters_are_followed(void)
{
	memset(&stack, 0, sizeof(stack));
	stack.ndis.packet_stacks = 2;
	make_folder(NULL);
	nt_each_seed(1, 20, followed, NULL);
	unlink(path);
	remove_folder(NULL);
}

static unsigned refused; /* of the replacements below */

static void replace(void)
{
	int code;

	write_file("{A}\n192.0.2.0/24\n");
	nt_failures_resume();
	code = run("filter set %s", path);
	nt_failures_pause();
	/* 3: a token could not be read, so that nobody knows who asks. */
	NT_CHECK(code == 0 || ((code == 1 || code == 3) && errors[0] != '\0'));
	NT_CHECK_EQUAL(comes_in(INSIDE), !code);
	NT_CHECK_EQUAL(comes_in(OUTSIDE), code != 0);
	NT_CHECK_EQUAL(client_channels(), 0);
	refused += code != 0;
}

/* Whatever of the driver's fails while a list is replaced: the old one is in force, or the new one. Where it failed for
 * a thread of NT's before that, there is no driver, or no device. */
static void replaced_with_failures(void *context)
{
	bool has_begun;

	(void)context;
	nt_kernel_start(NULL);
	nt_failures_pause();
	has_begun = filter_begin(&stack);
	write_file("{A}\n10.0.0.0/8\n");
	if (has_begun && run("filter set %s", path) == 0)
		replace();
	if (has_begun)
		filter_end(&stack);
	nt_failures_resume();
	nt_kernel_stop();
}

static void each_failure(void)
{
	memset(&stack, 0, sizeof(stack));
	stack.ndis.packet_stacks = 2;
	make_folder(NULL);
	nt_each_failure(replaced_with_failures, NULL);
	NT_CHECK(refused > 5);
	unlink(path);
	remove_folder(NULL);
}

static void without_a_driver(void)
{
	nt_kernel_start(NULL);
	must("filter enum", 1);
	expect(errors, "opening the driver");
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("filter enum lists what the driver has bound, by the names that users know", adapters_are_listed);
	nt_test("filter set, add, remove, setdflt and get: packets are judged so", lists_come_and_go);
	nt_test("filter test and stats say what packets do", says_what_packets_do);
	nt_test("what is refused changes nothing", what_is_wrong_changes_nothing);
	nt_test("filter set brings many prefixes in order", many_prefixes);
	nt_test("filter follow gives an adapter its list as it comes", adapters_are_followed);
	nt_test("each failure while a list is replaced leaves one of the two", each_failure);
	nt_test("without the driver every command says so", without_a_driver);
	return nt_tests_end();
}
