/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "tests/unit/json_expect.h"

struct json_object *round_trip(struct json_object *object)
{
	struct json_object *parsed;

	assert_non_null(object);
	parsed = json_tokener_parse(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	assert_non_null(parsed);
	return parsed;
}

struct json_object *field(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no field '%s' in %s", key, json_object_to_json_string(object));
	return value;
}

void expect_text(struct json_object *object, const char *key, const char *text)
{
	assert_true(json_object_is_type(field(object, key), json_type_string));
	assert_string_equal(json_object_get_string(field(object, key)), text);
}

void expect_number(struct json_object *object, const char *key, uint64_t number)
{
	assert_true(json_object_is_type(field(object, key), json_type_int));
	if (json_object_get_uint64(field(object, key)) != number)
		fail_msg("%s is %s", key, json_object_get_string(field(object, key)));
}

void expect_null(struct json_object *object, const char *key)
{
	assert_null(field(object, key));
}

static void compare(const char *key, struct json_object *value, struct json_object *wanted)
{
	if (json_object_is_type(wanted, json_type_object) &&
		json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(wanted, inner, inner_wanted)
			compare(inner, field(value, inner), inner_wanted);
	} else if (!json_object_equal(value, wanted)) {
		fail_msg("%s is %s, not %s", key, json_object_to_json_string(value),
			json_object_to_json_string(wanted));
	}
}

void expect_fields(struct json_object *object, const char *fields)
{
	struct json_object *seen = round_trip(object), *wanted = json_tokener_parse(fields);

	assert_non_null(wanted);
	compare("it", seen, wanted);
	json_object_put(wanted);
	json_object_put(seen);
}
