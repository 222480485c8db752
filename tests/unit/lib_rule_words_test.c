/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules from words and back, lines and files of them, and their JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/json_rules.h"
#include "flowwatcher/rule_file.h"
#include "tests/unit/json_expect.h"

static enum fw_status parse(const char *text, struct fw_rule_draft *draft, struct fw_error *error)
{
	char line[FW_RULE_LINE_SIZE];
	bool is_empty = false;
	enum fw_status status;

	snprintf(line, sizeof(line), "%s", text);
	status = fw_rule_line_parse(line, draft, &is_empty, error);
	assert_false(status == FW_OK && is_empty);
	return status;
}

/* Words that stay as they are, and words that are understood. */
static void words(void **state)
{
	static const struct {
		const char *line, *words; /* NULL: the same */
	} vectors[] = {
		{ "block exe:/usr/bin/curl", NULL },
		{ "block exe:/usr/bin/curl --to 10.0.0.0/8", NULL },
		{ "block exe:/usr/bin/curl --to [2001:db8::/32]:443", NULL },
		{ "block user:root --only-outgoing --force", "block user:root --only-outgoing" },
		{ "block user:0 --allow-loopback --only-incoming",
			"block user:root --only-incoming --allow-loopback" },
		{ "block user:4123456789", NULL },
		{ "block cgroup:/ ", "block cgroup:/" },
		{ "\tblock  cgroup:/a/b/ # why", "block cgroup:/a/b" },
		{ "block unit:ssh.service\r", "block unit:ssh.service" },
		{ "limit exe:/usr/bin/curl --up 1MB/s --down 2MB/s", NULL },
		{ "limit --up=1MB/s exe:/a --for 10min", "limit exe:/a --up 1MB/s" },
		{ "limit comm:x --down 800kbit/s --up none", "limit comm:x --down 100kB/s" },
		{ "block comm:'a b'", "block 'comm:a b'" },
		{ "block 'comm:a b'", NULL },
		{ "block \"comm:it's\"", "block 'comm:it'\\''s'" },
		{ "block comm:a\\ b", "block 'comm:a b'" },
		{ "block $'comm:\\n\\x1b\\\\\\''", "block $'comm:\\n\\x1b\\\\\\''" },
		{ "block comm:a#b", "block 'comm:a#b'" },
		{ "block comm:a-very-long-name", "block comm:a-very-long-nam" },
	};
	char text[FW_RULE_WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		struct fw_rule rules[FW_RULE_PEERS], again[FW_RULE_PEERS];
		struct fw_rule_draft draft;

		if (parse(vectors[i].line, &draft, &error) != FW_OK)
			fail_msg("%s: %s", vectors[i].line, error.text);
		assert_int_equal(fw_rule_draft_expand(&draft, 5, rules), 1);
		fw_rule_words(rules, text, sizeof(text));
		if (strcmp(text, vectors[i].words ? vectors[i].words : vectors[i].line))
			fail_msg("%s became %s", vectors[i].line, text);
		/* What was written is read as the same rule. */
		assert_int_equal(parse(text, &draft, NULL), FW_OK);
		rules[0].ends_ns = 0;
		assert_int_equal(fw_rule_draft_expand(&draft, 5, again), 1);
		assert_memory_equal(&rules[0], &again[0], sizeof(rules[0]));
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *line, *message;
	} vectors[] = {
		{ "watch", "a line begins with block, limit or deny" },
		{ "Block comm:a", "a line begins with block, limit or deny" },
		{ "block", "no target given" },
		{ "block curl", "is not a target" },
		{ "block ''", "is not a target" },
		{ "block pid:5", "outlives the process pid:5" },
		{ "block exe:curl", "does not begin with '/'" },
		{ "block user:nobody-of-this-name", "there is no user" },
		{ "block comm:a comm:b", "one target too many" },
		{ "block comm:a --to", "option '--to' needs a value" },
		{ "block comm:a --to 10.0.0.1/8", "write 10.0.0.0/8" },
		{ "block comm:a --up 1MB/s", "unknown option '--up'" },
		{ "block comm:a --json", "unknown option '--json'" },
		{ "block comm:a --", "unknown option '--'" },
		{ "block comm:a --force=1", "takes no value" },
		{ "block comm:a --only-incoming --only-outgoing", "contradict" },
		{ "block comm:a --no-children", "--no-children is for pid:" },
		{ "block comm:a --for 0", "between 1s and 3650d" },
		{ "block comm:a --for 9999d", "between 1s and 3650d" },
		{ "block comm:a --for soon", "is not a duration" },
		{ "limit comm:a", "nothing is limited" },
		{ "limit comm:a --up none", "nothing is limited" },
		{ "limit comm:a --up 0", "lets nothing through" },
		{ "limit comm:a --to 10.0.0.0/8", "unknown option '--to'" },
		{ "deny comm:a --to 10.0.0.0/8", "unknown option '--to'" },
		{ "deny pid:1 --no-children", "unknown option '--no-children'" },
		{ "limit comm:a --only-outgoing --up 1MB/s", "unknown option" },
		{ "block 'comm:a", "a quote that is not closed" },
		{ "block \"comm:a", "a quote that is not closed" },
		{ "block $'comm:a", "a quote that is not closed" },
		{ "block $'comm:\\q'", "an escape that is none of" },
		{ "block $'comm:\\x0", "an escape that is none of" },
		{ "block $'comm:\\x00'", "an escape that is none of" },
		{ "block $'comm:\\", "an escape that is none of" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		struct fw_rule_draft draft = { .peer_count = 42 };

		if (parse(vectors[i].line, &draft, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i].line);
		if (!strstr(error.text, vectors[i].message))
			fail_msg("'%s': %s", vectors[i].line, error.text);
		assert_int_equal(draft.peer_count, 42);
	}
}

static void peers(void **state)
{
	struct fw_rule rules[FW_RULE_PEERS];
	struct fw_rule_draft draft = { 0 };
	char line[FW_RULE_LINE_SIZE] = "block comm:a";
	struct fw_error error;

	(void)state;
	assert_int_equal(
		parse("block comm:a --to 10.0.0.0/8:1-9 --to ::1 --for 1m", &draft, NULL), FW_OK);
	assert_int_equal(fw_rule_draft_expand(&draft, 7, rules), 2);
	assert_int_equal(rules[0].prefix_family, FW_FAMILY_IPV4);
	assert_int_equal(rules[0].prefix_length, 8);
	assert_int_equal(rules[0].prefix[0], 10);
	assert_int_equal(rules[0].first_port, 1);
	assert_int_equal(rules[0].last_port, 9);
	assert_int_equal(rules[0].ends_ns, 60000000007ull);
	assert_int_equal(rules[1].prefix_length, 128);
	assert_int_equal(rules[1].last_port, FW_LAST_PORT);
	assert_false(fw_rule_blocks_all(rules));

	for (int i = 0; i < FW_RULE_PEERS; i++)
		strcat(line, " --to 10.0.0.1");
	assert_int_equal(parse(line, &draft, NULL), FW_OK);
	strcat(line, " --to 10.0.0.1");
	assert_int_equal(parse(line, &draft, &error), FW_USAGE);
	assert_non_null(strstr(error.text, "at most 16"));
}

static void targets(void **state)
{
	struct fw_rule a = { .action = FW_RULE_BLOCK }, b = { .action = FW_RULE_BLOCK };
	char path[FW_RULE_TEXT_SIZE + 16], text[FW_RULE_TARGET_SIZE];
	struct fw_error error;

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "exe:/", 5);
	path[4 + FW_RULE_TEXT_SIZE - 1] = '\0';
	assert_int_equal(fw_rule_set_target(&a, path, &error), FW_OK);
	assert_string_equal(fw_rule_target_text(&a, text, sizeof(text)), path);
	path[4 + FW_RULE_TEXT_SIZE - 1] = 'x';
	path[4 + FW_RULE_TEXT_SIZE] = '\0';
	assert_int_equal(fw_rule_set_target(&b, path, &error), FW_USAGE);
	assert_non_null(strstr(error.text, "511 bytes"));
	assert_int_equal(b.target, 0);

	assert_int_equal(fw_rule_set_target(&a, "pid:7", &error), FW_OK);
	assert_int_equal(fw_rule_set_target(&b, "pid:7", &error), FW_OK);
	b.start_ns = 5;
	assert_true(fw_rule_same_target(&a, &b));
	a.start_ns = 6;
	assert_false(fw_rule_same_target(&a, &b));
	assert_int_equal(fw_rule_set_target(&b, "user:7", &error), FW_OK);
	assert_false(fw_rule_same_target(&a, &b));
	assert_int_equal(fw_rule_set_target(&a, "exe:/a", &error), FW_OK);
	assert_int_equal(fw_rule_set_target(&b, "cgroup:/a", &error), FW_OK);
	assert_false(fw_rule_same_target(&a, &b));
	assert_int_equal(fw_rule_set_target(&b, "exe:/a/", &error), FW_OK);
	assert_true(fw_rule_same_target(&a, &b));
	b.target = 77;
	assert_string_equal(fw_rule_target_text(&b, text, sizeof(text)), "unknown:/a");
}

