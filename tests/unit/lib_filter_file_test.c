/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files of addresses: every format, each thing that may be wrong at its exact place, and files that
 * are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowwatcher/filter_file.h"
#include "flowwatcher/names.h"

static const struct fw_filter_file_options plain_options;

static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static enum fw_status read_bytes(const char *text, size_t length,
	const struct fw_filter_file_options *options, struct fw_filter_file *file,
	struct fw_error *error)
{
	int fd = file_of(text, length);
	enum fw_status status = fw_filter_file_read_fd(fd, "FILE", options, file, error);

	close(fd);
	return status;
}

/* "eth0 both: 1.2.3.4@2 5.6.7.8@3 | ..." */
static const char *said(const struct fw_filter_file *file)
{
	static char text[4000];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *section = &file->sections[i];

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %s:", i ? " | " : "",
			section->adapter, fw_filter_direction_name(section->direction));
		for (size_t j = 0; j < section->list.count; j++) {
			char prefix[FW_FILTER_PREFIX_TEXT_SIZE];

			fw_filter_prefix_format(&section->list.prefixes[j], prefix, sizeof(prefix));
			at += (size_t)snprintf(text + at, sizeof(text) - at, " %s@%u", prefix,
				section->list.prefixes[j].line);
		}
	}
	return text;
}

