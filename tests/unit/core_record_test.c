/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "abi/process_event.h"
#include "core/record_check.h"

struct vector {
	const char *what;
	uint32_t size;
	uint16_t type;
	size_t available;
	enum fw_status expected;
};

static const struct vector vectors[] = {
	{ "whole record", sizeof(struct fw_port_record), FW_RECORD_PORT_TAKEN, 512, FW_OK },
	{ "exactly the rest", sizeof(struct fw_port_record), FW_RECORD_PORT_TAKEN,
		sizeof(struct fw_port_record), FW_OK },
	{ "one byte short", sizeof(struct fw_port_record), FW_RECORD_PORT_TAKEN,
		sizeof(struct fw_port_record) - 1, FW_MALFORMED },
	{ "newer, larger", sizeof(struct fw_port_record) + 8, FW_RECORD_PORT_TAKEN, 512, FW_OK },
	{ "too small for its type", sizeof(struct fw_record_header), FW_RECORD_PORT_TAKEN, 512,
		FW_MALFORMED },
	{ "unknown type", sizeof(struct fw_record_header), 999, 512, FW_OK },
	{ "size zero", 0, 999, 512, FW_MALFORMED },
	{ "smaller than a header", 16, 999, 512, FW_MALFORMED },
	{ "not a multiple of 8", 28, 999, 512, FW_MALFORMED },
	{ "larger than the buffer", 520, 999, 512, FW_MALFORMED },
	{ "size near overflow", 0xfffffff8u, 999, 512, FW_MALFORMED },
	{ "header cut", 24, 999, 23, FW_MALFORMED },
	{ "empty buffer", 24, 999, 0, FW_MALFORMED },
};

static void check_vectors(void **state)
{
	static uint64_t buffer[64];
	struct fw_record_header *header = (struct fw_record_header *)buffer;

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		const struct fw_record_header *record = NULL;
		enum fw_status status;

		header->size = vectors[i].size;
		header->type = vectors[i].type;
		status = fw_record_at(buffer, vectors[i].available, &record);
		if (status != vectors[i].expected)
			fail_msg("%s: status %d, expected %d", vectors[i].what, status,
				vectors[i].expected);
		assert_ptr_equal(record, status == FW_OK ? header : NULL);
	}
}

static void texts_lie_inside(void **state)
{
	static const struct {
		const char *what;
		struct fw_record_text text;
		enum fw_status expected;
	} spans[] = {
		{ "none", { 0, 0 }, FW_OK },
		{ "none, anywhere", { 9999, 0 }, FW_OK },
		{ "all behind the fixed part", { sizeof(struct fw_image_record), 32 }, FW_OK },
		{ "one byte more", { sizeof(struct fw_image_record), 33 }, FW_MALFORMED },
		{ "the last byte", { sizeof(struct fw_image_record) + 31, 1 }, FW_OK },
		{ "behind the last byte", { sizeof(struct fw_image_record) + 32, 1 },
			FW_MALFORMED },
		{ "inside the fixed part", { sizeof(struct fw_image_record) - 1, 1 },
			FW_MALFORMED },
		{ "overflow", { 0xfffffff0u, 0x20 }, FW_MALFORMED },
		{ "length overflow", { sizeof(struct fw_image_record), 0xffffffffu },
			FW_MALFORMED },
	};
	static uint64_t buffer[64];
	struct fw_image_record *image = (struct fw_image_record *)buffer;

	image->header.size = sizeof(*image) + 32;
	image->header.type = FW_RECORD_IMAGE_LOAD;
	for (size_t i = 0; i < FW_ARRAY_SIZE(spans); i++) {
		const struct fw_record_header *record = NULL;
		enum fw_status status;

		image->path = spans[i].text;
		status = fw_record_whole(buffer, sizeof(buffer), &record);
		if (status != spans[i].expected)
			fail_msg("%s: status %d", spans[i].what, status);
		assert_ptr_equal(record, status == FW_OK ? buffer : NULL);
	}
	image->path = (struct fw_record_text){ 0, 0 };
	image->build_id_length = FW_BUILD_ID_SIZE + 1;
	assert_int_equal(
		fw_record_whole(buffer, sizeof(buffer), &(const struct fw_record_header *){ 0 }),
		FW_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_vectors),
		cmocka_unit_test(texts_lie_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
