/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* UTF-8 by RFC 3629, base64 by RFC 4648, and what a terminal may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "abi/flow.h"
#include "flowwatcher/text_codec.h"

#define BAD "\xef\xbf\xbd"

static void utf8(void **state)
{
	static const struct {
		const char *bytes, *replaced;
	} vectors[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
			"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xff", BAD },
		{ "a\x80z", "a" BAD "z" },
		{ "\xc3", BAD },
		{ "\xc3(", BAD "(" },
		{ "\xc0\xaf", BAD BAD },		  /* overlong '/' */
		{ "\xe0\x80\xaf", BAD BAD BAD },	  /* the same in three bytes */
		{ "\xed\xa0\x80", BAD BAD BAD },	  /* a surrogate */
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD }, /* beyond U+10FFFF */
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xe2\x82", BAD BAD },
		{ "\x7f\x01", "\x7f\x01" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		const char *bytes = vectors[i].bytes;

		assert_int_equal(fw_utf8_replace(bytes, strlen(bytes), text),
			strlen(vectors[i].replaced));
		assert_string_equal(text, vectors[i].replaced);
		assert_int_equal(fw_utf8_is_valid(bytes, strlen(bytes)),
			strcmp(bytes, vectors[i].replaced) == 0);
	}
	assert_true(fw_utf8_is_valid("a\0b", 3));
}

static void base64(void **state)
{
	static const struct {
		const char *bytes, *text;
	} vectors[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xff\xfe\xfd", "//79" },
		{ "\xfb\xef", "++8=" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		size_t length = strlen(vectors[i].bytes);

		assert_int_equal(fw_base64_encode(vectors[i].bytes, length, text),
			strlen(vectors[i].text));
		assert_string_equal(text, vectors[i].text);
		assert_true(strlen(text) < FW_BASE64_SIZE(length));
	}
}

static void printable(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} vectors[] = {
		{ "plain", 16, "plain" },
		{ "\033[31mred", 16, "?[31mred" },
		{ "a\nb\tc\x7f", 16, "a?b?c?" },
		{ "\xc2\x9b""1m", 16, "?1m" }, /* CSI as one C1 character */
		{ "\xff\xc3\xa9", 16, "?\xc3\xa9" },
		{ "abcdef", 4, "abc" },
		{ "ab\xc3\xa9", 4, "ab" }, /* no room for the whole character */
		{ "ab\xc3\xa9", 5, "ab\xc3\xa9" },
		{ "x", 1, "" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		const char *bytes = vectors[i].bytes;

		assert_int_equal(fw_text_printable(bytes, strlen(bytes), text, vectors[i].size),
			strlen(vectors[i].text));
		assert_string_equal(text, vectors[i].text);
	}
	assert_int_equal(fw_text_printable("x", 1, NULL, 0), 0);
}

static void columns(void **state)
{
	(void)state;
	assert_int_equal(fw_text_columns(""), 0);
	assert_int_equal(fw_text_columns("abc"), 3);
	assert_int_equal(fw_text_columns("caf\xc3\xa9"), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8),
		cmocka_unit_test(base64),
		cmocka_unit_test(printable),
		cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