static enum fw_status read_file(const char *bytes, size_t size, struct fw_rule_file *rules,
	struct fw_error *error)
{
	FILE *file = fmemopen((void *)bytes, size, "r");
	enum fw_status status = fw_rule_file_read(file, "rules", 7, rules, error);

	fclose(file);
	if (status == FW_OK)
		status = fw_rule_file_check(rules, "rules", error);
	return status;
}

static void files(void **state)
{
	static const char good[] = "# a comment\n\n  # another\nblock comm:a --to ::1 --to ::2\n"
				   "limit comm:a --up 1MB/s --force";
	static const struct {
		const char *bytes, *message;
	} bad[] = {
		{ "block comm:a\nblock b\n", "rules line 2: 'block b': 'b' is not a target" },
		{ "block \x1b[2J", "rules line 1: 'block ?[2J': " },
		{ "limit comm:a --up 1MB/s\n\nblock comm:a\nlimit comm:a --down 1MB/s\n",
			"rules line 4: 'comm:a': line 1 limits this target already" },
	};
	struct fw_rule_file rules = { 0 };
	struct fw_error error;

	(void)state;
	assert_int_equal(read_file(good, sizeof(good) - 1, &rules, &error), FW_OK);
	assert_int_equal(rules.count, 3);
	assert_int_equal(rules.places[1].line, 4);
	assert_false(rules.places[1].force);
	assert_int_equal(rules.places[2].line, 5);
	assert_true(rules.places[2].force);
	fw_rule_file_done(&rules);
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_file(bad[i].bytes, strlen(bad[i].bytes), &rules, &error),
			FW_MALFORMED);
		if (!strstr(error.text, bad[i].message))
			fail_msg("%s", error.text);
		fw_rule_file_done(&rules);
	}
	assert_int_equal(read_file("block comm:a\0b\n", 15, &rules, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "zero byte"));
}

