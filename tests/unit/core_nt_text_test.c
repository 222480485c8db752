/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the Windows driver makes of texts: core/utf16_text.h and core/classic_line.h. */
#include "core/classic_line.h"
#include "core/utf16_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void to_utf8(void **state)
{
	static const struct {
		uint16_t units[4];
		uint32_t count, room;
		const char *text;
		bool cut;
	} rows[] = {
		{ { 'a', 0xe4, 0x20ac }, 3, 9, "a\xc3\xa4\xe2\x82\xac", false },
		{ { 0xd83d, 0xde00 }, 2, 4, "\xf0\x9f\x98\x80", false },
		{ { 0xd83d, 0xde00 }, 2, 3, "", true },
		{ { 0xd83d }, 1, 9, "\xef\xbf\xbd", false },
		{ { 0xde00, 'a' }, 2, 9, "\xef\xbf\xbd"
					 "a",
			false },
		{ { 0xd83d, 'a' }, 2, 9, "\xef\xbf\xbd"
					 "a",
			false },
		{ { 'a', 'b', 'c' }, 3, 2, "ab", true },
		{ { 0 }, 0, 0, "", false },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		char text[16] = { 0 };
		bool cut;

		assert_int_equal(
			fw_utf16_to_utf8(rows[i].units, rows[i].count, text, rows[i].room, &cut),
			strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(cut, rows[i].cut);
	}
}

static void tails(void **state)
{
	static const uint16_t text[] = { 'a', 0xd83d, 0xde00, 0xe4, 'b' };

	assert_int_equal(fw_utf16_tail(text, 5, 100), 0);
	assert_int_equal(fw_utf16_tail(text, 5, 8), 0);
	assert_int_equal(fw_utf16_tail(text, 5, 7), 1);
	assert_int_equal(fw_utf16_tail(text, 5, 6), 3);
	assert_int_equal(fw_utf16_tail(text, 5, 0), 5);
}

/* Every character there and back; what is no UTF-8 never becomes more units than it has bytes. */
static void there_and_back(void **state)
{
	for (uint32_t character = 1; character < 0x110000; character += character < 0x3000 ? 1 : 97) {
		char text[4];
		uint16_t units[2];
		uint32_t at = 0, count;
		bool cut;

		if ((character & ~0x7ffu) == 0xd800)
			continue;
		fw_utf8_put(text, character);
		count = fw_utf8_to_utf16(text, fw_utf8_size(character), units, 2, &cut);
		assert_int_equal(fw_utf16_next(units, count, &at), character);
		assert_int_equal(at, count);
	}
}

static void hostile_utf8(void **state)
{
	uint32_t random = 1;

	for (int i = 0; i < 200000; i++) {
		char text[6];
		uint16_t units[6];
		bool cut;

		for (size_t j = 0; j < sizeof(text); j++) {
			random = random * 1664525u + 1013904223u;
			text[j] = (char)(random >> 24);
		}
		assert_in_range(fw_utf8_to_utf16(text, 6, units, 6, &cut), 1, 6);
		assert_false(cut);
	}
}

static void classic_lines(void **state)
{
	static const uint64_t numbers[] = { 0, 239, 8927920, 9999999999ull, 123456789012345ull };
	static const uint32_t pids[] = { 0, 4, 1588, 123456 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(numbers); i++)
		for (size_t j = 0; j < FW_ARRAY_SIZE(pids); j++) {
			char line[FW_CLASSIC_LINE_SIZE], expected[FW_CLASSIC_LINE_SIZE];

			fw_classic_line(pids[j], numbers[i], numbers[4 - i], line);
			snprintf(expected, sizeof(expected),
				"[FlowWatcher] DumpNetworkUsage: Process Id: %4d, "
				"Sent: %10lld bytes / s Received: %10lld bytes / s.",
				(int)pids[j], (long long)numbers[i], (long long)numbers[4 - i]);
			assert_string_equal(line, expected);
		}
	assert_int_equal(fw_classic_rate(500, 500000000), 1000);
	assert_int_equal(fw_classic_rate(7, 0), 7);
	assert_int_equal(fw_classic_rate(UINT64_MAX, 1000000000), UINT64_MAX / 1000000 * 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_utf8),
		cmocka_unit_test(tails),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(hostile_utf8),
		cmocka_unit_test(classic_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