static const struct {
	enum fw_filter_format format;
	const char *text, *said;
} accepted[] = {
	/* One address a line. */
	{ 0, "1.2.3.4\n", " both: 1.2.3.4@1" },
	{ 0, "1.2.3.4", " both: 1.2.3.4@1" },
	{ 0, "\n# x\n; y\n\t 1.2.3.4 \t\n\n::1\n", " both: 1.2.3.4@4 ::1@6" },
	{ 0, "1.2.3.4\r\n5.6.7.8\r\n\r\n", " both: 1.2.3.4@1 5.6.7.8@2" },
	{ 0,
		"\xef\xbb\xbf"
		"1.2.3.4\n",
		" both: 1.2.3.4@1" },
	{ 0, "\xef\xbb\xbf# x\n1.2.3.4\n", " both: 1.2.3.4@2" },
	{ 0, "9.9.9.9\n1.2.3.4\n9.9.9.9\n", " both: 1.2.3.4@2 9.9.9.9@1" },
	{ 0, "10.0.0.1-10.0.0.2\n", " both: 10.0.0.1@1 10.0.0.2@1" },
	{ 0, "10.0.0.0 - 10.0.0.3 ; x\n", " both: 10.0.0.0/30@1" },
	{ 0, "10.0.0.0- 10.0.0.3\n10.0.0.8 -10.0.0.11\n",
		" both: 10.0.0.0/30@1 10.0.0.8/30@2" },
	{ 0, "1.2.3.4 - host.example\n", " both: 1.2.3.4@1" },
	/* Netsets. */
	{ 0, "; Spamhaus\n1.2.3.0/24 ; SBL123\n5.6.7.8;SBL4\n9.9.9.9#x\n",
		" both: 1.2.3.0/24@2 5.6.7.8@3 9.9.9.9@4" },
	{ FW_FILTER_FORMAT_PLAIN, "1.2.3.4 ; [eth0]\n", " both: 1.2.3.4@1" },
	/* Words behind the address. */
	{ 0, "1.2.3.4 host.example other\n1.2.3.5\t10\n", " both: 1.2.3.4@1 1.2.3.5@2" },
	{ 0, "127.0.0.1\n0.0.0.0 # x\n::1 ; y\n127.0.0.0/8 z\n",
		" both: 0.0.0.0@2 127.0.0.0/8@4 ::1@3" },
	/* Classic. */
	{ 0, "# c\n\n  eth0  \n1.2.3.4 ; remark\n", "eth0 both: 1.2.3.4@4" },
	{ FW_FILTER_FORMAT_CLASSIC, "eth0\n1.2.3.4\n", "eth0 both: 1.2.3.4@2" },
	{ 0, "eth0 in\n1.2.3.4\n", "eth0 in: 1.2.3.4@2" },
	{ 0, "eth0 ; the first\n1.2.3.4\n", "eth0 both: 1.2.3.4@2" },
	{ 0, "veth* # all\n1.2.3.4\n", "veth* both: 1.2.3.4@2" },
	{ 0, "*\n1.2.3.4\n", "* both: 1.2.3.4@2" },
	{ 0, "eth0.100\n1.2.3.4\n", "eth0.100 both: 1.2.3.4@2" },
	{ 0, "br-0a1b2c3d\n1.2.3.4\n", "br-0a1b2c3d both: 1.2.3.4@2" },
	{ 0, "cafe\n1.2.3.4\n", "cafe both: 1.2.3.4@2" },
	{ 0, "add\n1.2.3.4\n", "add both: 1.2.3.4@2" },
	{ 0, "\\DEVICE\\{4D36E972}\n1.2.3.4\n", "\\DEVICE\\{4D36E972} both: 1.2.3.4@2" },
	/* Sections. */
	{ 0, "[eth0]\n1.2.3.4\n[eth1]\n5.6.7.8\n",
		"eth0 both: 1.2.3.4@2 | eth1 both: 5.6.7.8@4" },
	{ 0, "[eth0 in]\n1.2.3.4\n[ eth0\tout ] # x\n5.6.7.8\n",
		"eth0 in: 1.2.3.4@2 | eth0 out: 5.6.7.8@4" },
	{ 0, "adapter eth0 both ; x\n1.2.3.4\n", "eth0 both: 1.2.3.4@2" },
	{ 0, "[adapter eth0 out]\n1.2.3.4\n", "eth0 out: 1.2.3.4@2" },
	{ 0, "[in]\n1.2.3.4\n", "in both: 1.2.3.4@2" },
	{ 0, "[in in]\n1.2.3.4\n", "in in: 1.2.3.4@2" },
	{ 0, "[adapter adapter in]\n1.2.3.4\n", "adapter in: 1.2.3.4@2" },
	{ 0, "[4g0]\n1.2.3.4\n", "4g0 both: 1.2.3.4@2" },
	{ 0, "[Local Area Connection 2 in]\n1.2.3.4\n",
		"Local Area Connection 2 in: 1.2.3.4@2" },
	{ 0, "1.2.3.4\n[eth0]\n5.6.7.8\n", " both: 1.2.3.4@1 | eth0 both: 5.6.7.8@3" },
	{ 0, "eth0\n1.2.3.4\n[eth1]\n9.9.9.9\n[eth0]\n0.1.2.3\n",
		"eth0 both: 0.1.2.3@6 1.2.3.4@2 | eth1 both: 9.9.9.9@4" },
	/* Sets. */
	{ 0,
		"create bad hash:net family inet hashsize 1024 maxelem 65536\n"
		"add bad 1.2.3.0/24 timeout 0 comment \"no nomatch here\"\nadd bad "
		"5.6.7.8\n",
		" both: 1.2.3.0/24@2 5.6.7.8@3" },
	{ 0,
		"create a hash:ip\nadd a 1.2.3.4\ncreate b hash:net family inet6\nadd b "
		"2001:db8::/32\n",
		" both: 1.2.3.4@2 2001:db8::/32@4" },
	{ 0, "create a bitmap:ip range 10.0.0.0-10.0.0.255\nadd a 10.0.0.4-10.0.0.7\n",
		" both: 10.0.0.4/30@2" },
	{ FW_FILTER_FORMAT_IPSET,
		"ipset -exist create a hash:ip\nflush a\nipset add a 1.2.3.4 -exist\n"
		"swap a b\ndestroy b\nCOMMIT\n",
		" both: 1.2.3.4@3" },
	{ 0, "[eth0]\nadd a 1.2.3.4\n", "eth0 both: 1.2.3.4@2" },
};