static void large_files(void **state)
{
	struct fw_rule_file rules = { 0 };
	struct fw_error error;
	char *bytes = NULL;
	size_t size;
	FILE *file = open_memstream(&bytes, &size);

	(void)state;
	for (int i = 0; i < 10000; i++)
		fprintf(file, "limit comm:c%d --up 1MB/s\n", i);
	fclose(file);
	assert_int_equal(read_file(bytes, size, &rules, &error), FW_OK);
	assert_int_equal(rules.count, 10000);
	fw_rule_file_done(&rules);
	memset(bytes, 'x', size);
	assert_int_equal(read_file(bytes, size, &rules, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "rules line 1"));
	assert_non_null(strstr(error.text, "too long"));
	free(bytes);
}

static void json(void **state)
{
	struct fw_rule_counters counters = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct fw_rule rules[FW_RULE_PEERS];
	struct fw_rule_draft draft;
	struct json_object *object;

	(void)state;
	assert_int_equal(parse("limit exe:/a --down 2MB/s", &draft, NULL), FW_OK);
	fw_rule_draft_expand(&draft, 0, rules);
	rules[0].id = 3;
	rules[0].made_ns = 5;
	object = round_trip(fw_json_rule(rules, &counters, 9));
	expect_text(object, "type", "rule");
	expect_number(object, "schema", 1);
	expect_number(object, "id", 3);
	expect_text(object, "action", "limit");
	expect_text(object, "target", "exe:/a");
	expect_null(object, "sent_rate");
	expect_number(object, "received_rate", 2000000);
	expect_number(object, "hits", 1);
	expect_number(object, "bytes", 2);
	expect_number(object, "dropped", 3);
	expect_number(object, "sent", 4);
	expect_number(object, "received", 5);
	expect_number(object, "current_sent_rate", 6);
	expect_number(object, "current_received_rate", 7);
	expect_number(object, "processes", 8);
	expect_null(object, "ends");
	assert_false(json_object_get_boolean(field(object, "file_exists")));
	expect_text(object, "words", "limit exe:/a --down 2MB/s");
	json_object_put(object);

	assert_int_equal(
		parse("block user:root --to 10.0.0.1:443 --only-outgoing", &draft, NULL), FW_OK);
	fw_rule_draft_expand(&draft, 0, rules);
	object = round_trip(fw_json_rule(rules, &counters, 9));
	expect_text(object, "action", "block");
	expect_text(object, "target", "user:root");
	expect_number(object, "uid", 0);
	expect_null(object, "sent_rate");
	expect_text(object, "to", "10.0.0.1:443");
	expect_text(object, "direction", "outgoing");
	assert_false(json_object_get_boolean(field(object, "allow_loopback")));
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(refuses),
		cmocka_unit_test(peers),
		cmocka_unit_test(targets),
		cmocka_unit_test(files),
		cmocka_unit_test(large_files),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
