/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Prefixes as they are written, ranges, and lists: order, merging, search and change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/prefix_order.h"
#include "flowwatcher/prefix_list.h"

static struct fw_filter_prefix parse(const char *text)
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	struct fw_error error = { FW_OK, "" };
	size_t count;

	if (fw_filter_prefix_parse(text, prefixes, &count, &error) != FW_OK)
		fail_msg("%s", error.text);
	assert_int_equal(count, 1);
	return prefixes[0];
}

/* All prefixes of a list with blanks between them. */
static const char *written(const struct fw_filter_prefix *prefixes, size_t count)
{
	static char text[20000];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		char prefix[FW_FILTER_PREFIX_TEXT_SIZE];

		fw_filter_prefix_format(&prefixes[i], prefix, sizeof(prefix));
		at += (size_t)snprintf(text + at, sizeof(text) - at, i ? " %s" : "%s", prefix);
	}
	return text;
}

/* A list of the words of `text`, lines counted from 1, in no order. */
static struct fw_prefix_list list_of(const char *text)
{
	struct fw_prefix_list list = { 0 };
	char words[1000], *rest = words, *word;
	uint32_t line = 0;

	snprintf(words, sizeof(words), "%s", text);
	while ((word = strsep(&rest, " ")))
		if (*word) {
			struct fw_filter_prefix prefix = parse(word);

			prefix.line = ++line;
			assert_true(fw_prefix_list_append(&list, &prefix));
		}
	return list;
}