static void formats(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(accepted); i++) {
		const struct fw_filter_file_options options = { .format = accepted[i].format };
		const char *text = accepted[i].text;
		struct fw_filter_file file;
		struct fw_error error = { FW_OK, "" };

		if (read_bytes(text, strlen(text), &options, &file, &error) != FW_OK)
			fail_msg("'%s': %s", text, error.text);
		assert_string_equal(said(&file), accepted[i].said);
		assert_string_equal(file.source, "FILE");
		fw_filter_file_done(&file);
	}
}

#define TEXT(text) text, sizeof(text) - 1

struct refusal {
	enum fw_filter_format format;
	const char *text;
	size_t length;
	const char *message; /* its beginning, and behind a '*' what follows somewhere */
	bool is_final;	     /* with skip_bad too */
};

static const struct refusal refused[] = {
	/* Nothing. */
	{ 0, TEXT(""), "FILE has no address in 0 lines*filter setdflt", true },
	{ 0, TEXT("\n# x\n"), "FILE has no address in 2 lines", true },
	{ 0, TEXT("eth0\n"),
		"FILE line 1: 'eth0': no address follows*setdflt --adapter eth0", true },
	{ 0, TEXT("[eth0]\n[eth1]\n1.2.3.4\n"), "FILE line 1: 'eth0': no address follows",
		true },
	{ 0, TEXT("create a hash:ip\n"), "FILE has no address in 1 lines", true },
	/* Addresses. */
	{ 0, TEXT("1.2.3.4\n  1.2.3.400 # x\n"),
		"FILE line 2 column 9: '  1.2.3.400 # x': a number of an IPv4 address is "
		"at most 255",
		false },
	{ 0, TEXT("\r\n1.2.3.4/24\r\n"),
		"FILE line 2 column 1: '1.2.3.4/24\\x0d': bits are set*write 1.2.3.0/24 "
		"for",
		false },
	{ 0, TEXT("9.9.9.9\n010.1.1.1\n"),
		"FILE line 2 column 1: '010.1.1.1': *leading zero", false },
	{ 0, TEXT("fe80::1%lo0 localhost\n"), "FILE line 1 column 8: *a zone", false },
	{ 0, TEXT("1.2.3.4, 5.6.7.8\n"),
		"FILE line 1 column 8: *one address, network or range a line", false },
	{ 0, TEXT("1.2.3.4 5.6.7.8\n"), "FILE line 1 column 9: *a second address", false },
	{ 0, TEXT("10.0.0.0 255.0.0.0\n"), "FILE line 1 column 10: *a second address",
		false },
	{ 0, TEXT("10.0.0.0 /8\n"), "FILE line 1 column 10: *no blank stands before",
		false },
	{ 0, TEXT("10.0.0.9 - 10.0.0.1\n"), "FILE line 1 column 12: *swap the two", false },
	{ 0, TEXT("1.2.3.4\neth1\n"), "FILE line 2 column 1: 'eth1': expected an address",
		false },
	{ 0, TEXT("4g0\n1.2.3.4\n"), "FILE line 1 column 1: '4g0': expected an address",
		false },
	{ 0, TEXT("fe80.1\n1.2.3.4\n"), "FILE line 1 column 1: *expected an address",
		false },
	{ 0, TEXT("http://host.example/list\n1.2.3.4\n"), "FILE line 1 column 1: *expected",
		false },
	{ 0, TEXT("<!DOCTYPE html>\n1.2.3.4\n"), "FILE line 1 column 1: *expected", false },
	{ 0, TEXT("ip,country\n1.2.3.4,XX\n9.9.9.9\n"), "FILE line 1 column 1: *expected",
		false },
	{ 0, TEXT("this is a list\n1.2.3.4\n"), "FILE line 1 column 1: *expected", false },
	/* Files of hosts. */
	{ 0, TEXT("0.0.0.0 host.example\n1.2.3.4\n"),
		"FILE line 1 column 9: *blocks the name of a host", false },
	{ 0, TEXT("127.0.0.1\tlocalhost\n1.2.3.4\n"),
		"FILE line 1 column 11: *name of a host", false },
	{ 0, TEXT("::1 localhost\n1.2.3.4\n"), "FILE line 1 column 5: *name of a host",
		false },
	{ 0, TEXT("255.255.255.255 broadcasthost\n1.2.3.4\n"),
		"FILE line 1 column 17: *host", false },
	/* Bytes. */
	{ 0, TEXT("1.2.3.4\n1.2\0.3.4\n"),
		"FILE line 2 column 4: '1.2\\x00.3.4': there is a zero byte", false },
	{ 0, TEXT("1.2.3.4 \0\n9.9.9.9\n"), "FILE line 1 column 9: *zero byte", false },
	{ 0, TEXT("\x1b[31m\n1.2.3.4\n"),
		"FILE line 1 column 1: '\\x1b[31m': this is no text", true },
	{ 0,
		TEXT("\xff\xfe"
		     "1\0.\0"),
		"FILE is UTF-16", true },
	{ 0,
		TEXT("1.2.3.4\n\xef\xbb\xbf"
		     "5.6.7.8\n"),
		"FILE line 2 column 1: '\\xef\\xbb\\xbf5.6", false },
	{ 0, TEXT("1.2.3.4\x1b\n9.9.9.9\n"), "FILE line 1 column 8: '1.2.3.4\\x1b': *",
		false },
	/* Sections. */
	{ 0, TEXT("[eth0\n1.2.3.4\n"), "FILE line 1 column 6: '[eth0': expected ']'",
		true },
	{ 0, TEXT("[]\n1.2.3.4\n"), "FILE line 1 column 2: *expected the name", true },
	{ 0, TEXT("[eth0] 1.2.3.4\n"), "FILE line 1 column 8: *only a remark", true },
	{ 0, TEXT("9.9.9.9\n[2001:db8::1]\n"), "FILE line 2 column 2: *without them",
		true },
	{ 0,
		TEXT("[0123456789012345678901234567890123456789012345678901234567890123]"
		     "\n1.2.3.4\n"),
		"FILE line 1 column 2: *too long", true },
	{ 0, TEXT("[e\xff]\n1.2.3.4\n"),
		"FILE line 1 column 2: '[e\\xff]': this is no text", true },
	{ 0, TEXT("[eth0]\n1.2.3.4\n[eth0 in]\n5.6.7.8\n"),
		"FILE line 3 column 1: '[eth0 in]': line 1 begins a list*direction both",
		true },
	{ 0, TEXT("eth0\n1.2.3.4\neth1\n5.6.7.8\n"),
		"FILE line 3 column 1: 'eth1': this is no address; if it names*[eth0]", true },
	{ 0, TEXT("eth0\n1.2.3.4\nhost.example\n"), "FILE line 3 column 1: *expected", false },
	{ FW_FILTER_FORMAT_CLASSIC, TEXT("1.2.3.4\n"),
		"FILE line 1 column 1: *names the adapter", true },
	{ FW_FILTER_FORMAT_CLASSIC, TEXT("::1\n"),
		"FILE line 1 column 1: *names the adapter", true },
	{ FW_FILTER_FORMAT_CLASSIC, TEXT("eth0\nadd a 1.2.3.4\n9.9.9.9\n"),
		"FILE line 2 column 1: *expected an address", false },
	{ FW_FILTER_FORMAT_PLAIN, TEXT("[eth0]\n1.2.3.4\n"),
		"FILE line 1 column 1: *names no adapters", true },
	{ FW_FILTER_FORMAT_PLAIN, TEXT("eth0\n1.2.3.4\n"),
		"FILE line 1 column 1: *expected an address", false },
	{ FW_FILTER_FORMAT_IPSET, TEXT("add a 9.9.9.9\n1.2.3.4\n"),
		"FILE line 2 column 1: *ipset save", false },
	/* Sets. */
	{ 0, TEXT("create a hash:net,port family inet\nadd a 1.2.3.4,tcp:80\n"),
		"FILE line 1 column 10: *type hash:net,port does not hold addresses alone",
		true },
	{ 0, TEXT("create a list:set\n"), "FILE line 1 column 10: *type list:set", true },
	{ 0, TEXT("create a hash:ip family inet netmask 24\n"),
		"FILE line 1 column 30: *with a mask", true },
	{ 0, TEXT("add a 1.2.3.4,tcp:80\nadd a 9.9.9.9\n"),
		"FILE line 1 column 14: *more than an address", false },
	{ 0, TEXT("add a 10.0.0.0/8\nadd a 10.1.0.0/16 timeout 5 nomatch\n"),
		"FILE line 2 column 29: *no exceptions", true },
	{ 0, TEXT("add a 10.1.0.0/8\nadd a 9.9.9.9\n"),
		"FILE line 1 column 7: *write 10.0.0.0/8", false },
	{ 0, TEXT("add a 10.1.0.0\ndel a 10.1.0.0\n"),
		"FILE line 2 column 5: *takes entries out", true },
	/* Everything. */
	{ 0, TEXT("1.1.1.1\n0.0.0.0/0\n"),
		"FILE line 2 column 1: '0.0.0.0/0': this drops all of ipv4*--force", true },
	{ 0, TEXT("::/0\n"), "FILE line 1 column 1: '::/0': this drops all of ipv6", true },
	{ 0, TEXT("::ffff:0:0/96\n"),
		"FILE line 1 column 1: '0.0.0.0/0': this drops all of ipv4", true },
	{ 0, TEXT("x\n0.0.0.0/1\n128.0.0.0-255.255.255.255\n"),
		"FILE: 2 prefixes, from '0.0.0.0/1' in line 2 on, together drop all of "
		"ipv4",
		true },
};

