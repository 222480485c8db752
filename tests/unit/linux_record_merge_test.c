/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "abi/process_event.h"
#include "backend/linux/existing_objects.h"
#include "backend/linux/image_source.h"
#include "backend/linux/record_merge.h"

struct seen {
	uint64_t sequence[64];
	size_t count, stop_after;
};

static bool see(struct fw_record_header *record, void *argument)
{
	struct seen *seen = argument;

	seen->sequence[seen->count++] = record->sequence;
	return seen->count != seen->stop_after;
}

static void add(struct fw_record_merge *merge, uint64_t sequence, uint64_t time_ns)
{
	struct fw_thread_record record = { .header = { .size = sizeof(record),
		.type = FW_RECORD_THREAD_CREATE, .sequence = sequence, .time_ns = time_ns } };

	assert_true(fw_record_merge_add(merge, &record.header));
}

static void expect(struct fw_record_merge *merge, uint64_t until_ns, const uint64_t *wanted,
	size_t count)
{
	struct seen seen = { .stop_after = 64 };
	bool stopped;

	assert_int_equal(fw_record_merge_release(merge, until_ns, see, &seen, &stopped), count);
	assert_false(stopped);
	assert_int_equal(seen.count, count);
	assert_memory_equal(seen.sequence, wanted, count * sizeof(*wanted));
}

static void comes_in_order_of_time(void **state)
{
	struct fw_record_merge merge = { 0 };

	add(&merge, 1, 30);
	add(&merge, 2, 10);
	add(&merge, 3, 20);
	add(&merge, 4, 20);
	expect(&merge, 5, NULL, 0);
	expect(&merge, 20, (uint64_t[]){ 2, 3, 4 }, 3);
	add(&merge, 5, 25);
	add(&merge, 6, 1); /* late: still delivered */
	expect(&merge, 29, (uint64_t[]){ 6, 5 }, 2);
	expect(&merge, 29, NULL, 0);
	expect(&merge, UINT64_MAX, (uint64_t[]){ 1 }, 1);
	assert_int_equal(merge.count, 0);
	fw_record_merge_done(&merge);
}

static void equal_times_keep_their_order_when_some_stay(void **state)
{
	struct fw_record_merge merge = { 0 };

	for (uint64_t i = 1; i <= 40; i++)
		add(&merge, i, i < 5 ? 50 - i : 100);
	expect(&merge, 60, (uint64_t[]){ 4, 3, 2, 1 }, 4);
	add(&merge, 41, 100);
	for (uint64_t i = 5; i <= 41; i++) {
		struct seen seen = { .stop_after = 1 };
		bool stopped;

		assert_int_equal(fw_record_merge_release(&merge, 100, see, &seen, &stopped), 1);
		assert_true(stopped);
		assert_int_equal(seen.sequence[0], i);
	}
	fw_record_merge_done(&merge);
}

static void keeps_large_records_whole(void **state)
{
	static uint64_t bytes[40000];
	struct fw_record_header *record = (struct fw_record_header *)bytes;
	struct fw_record_merge merge = { 0 };
	struct seen seen = { .stop_after = 64 };
	bool stopped;

	memset(bytes, 0x5a, sizeof(bytes));
	*record = (struct fw_record_header){ .size = sizeof(bytes), .type = 6, .time_ns = 2 };
	assert_true(fw_record_merge_add(&merge, record));
	add(&merge, 7, 1);
	assert_memory_equal(merge.bytes, bytes, sizeof(bytes));
	assert_int_equal(fw_record_merge_release(&merge, 1, see, &seen, &stopped), 1);
	assert_memory_equal(merge.bytes, bytes, sizeof(bytes));
	fw_record_merge_done(&merge);
}

static void add_process(struct fw_record_merge *merge, uint32_t pid, uint64_t start_ns,
	uint32_t cause)
{
	struct fw_process_create_record record = { .pid = pid, .start_ns = start_ns,
		.cause = cause };

	record.header.size = sizeof(record);
	record.header.type = FW_RECORD_PROCESS_CREATE;
	record.header.flags = cause == FW_CREATE_FOUND ? FW_RECORD_EXISTING : 0;
	assert_true(fw_record_merge_add(merge, &record.header));
}

static void add_exit(struct fw_record_merge *merge, uint32_t pid, uint64_t start_ns)
{
	struct fw_process_exit_record record = { .pid = pid, .start_ns = start_ns, .comm = "gone" };

	record.header.size = sizeof(record);
	record.header.type = FW_RECORD_PROCESS_EXIT;
	assert_true(fw_record_merge_add(merge, &record.header));
}

static void add_image(struct fw_record_merge *merge, uint32_t pid, uint64_t address)
{
	struct fw_image_record record = { .pid = pid, .address = address };

	record.header.size = sizeof(record);
	record.header.type = FW_RECORD_IMAGE_LOAD;
	assert_true(fw_record_merge_add(merge, &record.header));
}

struct announced {
	uint32_t pid[16];
	uint64_t value[16];
	size_t count;
};

static bool announce(struct fw_record_header *record, void *argument)
{
	struct announced *announced = argument;
	const struct fw_process_create_record *create = (const void *)record;
	const struct fw_image_record *image = (const void *)record;
	bool is_image = record->type == FW_RECORD_IMAGE_LOAD;

	announced->pid[announced->count] = is_image ? image->pid : create->pid;
	announced->value[announced->count++] = is_image ? image->address : create->start_ns;
	if (!is_image)
		assert_true(record->flags & FW_RECORD_EXISTING);
	return true;
}

/* 10 runs on, 11 was forked while the list was made, 12 ended before it, 13 is a number used
 * again. */
static void announces_each_object_once(void **state)
{
	struct fw_record_merge existing = { 0 }, live = { 0 };
	struct announced announced = { .count = 0 };
	bool stopped;

	add_process(&existing, 10, 100, FW_CREATE_FOUND);
	add_image(&existing, 10, 0x1000);
	add_image(&existing, 10, 0x2000);
	add_process(&existing, 11, 500, FW_CREATE_FOUND);
	add_process(&existing, 13, 600, FW_CREATE_FOUND);
	add_process(&live, 10, 100, FW_CREATE_EXEC); /* another program, not another process */
	add_image(&live, 10, 0x2000);
	add_process(&live, 11, 500, FW_CREATE_FORK);
	add_exit(&live, 12, 120);
	add_exit(&live, 13, 130);
	add_process(&live, 13, 600, FW_CREATE_FORK);
	assert_int_equal(fw_existing_reconcile(&existing, &live, ~0ull, 90, NULL), FW_OK);
	fw_record_merge_release(&existing, UINT64_MAX, announce, &announced, &stopped);
	assert_int_equal(announced.count, 4);
	assert_memory_equal(announced.pid, ((uint32_t[]){ 10, 10, 12, 13 }), 16);
	assert_memory_equal(announced.value, ((uint64_t[]){ 100, 0x1000, 120, 130 }), 32);
	fw_record_merge_done(&existing);
	fw_record_merge_done(&live);
}

static void tells_files_from_other_memory(void **state)
{
	assert_true(fw_image_is_file("/usr/bin/true"));
	assert_true(fw_image_is_file("/memfd:x (deleted)"));
	assert_false(fw_image_is_file("//anon"));
	assert_false(fw_image_is_file("[vdso]"));
	assert_false(fw_image_is_file(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_in_order_of_time),
		cmocka_unit_test(equal_times_keep_their_order_when_some_stay),
		cmocka_unit_test(keeps_large_records_whole),
		cmocka_unit_test(announces_each_object_once),
		cmocka_unit_test(tells_files_from_other_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