static void accepts(void **state)
{
	static const struct {
		const char *text, *again; /* NULL: the same */
	} vectors[] = {
		{ "192.0.2.1", NULL },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "192.0.2.0/24", NULL },
		{ "0.0.0.0/0", NULL },
		{ "255.255.255.255", NULL },
		{ "128.0.0.0/1", NULL },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "2001:db8::/32", NULL },
		{ "2001:db8:8000::/33", NULL },
		{ "::/0", NULL },
		{ "::1/128", "::1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::ffff:c000:201", "192.0.2.1" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8" },
		{ "::ffff:0:0/96", "0.0.0.0/0" },
		{ "::ffff:1.2.3.4-::ffff:1.2.3.5", "1.2.3.4/31" },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "10.0.0.1-10.0.0.1", "10.0.0.1" },
		{ "10.0.0.1-10.0.0.6", "10.0.0.1 10.0.0.2/31 10.0.0.4/31 10.0.0.6" },
		{ "10.0.0.1 - 10.0.0.3", "10.0.0.1 10.0.0.2/31" },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0/0" },
		{ "255.255.255.254-255.255.255.255", "255.255.255.254/31" },
		{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0" },
		{ "2001:db8::1-2001:db8::4", "2001:db8::1 2001:db8::2/127 2001:db8::4" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
		struct fw_error error = { FW_OK, "" };
		size_t count = 0;

		if (fw_filter_prefix_parse(vectors[i].text, prefixes, &count, &error) != FW_OK)
			fail_msg("%s", error.text);
		assert_string_equal(written(prefixes, count),
			vectors[i].again ? vectors[i].again : vectors[i].text);
		for (size_t j = 0; j < count; j++)
			assert_true(fw_prefix_is_sound(&prefixes[j]));
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		int column; /* from 1 */
		const char *reason;
	} vectors[] = {
		{ "", 1, "expected an address" },
		{ "10", 1, "expected an address" },
		{ "10/8", 1, "expected an address" },
		{ "eth0", 1, "expected an address" },
		{ "host.example", 1, "expected an address" },
		{ "10.1.2", 7, "four numbers with '.' between" },
		{ "10.1.2/24", 7, "four numbers with '.' between" },
		{ "10.1.2.", 8, "expected an address" },
		{ "10.1.2.x", 8, "expected an address" },
		{ "10..2.3", 4, "expected an address" },
		{ "10.1.2.3.4", 9, "four numbers and no more" },
		{ "10.1.2.256", 8, "at most 255" },
		{ "10.1.2.99999999999999999999", 8, "at most 255" },
		{ "010.1.1.1", 1, "leading zero" },
		{ "10.1.1.08", 8, "leading zero" },
		{ "10.1.1.00", 8, "leading zero" },
		{ "10.1.2.3/8", 1,
			"write 10.0.0.0/8 for the network, 10.1.2.3 for the one address" },
		{ "10.1.2.3/31", 1, "write 10.1.2.2/31 for the network" },
		{ "10.1.2.3/0", 1, "write 0.0.0.0/0 for the network" },
		{ "::ffff:10.1.2.3/104", 1, "write 10.0.0.0/8 for the network, 10.1.2.3" },
		{ "2001:db8::1/64", 1, "write 2001:db8::/64 for the network, 2001:db8::1" },
		{ "10.0.0.0/33", 10, "from 0 to 32" },
		{ "10.0.0.0/", 10, "from 0 to 32" },
		{ "10.0.0.0/x", 10, "from 0 to 32" },
		{ "10.0.0.0/-1", 10, "from 0 to 32" },
		{ "10.0.0.0/08", 10, "from 0 to 32" },
		{ "10.0.0.0/255.0.0.0", 10, "from 0 to 32" },
		{ "10.0.0.0/24.0.0.0", 10, "from 0 to 32" },
		{ "10.0.0.0/99999999999999999999", 10, "from 0 to 32" },
		{ "2001:db8::/129", 12, "from 0 to 128" },
		{ "192.0.2.1:80", 10, "leave the port away" },
		{ "192.0.2.1,192.0.2.2", 10, "one address, network or range a line" },
		{ "192.0.2.1/32x", 13, "one address, network or range a line" },
		{ "fe80::1%eth0", 8, "a zone (%name)" },
		{ "fe80::1%eth0/64", 8, "a zone (%name)" },
		{ "2001:db8:::1", 1, "no IPv6 address" },
		{ "2001:db8", 1, "no IPv6 address" },
		{ "12345::", 1, "no IPv6 address" },
		{ "1:2:3:4:5:6:7:8:9", 1, "no IPv6 address" },
		{ "::1:2.3.4", 1, "no IPv6 address" },
		{ "2001:db8::g", 11, "one address, network or range a line" },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", 1, "too long" },
		{ "10.0.0.9-10.0.0.1", 10, "swap the two" },
		{ "10.0.0.1-::1", 10, "in the family in which it begins" },
		{ "::ffff:1.2.3.4-::1:0:0:0", 16, "in the family in which it begins" },
		{ "10.0.0.1-9", 10, "expected an address" },
		{ "10.0.0.1-", 10, "expected an address" },
		{ "10.0.0.0/24-10.0.1.0/24", 12, "one address, network or range a line" },
		{ "10.0.0.1-10.0.0.9/24", 18, "nothing else" },
		{ "10.0.0.1-10.0.0.9-10.0.0.11", 18, "nothing else" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
		struct fw_error error = { FW_OK, "" };
		char place[60];
		size_t count = 77;

		assert_int_equal(fw_filter_prefix_parse(vectors[i].text, prefixes, &count, &error),
			FW_USAGE);
		assert_int_equal(count, 77);
		snprintf(place, sizeof(place), "' at character %d: ", vectors[i].column);
		if (!strstr(error.text, vectors[i].reason) || !strstr(error.text, place))
			fail_msg("expected column %d and '%s', got: %s", vectors[i].column,
				vectors[i].reason, error.text);
	}
}

/* The range that takes the most prefixes. */
static void longest_range(void **state)
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	size_t count;

	(void)state;
	assert_int_equal(fw_filter_prefix_parse("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
				 prefixes, &count, NULL),
		FW_OK);
	assert_int_equal(count, FW_RANGE_PREFIXES);
	for (size_t i = 1; i < count; i++)
		assert_true(fw_prefix_may_follow(&prefixes[i - 1], &prefixes[i]));
	assert_int_equal(fw_filter_prefix_parse("0.0.0.1-255.255.255.254", prefixes, &count, NULL),
		FW_OK);
	assert_int_equal(count, 62);
}