static bool has_message(const struct fw_error *error, const struct refusal *refusal)
{
	const char *star = strchr(refusal->message, '*');
	size_t begin = star ? (size_t)(star - refusal->message) : strlen(refusal->message);

	return !strncmp(error->text, refusal->message, begin) &&
	       (!star || strstr(error->text + begin, star + 1));
}

static void refuse(const struct refusal *refusal)
{
	const struct fw_filter_file_options options = { .format = refusal->format };
	struct fw_filter_file file = { .lines = 77 };
	struct fw_error error = { FW_OK, "" };

	assert_int_equal(
		read_bytes(refusal->text, refusal->length, &options, &file, &error), FW_MALFORMED);
	assert_int_equal(file.lines, 77);
	if (!has_message(&error, refusal))
		fail_msg("expected '%s', got '%s'", refusal->message, error.text);
}

static void refuse_what_is_final(const struct refusal *refusal)
{
	const struct fw_filter_file_options options = {
		.format = refusal->format, .skip_bad = true
	};
	struct fw_filter_file file = { 0 };
	struct fw_error error = { FW_OK, "" };

	if (read_bytes(refusal->text, refusal->length, &options, &file, &error) == FW_OK) {
		if (refusal->is_final)
			fail_msg("taken with skip_bad: '%s'", refusal->text);
		assert_true(file.skipped > 0);
		fw_filter_file_done(&file);
	} else if (!refusal->is_final) {
		assert_non_null(strstr(error.text, ", some of which were skipped"));
	} else if (!has_message(&error, refusal)) {
		fail_msg("with skip_bad: '%s'", error.text);
	}
}

