/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tests expect of JSON objects; each of these ends the test that is disappointed. */
#ifndef FW_TEST_JSON_EXPECT_H
#define FW_TEST_JSON_EXPECT_H

#include <stdint.h>

struct json_object;

/* Through text and back, as a reader sees it; `object` is released. */
struct json_object *round_trip(struct json_object *object);
/* The value of a key that must be there; NULL: it is null. */
struct json_object *field(struct json_object *object, const char *key);
void expect_text(struct json_object *object, const char *key, const char *text);
void expect_number(struct json_object *object, const char *key, uint64_t number);
void expect_null(struct json_object *object, const char *key);
/* A reader sees at least these fields, written as JSON that may have ' for "; those of objects
 * within are compared likewise. `object` is released. */
void expect_fields(struct json_object *object, const char *fields);

#endif
