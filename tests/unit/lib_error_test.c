/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Statuses, their exit codes, and messages that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "abi/flow.h"
#include "flowwatcher/error.h"

static void exit_codes(void **state)
{
	static const struct {
		enum fw_status status;
		int code;
	} vectors[] = {
		{ FW_OK, 0 },	   { FW_FAILED, 1 },	{ FW_USAGE, 2 },     { FW_DENIED, 3 },
		{ FW_UNSUPPORTED, 4 }, { FW_LOST, 5 },	{ FW_NO_MEMORY, 1 }, { FW_NOT_FOUND, 1 },
		{ FW_EXISTS, 1 },  { FW_MALFORMED, 1 }, { FW_STOPPED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		assert_int_equal(fw_status_exit_code(vectors[i].status), vectors[i].code);
}

static void errno_to_status(void **state)
{
	static const struct {
		int number;
		enum fw_status status;
	} vectors[] = {
		{ EPERM, FW_DENIED },
		{ EACCES, FW_DENIED },
		{ ENOMEM, FW_NO_MEMORY },
		{ ENOENT, FW_NOT_FOUND },
		{ ESRCH, FW_NOT_FOUND },
		{ EEXIST, FW_EXISTS },
		{ EOPNOTSUPP, FW_UNSUPPORTED },
		{ ENOSYS, FW_UNSUPPORTED },
		{ EIO, FW_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error;
		char expected[128];

		strcpy(expected, "reading 7: ");
		strcat(expected, strerror(vectors[i].number));
		assert_int_equal(fw_error_set_errno(&error, vectors[i].number, "reading %d", 7),
			vectors[i].status);
		assert_int_equal(error.status, vectors[i].status);
		assert_string_equal(error.text, expected);
		assert_int_equal(fw_error_set_errno(&error, -vectors[i].number, "reading %d", 7),
			vectors[i].status);
		assert_string_equal(error.text, expected);
		assert_int_equal(fw_error_set_errno(NULL, vectors[i].number, "x"),
			vectors[i].status);
	}
}

static void long_text_is_cut(void **state)
{
	char text[2 * FW_ERROR_TEXT_SIZE];
	struct fw_error error;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(fw_error_set(&error, FW_FAILED, "%s", text), FW_FAILED);
	assert_int_equal(strlen(error.text), FW_ERROR_TEXT_SIZE - 1);
	assert_int_equal(fw_error_set_errno(&error, EIO, "%s", text), FW_FAILED);
	assert_int_equal(strlen(error.text), FW_ERROR_TEXT_SIZE - 1);
	assert_int_equal(fw_error_set(NULL, FW_EXISTS, "%s", text), FW_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes),
		cmocka_unit_test(errno_to_status),
		cmocka_unit_test(long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