static void refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(refused); i++) {
		refuse(&refused[i]);
		refuse_what_is_final(&refused[i]);
	}
}

struct notes {
	char text[2000];
};

static void keep_note(const struct fw_filter_note *note, void *argument)
{
	struct notes *notes = argument;
	size_t at = strlen(notes->text);

	snprintf(notes->text + at, sizeof(notes->text) - at, "%d %s %u:%u '%s' [%s@%u] %.20s\n",
		(int)note->kind, note->adapter, note->line, note->column, note->text, note->kept,
		note->kept_line, note->reason);
}

static void notes_are_told(void **state)
{
	static const char text[] = "eth0\n10.0.0.0/8\nbad one\n10.1.0.0/16\n10.0.0.0/8\n"
				   "10.2.0.0/16\n  10.3.0.0/16\n1.2.3.x\n9.9.9.9\n";
	struct notes notes = { "" };
	struct fw_filter_file_options options = {
		.skip_bad = true, .notes = 2, .note = keep_note, .argument = &notes
	};
	struct fw_filter_file file;

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &options, &file, NULL), FW_OK);
	assert_string_equal(said(&file), "eth0 both: 9.9.9.9@9 10.0.0.0/8@2");
	assert_string_equal(notes.text, "0 eth0 3:1 'bad one' [@0] expected an address,\n"
					"0 eth0 8:7 '1.2.3.x' [@0] expected an address,\n"
					"1 eth0 5:0 '10.0.0.0/8' [10.0.0.0/8@2] \n"
					"2 eth0 4:0 '10.1.0.0/16' [10.0.0.0/8@2] \n"
					"2 eth0 6:0 '10.2.0.0/16' [10.0.0.0/8@2] \n");
	assert_int_equal(file.lines, 9);
	assert_int_equal(file.skipped, 2);
	assert_int_equal(file.sections[0].entries, 6);
	assert_int_equal(file.sections[0].duplicates, 1);
	assert_int_equal(file.sections[0].contained, 3);
	assert_int_equal(file.sections[0].ipv4, 2);
	assert_int_equal(file.sections[0].ipv6, 0);
	assert_int_equal(file.sections[0].line, 1);
	fw_filter_file_done(&file);
}

