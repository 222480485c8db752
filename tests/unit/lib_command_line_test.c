/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Arguments as records carry them: walked, joined, and quoted for a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/types.h"
#include "flowwatcher/command_line.h"

static const struct {
	const char *bytes;
	size_t length, count;
	const char *joined, *quoted;
} vectors[] = {
	{ NULL, 0, 0, "", "" },
	{ "ls", 3, 1, "ls", "ls" },
	{ "ls", 2, 1, "ls", "ls" }, /* cut: no zero byte at the end */
	{ "ls\0-l", 6, 2, "ls -l", "ls -l" },
	{ "ls\0-l", 5, 2, "ls -l", "ls -l" },
	{ "sh\0-c\0echo 'a b'", 17, 3, "sh -c echo 'a b'", "sh -c 'echo '\\''a b'\\'''" },
	{ "", 1, 1, "", "''" },
	{ "x\0", 3, 2, "x ", "x ''" },
	{ "\0\0", 2, 2, " ", "'' ''" },
	{ "a\nb\0\x1b[31m", 10, 2, "a\nb \x1b[31m", "$'a\\nb' $'\\x1b[31m'" },
	{ "\xff'\\\xc2\x85", 6, 1, "\xff'\\\xc2\x85", "$'\\xff\\'\\\\\\xc2\\x85'" },
	{ "\xc3\xa9", 3, 1, "\xc3\xa9", "'\xc3\xa9'" },
	{ "$HOME\0*\0~", 10, 3, "$HOME * ~", "'$HOME' '*' '~'" },
};

static void walks(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_arguments arguments =
			fw_arguments_of(vectors[i].bytes, vectors[i].length);
		const char *argument;
		size_t length, count = 0;

		while (fw_arguments_next(&arguments, &argument, &length)) {
			assert_null(memchr(argument, '\0', length));
			count++;
		}
		if (count != vectors[i].count)
			fail_msg("%zu arguments in vector %zu", count, i);
	}
}

static void joins(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		size_t length;
		char *line = fw_command_line_join(
			fw_arguments_of(vectors[i].bytes, vectors[i].length), &length);

		assert_non_null(line);
		assert_string_equal(line, vectors[i].joined);
		assert_int_equal(length, strlen(vectors[i].joined));
		free(line);
	}
}

static void quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		char *line =
			fw_command_line_quote(fw_arguments_of(vectors[i].bytes, vectors[i].length));

		assert_non_null(line);
		assert_string_equal(line, vectors[i].quoted);
		free(line);
	}
}

/* The worst that quoting can make of a text has room. */
static void has_room(void **state)
{
	static const char *const worst[] = { "\x01", "'", "\xff", "" };
	char *bytes = malloc(1000);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < FW_ARRAY_SIZE(worst); i++) {
		char *line;

		memset(bytes, worst[i][0], 1000);
		line = fw_command_line_quote(fw_arguments_of(bytes, 1000));
		assert_non_null(line);
		free(line);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks),
		cmocka_unit_test(joins),
		cmocka_unit_test(quotes),
		cmocka_unit_test(has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
