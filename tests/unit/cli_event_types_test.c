/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists of types of events: names, groups, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cli/event_types.h"
#include "core/types.h"
#include "flowwatcher/names.h"

#define BIT FW_EVENT_TYPE_BIT

static void accepts(void **state)
{
	static const struct {
		const char *list;
		uint64_t types;
	} vectors[] = {
		{ "process_create", BIT(FW_RECORD_PROCESS_CREATE) },
		{ "process", BIT(FW_RECORD_PROCESS_CREATE) | BIT(FW_RECORD_PROCESS_EXIT) },
		{ "thread", BIT(FW_RECORD_THREAD_CREATE) | BIT(FW_RECORD_THREAD_EXIT) },
		{ "image", BIT(FW_RECORD_IMAGE_LOAD) },
		{ "port,image", BIT(FW_RECORD_PORT_TAKEN) | BIT(FW_RECORD_PORT_RELEASED) |
					BIT(FW_RECORD_IMAGE_LOAD) },
		{ "blocked", BIT(FW_RECORD_BLOCKED) },
		{ "connection_close,connection_close", BIT(FW_RECORD_CONNECTION_CLOSE) },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint64_t types = 0;

		assert_int_equal(fw_event_types_parse(vectors[i].list, &types, NULL), FW_OK);
		assert_int_equal(types, vectors[i].types);
	}
}

/* Every type of records but losses is a type of events, under its name. */
static void knows_all(void **state)
{
	uint64_t all = 0, sum = 0;

	(void)state;
	assert_int_equal(fw_event_types_parse("all", &all, NULL), FW_OK);
	assert_int_equal(all, fw_event_types_all());
	for (uint16_t type = 1; type < FW_RECORD_TYPE_COUNT; type++)
		if (type != FW_RECORD_LOSS)
			assert_int_equal(
				fw_event_types_parse(fw_record_type_name(type), &sum, NULL), FW_OK);
	assert_int_equal(sum, all);
}

static void refuses(void **state)
{
	static const char *const vectors[] = { "", ",", "process,", ",process", "process,,image",
		"proces", "process_", "processes", "loss", "unknown", "Process", " process",
		"process create", "image;port", "10" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		uint64_t types = 42;

		if (fw_event_types_parse(vectors[i], &types, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i]);
		assert_int_equal(types, 42);
		assert_non_null(strstr(error.text, "port_released"));
		assert_non_null(strstr(error.text, "all"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(knows_all),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