static void options_hold(void **state)
{
	struct fw_filter_file_options options = { .direction = FW_FILTER_IN, .force = true };
	struct fw_filter_file file;

	(void)state;
	assert_int_equal(read_bytes(TEXT("0.0.0.0/0\n::/0\n[a]\n1.2.3.4\n[b out]\n5.6.7.8\n"),
				 &options, &file, NULL),
		FW_OK);
	assert_string_equal(said(&file),
		" in: 0.0.0.0/0@1 ::/0@2 | a in: 1.2.3.4@4 | b out: 5.6.7.8@6");
	assert_int_equal(file.sections[0].ipv4, 1);
	assert_int_equal(file.sections[0].ipv6, 1);
	fw_filter_file_done(&file);
}

/* Lines at the limit, beyond it, and without an end. */
static void long_lines(void **state)
{
	struct fw_filter_file_options options = { .skip_bad = true };
	struct fw_error error = { FW_OK, "" };
	size_t size = 40u << 20;
	char *text = malloc(size);
	struct fw_filter_file file;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', size);
	memcpy(text, "1.2.3.4", 7);
	text[FW_FILTER_LINE_SIZE] = '\n';
	memcpy(text + FW_FILTER_LINE_SIZE + 1, "5.6.7.8\n", 8);
	assert_int_equal(read_bytes(text, FW_FILTER_LINE_SIZE + 9, &plain_options, &file, NULL),
		FW_OK);
	assert_string_equal(said(&file), " both: 1.2.3.4@1 5.6.7.8@2");
	fw_filter_file_done(&file);

	for (size_t length = FW_FILTER_LINE_SIZE + 1; length < 1000000; length += 99991) {
		memset(text, ' ', length);
		memcpy(text, "1.2.3.4", 7);
		memcpy(text + length, "\n5.6.7.8\n", 9);
		assert_int_equal(read_bytes(text, length + 9, &plain_options, &file, &error),
			FW_MALFORMED);
		assert_non_null(strstr(error.text, "FILE line 1 column 4097: '1.2.3.4 "));
		assert_non_null(strstr(error.text, "...': the line is longer than 4096 bytes"));
		assert_int_equal(read_bytes(text, length + 9, &options, &file, NULL), FW_OK);
		assert_string_equal(said(&file), " both: 5.6.7.8@2");
		assert_int_equal(file.skipped, 1);
		fw_filter_file_done(&file);
		memset(text + length, ' ', 9);
	}
	assert_int_equal(read_bytes(text, size, &options, &file, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "the line is longer"));
	free(text);
}