struct merges {
	char text[1000];
};

static void note_merge(const struct fw_prefix_merge *merge, void *argument)
{
	struct merges *merges = argument;
	size_t at = strlen(merges->text);
	char out[FW_FILTER_PREFIX_TEXT_SIZE], kept[FW_FILTER_PREFIX_TEXT_SIZE];

	snprintf(merges->text + at, sizeof(merges->text) - at, "%s@%u<%s@%u ",
		fw_filter_prefix_format(merge->left_out, out, sizeof(out)), merge->left_out->line,
		fw_filter_prefix_format(merge->kept, kept, sizeof(kept)), merge->kept->line);
}

static void settles(void **state)
{
	static const struct {
		const char *text, *settled, *merges;
	} vectors[] = {
		{ "", "", "" },
		{ "1.2.3.4", "1.2.3.4", "" },
		{ "::1 9.9.9.9 1.2.3.4", "1.2.3.4 9.9.9.9 ::1", "" },
		{ "1.2.3.4 1.2.3.4 1.2.3.4", "1.2.3.4",
			"1.2.3.4@2<1.2.3.4@1 1.2.3.4@3<1.2.3.4@1 " },
		{ "10.1.2.3 10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8",
			"10.1.0.0/16@3<10.0.0.0/8@2 10.1.2.3@1<10.0.0.0/8@2 " },
		{ "10.0.0.0/9 10.128.0.0/9", "10.0.0.0/9 10.128.0.0/9", "" },
		{ "10.0.0.0/24 10.0.0.0 10.0.1.0 10.0.0.0/16", "10.0.0.0/16",
			"10.0.0.0/24@1<10.0.0.0/16@4 10.0.0.0@2<10.0.0.0/16@4 "
			"10.0.1.0@3<10.0.0.0/16@4 " },
		{ "::/0 0.0.0.0/0 1.2.3.4 ::1", "0.0.0.0/0 ::/0",
			"1.2.3.4@3<0.0.0.0/0@2 ::1@4<::/0@1 " },
		{ "2001:db8::/32 2001:db8::/48 2001:db9::", "2001:db8::/32 2001:db9::",
			"2001:db8::/48@2<2001:db8::/32@1 " },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_prefix_list list = list_of(vectors[i].text);
		struct merges merges = { "" };

		assert_int_equal(fw_prefix_list_settle(&list, note_merge, &merges, NULL), FW_OK);
		assert_string_equal(written(list.prefixes, list.count), vectors[i].settled);
		assert_string_equal(merges.text, vectors[i].merges);
		fw_prefix_list_done(&list);
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Few distinct addresses, so that much overlaps. */
static struct fw_filter_prefix random_prefix(uint32_t *random)
{
	bool is_ipv6 = next_random(random) % 4 == 0;
	uint32_t bits = is_ipv6 ? 128 : 32;
	struct fw_filter_prefix prefix = { .family = is_ipv6 ? FW_FAMILY_IPV6 : FW_FAMILY_IPV4 };

	prefix.length = (uint8_t)(bits - next_random(random) % 9);
	prefix.address[0] = is_ipv6 ? 0x20 : 10;
	prefix.address[is_ipv6 ? 14 : 2] = (uint8_t)(next_random(random) % 3);
	prefix.address[is_ipv6 ? 15 : 3] = (uint8_t)next_random(random);
	for (uint32_t bit = prefix.length; bit < bits; bit++)
		prefix.address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	assert_true(fw_prefix_is_sound(&prefix));
	return prefix;
}

static bool is_in_any(const struct fw_filter_prefix *prefixes, size_t count,
	const struct fw_filter_prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (fw_filter_prefix_contains(&prefixes[i], prefix))
			return true;
	return false;
}

/* Random lists: what settling, searching, adding and removing give is what looking at each would.
 */
static void agrees_with_looking_at_each(void **state)
{
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct fw_prefix_list raw = { 0 }, list = { 0 }, grown = { 0 };
		size_t count = next_random(&random) % 60;

		for (size_t i = 0; i < count; i++) {
			struct fw_filter_prefix prefix = random_prefix(&random);
			size_t replaced;
			enum fw_status status;

			assert_true(fw_prefix_list_append(&raw, &prefix));
			assert_true(fw_prefix_list_append(&list, &prefix));
			status = fw_prefix_list_add(&grown, &prefix, &replaced, NULL);
			assert_int_equal(status,
				is_in_any(raw.prefixes, i, &prefix) ? FW_EXISTS : FW_OK);
		}
		assert_int_equal(fw_prefix_list_settle(&list, NULL, NULL, NULL), FW_OK);
		assert_int_equal(list.count, grown.count);
		if (list.count)
			assert_memory_equal(list.prefixes, grown.prefixes,
				list.count * sizeof(*list.prefixes));
		for (size_t i = 1; i < list.count; i++)
			assert_true(fw_prefix_may_follow(&list.prefixes[i - 1], &list.prefixes[i]));
		for (int probe = 0; probe < 50; probe++) {
			struct fw_filter_prefix host = random_prefix(&random);
			const struct fw_filter_prefix *found;

			host.length = host.family == FW_FAMILY_IPV4 ? 32 : 128;
			found = fw_prefix_list_find(list.prefixes, list.count, host.family,
				host.address);
			assert_int_equal(found != NULL, is_in_any(raw.prefixes, raw.count, &host));
			if (found)
				assert_true(fw_filter_prefix_contains(found, &host));
		}
		while (list.count) {
			struct fw_filter_prefix gone =
				list.prefixes[next_random(&random) % list.count];

			assert_int_equal(fw_prefix_list_remove(&list, &gone, NULL), FW_OK);
			assert_false(is_in_any(list.prefixes, list.count, &gone));
			assert_int_equal(fw_prefix_list_remove(&list, &gone, NULL), FW_NOT_FOUND);
		}
		fw_prefix_list_done(&raw);
		fw_prefix_list_done(&list);
		fw_prefix_list_done(&grown);
	}
}

static void adds(void **state)
{
	static const struct {
		const char *list, *prefix;
		enum fw_status status;
		const char *result; /* the list, or what is said */
		size_t replaced;
	} vectors[] = {
		{ "", "1.2.3.4", FW_OK, "1.2.3.4", 0 },
		{ "1.2.3.4 9.9.9.9", "5.5.5.5", FW_OK, "1.2.3.4 5.5.5.5 9.9.9.9", 0 },
		{ "1.2.3.4 ::1", "::", FW_OK, "1.2.3.4 :: ::1", 0 },
		{ "9.9.9.9", "1.0.0.0/8", FW_OK, "1.0.0.0/8 9.9.9.9", 0 },
		{ "1.2.3.4 1.2.9.9 2.2.2.2", "1.0.0.0/8", FW_OK, "1.0.0.0/8 2.2.2.2", 2 },
		{ "1.2.3.4", "0.0.0.0/0", FW_OK, "0.0.0.0/0", 1 },
		{ "1.0.0.0/24", "1.0.0.0/23", FW_OK, "1.0.0.0/23", 1 },
		{ "1.0.0.0/23", "1.0.0.0/24", FW_EXISTS, "as part of 1.0.0.0/23", 0 },
		{ "1.0.0.0/8 2.0.0.0/8", "1.2.3.4", FW_EXISTS,
			"1.2.3.4 is in the list already, as part of 1.0.0.0/8", 0 },
		{ "1.2.3.4", "1.2.3.4", FW_EXISTS, "1.2.3.4 is in the list already", 0 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_prefix_list list = list_of(vectors[i].list);
		struct fw_filter_prefix prefix = parse(vectors[i].prefix);
		struct fw_error error = { FW_OK, "" };
		size_t replaced = 0;

		assert_int_equal(fw_prefix_list_add(&list, &prefix, &replaced, &error),
			vectors[i].status);
		assert_int_equal(replaced, vectors[i].replaced);
		if (vectors[i].status == FW_OK)
			assert_string_equal(written(list.prefixes, list.count), vectors[i].result);
		else
			assert_non_null(strstr(error.text, vectors[i].result));
		fw_prefix_list_done(&list);
	}
}

static void removes(void **state)
{
	static const struct {
		const char *list, *prefix;
		enum fw_status status;
		const char *result; /* the list, or what is said */
	} vectors[] = {
		{ "1.2.3.4", "1.2.3.4", FW_OK, "" },
		{ "1.2.3.4 5.5.5.5 ::1", "5.5.5.5", FW_OK, "1.2.3.4 ::1" },
		{ "", "1.2.3.4", FW_NOT_FOUND, "1.2.3.4 is not in the list" },
		{ "1.0.0.0/8", "1.2.3.4", FW_NOT_FOUND, "as part of 1.0.0.0/8; remove that" },
		{ "1.2.3.4 1.2.3.5", "1.0.0.0/8", FW_NOT_FOUND,
			"1.0.0.0/8 is not in the list, but 2 inside it, the first 1.2.3.4" },
		{ "1.0.0.0/8", "1.0.0.0/9", FW_NOT_FOUND, "as part of 1.0.0.0/8" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_prefix_list list = list_of(vectors[i].list);
		struct fw_filter_prefix prefix = parse(vectors[i].prefix);
		struct fw_error error = { FW_OK, "" };

		assert_int_equal(fw_prefix_list_remove(&list, &prefix, &error), vectors[i].status);
		if (vectors[i].status == FW_OK)
			assert_string_equal(written(list.prefixes, list.count), vectors[i].result);
		else
			assert_non_null(strstr(error.text, vectors[i].result));
		fw_prefix_list_done(&list);
	}
}

static void everything(void **state)
{
	static const struct {
		const char *list;
		bool ipv4, ipv6;
	} vectors[] = {
		{ "", false, false },
		{ "0.0.0.0/0", true, false },
		{ "::/0", false, true },
		{ "0.0.0.0/0 ::/0", true, true },
		{ "0.0.0.0/1 128.0.0.0/1", true, false },
		{ "0.0.0.0/1 128.0.0.0/2 192.0.0.0/2 ::/1", true, false },
		{ "0.0.0.0/1 192.0.0.0/2", false, false },
		{ "0.0.0.0/1 128.0.0.0/2", false, false },
		{ "128.0.0.0/1", false, false },
		{ "::/1 8000::/1", false, true },
		{ "::/1 8000::/2 c000::/3 e000::/3", false, true },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_prefix_list list = list_of(vectors[i].list);

		if (fw_prefix_list_is_everything(list.prefixes, list.count, FW_FAMILY_IPV4) !=
				vectors[i].ipv4 ||
			fw_prefix_list_is_everything(list.prefixes, list.count, FW_FAMILY_IPV6) !=
				vectors[i].ipv6)
			fail_msg("%s", vectors[i].list);
		fw_prefix_list_done(&list);
	}
}

/* What no reader makes but a kernel side must refuse. */
static void soundness(void **state)
{
	struct fw_filter_prefix good = parse("192.0.2.0/24"), bad;

	(void)state;
	bad = good;
	bad.address[3] = 1;
	assert_false(fw_prefix_is_sound(&bad));
	bad = good;
	bad.address[4] = 1;
	assert_false(fw_prefix_is_sound(&bad));
	bad = good;
	bad.length = 33;
	assert_false(fw_prefix_is_sound(&bad));
	bad = good;
	bad.family = 5;
	assert_false(fw_prefix_is_sound(&bad));
	bad = good;
	bad.reserved = 1;
	assert_false(fw_prefix_is_sound(&bad));
	bad = parse("2001:db8::/33");
	assert_true(fw_prefix_is_sound(&bad));
	bad.length = 129;
	assert_false(fw_prefix_is_sound(&bad));
	assert_false(fw_prefix_may_follow(&good, &good));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(longest_range),
		cmocka_unit_test(settles),
		cmocka_unit_test(agrees_with_looking_at_each),
		cmocka_unit_test(adds),
		cmocka_unit_test(removes),
		cmocka_unit_test(everything),
		cmocka_unit_test(soundness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