/* Ten megabytes of anything: an error or a file, with every format. */
static void random_bytes(void **state)
{
	size_t size = 10u << 20;
	char *bytes = malloc(size);
	uint32_t random = 1;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++) {
		random = random * 1664525u + 1013904223u;
		bytes[i] = (char)(random >> 24);
	}
	for (int format = FW_FILTER_FORMAT_AUTO; format <= FW_FILTER_FORMAT_IPSET; format++) {
		struct fw_filter_file_options options = { .format = (enum fw_filter_format)format };
		struct fw_filter_file file;
		struct fw_error error = { FW_OK, "" };

		assert_int_equal(read_bytes(bytes, size, &options, &file, &error), FW_MALFORMED);
		assert_true(error.text[0] != '\0');
		options.skip_bad = true;
		assert_int_equal(read_bytes(bytes, size, &options, &file, &error), FW_MALFORMED);
	}
	free(bytes);
}

struct scratch {
	char directory[40];
	char path[60];
};

static void make_scratch(struct scratch *scratch)
{
	strcpy(scratch->directory, "/tmp/flowwatcher-list-XXXXXX");
	assert_non_null(mkdtemp(scratch->directory));
	snprintf(scratch->path, sizeof(scratch->path), "%s/list", scratch->directory);
}

static void remove_scratch(const struct scratch *scratch)
{
	unlink(scratch->path);
	rmdir(scratch->directory);
}

static void write_text(const char *path, const char *text, const char *mode)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* The callback of a line changes the file that is being read. */
static void append_to_file(const struct fw_filter_note *note, void *argument)
{
	write_text(argument, "5.6.7.8\n", "a");
}

static void touch_file(const struct fw_filter_note *note, void *argument)
{
	static const struct timespec times[2] = { { 1000000000, 0 }, { 1000000000, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, argument, times, 0), 0);
}

static void changed_files_are_refused(void **state)
{
	static const fw_filter_note_fn changes[] = { append_to_file, touch_file };
	struct fw_filter_file file = { .lines = 77 };
	struct scratch scratch;

	(void)state;
	make_scratch(&scratch);
	for (size_t i = 0; i < FW_ARRAY_SIZE(changes); i++) {
		struct fw_filter_file_options options = {
			.skip_bad = true, .notes = 1, .note = changes[i], .argument = scratch.path
		};
		struct fw_error error = { FW_OK, "" };

		write_text(scratch.path, "bad line\n1.2.3.4\n", "w");
		assert_int_equal(fw_filter_file_read(scratch.path, &options, &file, &error),
			FW_FAILED);
		assert_non_null(strstr(error.text, "changed while it was read"));
		assert_non_null(strstr(error.text, scratch.path));
		assert_int_equal(file.lines, 77);
		options.note = NULL;
		assert_int_equal(fw_filter_file_read(scratch.path, &options, &file, &error), FW_OK);
		assert_string_equal(file.source, scratch.path);
		fw_filter_file_done(&file);
		file.lines = 77;
	}
	remove_scratch(&scratch);
}

static void *feed(void *argument)
{
	write_text(argument, "eth0\n1.2.3.4\n", "w");
	return NULL;
}

static void things_that_are_no_files(void **state)
{
	struct fw_error error = { FW_OK, "" };
	struct fw_filter_file file;
	struct scratch scratch;
	pthread_t writer;

	(void)state;
	make_scratch(&scratch);
	assert_int_equal(fw_filter_file_read(scratch.path, &plain_options, &file, &error),
		FW_NOT_FOUND);
	assert_non_null(strstr(error.text, "cannot open /tmp/flowwatcher-list-"));
	assert_int_equal(fw_filter_file_read(scratch.directory, &plain_options, &file, &error),
		FW_FAILED);
	assert_non_null(strstr(error.text, "is a directory"));
	assert_int_equal(fw_filter_file_read("/dev/zero", &plain_options, &file, &error),
		FW_FAILED);
	assert_string_equal(error.text, "/dev/zero is a device; name a file");
	assert_int_equal(fw_filter_file_read("/dev/null", &plain_options, &file, &error),
		FW_MALFORMED);
	assert_non_null(strstr(error.text, "has no address in 0 lines"));

	assert_int_equal(mkfifo(scratch.path, 0600), 0);
	assert_int_equal(pthread_create(&writer, NULL, feed, scratch.path), 0);
	assert_int_equal(fw_filter_file_read(scratch.path, &plain_options, &file, &error), FW_OK);
	assert_string_equal(said(&file), "eth0 both: 1.2.3.4@2");
	pthread_join(writer, NULL);
	fw_filter_file_done(&file);
	remove_scratch(&scratch);
}

/* What is read can be written, and read as the same. */
static void writes(void **state)
{
	static const char *const adapters[] = { "eth0", "veth*", "in", "adapter", "Local Area 2",
		"a]b" };
	struct fw_filter_prefix prefix = {
		.address = { 10 }, .family = FW_FAMILY_IPV4, .length = 8
	};
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	struct fw_filter_file file;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(adapters); i++) {
		fw_filter_file_write_section(stream, adapters[i], 1 + (uint32_t)i % 3);
		fw_filter_file_write_prefix(stream, &prefix, i % 2 ? "line 7 of /x" : NULL);
	}
	fclose(stream);
	assert_int_equal(read_bytes(text, length, &plain_options, &file, NULL), FW_OK);
	assert_string_equal(said(&file),
		"eth0 in: 10.0.0.0/8@2 | veth* out: 10.0.0.0/8@4 | "
		"in both: 10.0.0.0/8@6 | adapter in: 10.0.0.0/8@8 | "
		"Local Area 2 out: 10.0.0.0/8@10 | a]b both: 10.0.0.0/8@12");
	fw_filter_file_done(&file);
	free(text);
}

static void words(void **state)
{
	struct fw_error error = { FW_OK, "" };
	enum fw_filter_format format = FW_FILTER_FORMAT_AUTO;
	uint32_t direction = 0;

	(void)state;
	assert_int_equal(fw_filter_format_parse("netset", &format, NULL), FW_OK);
	assert_int_equal(format, FW_FILTER_FORMAT_PLAIN);
	assert_int_equal(fw_filter_format_parse("classic", &format, NULL), FW_OK);
	assert_int_equal(format, FW_FILTER_FORMAT_CLASSIC);
	assert_int_equal(fw_filter_format_parse("csv", &format, &error), FW_USAGE);
	assert_non_null(strstr(error.text, "'csv' is no format of lists; choose auto"));
	assert_int_equal(fw_filter_direction_parse("out", &direction, NULL), FW_OK);
	assert_int_equal(direction, FW_FILTER_OUT);
	assert_int_equal(fw_filter_direction_parse("none", &direction, &error), FW_USAGE);
	assert_string_equal(error.text, "'none' is no direction; choose in, out or both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(refuses),
		cmocka_unit_test(notes_are_told),
		cmocka_unit_test(options_hold),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(changed_files_are_refused),
		cmocka_unit_test(things_that_are_no_files),
		cmocka_unit_test(writes),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
