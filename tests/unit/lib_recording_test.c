/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Recordings: written and read again, cut at every place, with every byte changed, of other
 * versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/recording/recording.h"
#include "lib/recording/recording_crc.h"
#include "recording_sample.h"

#define MOST_FRAMES 64

static struct sample sample;

/* Read all records; *count: how many there were. Returns why it ended. */
static enum fw_recording_find read_all(const void *bytes, size_t size, size_t *count)
{
	const struct fw_record_header *record;
	struct fw_recording_reader reader;
	enum fw_recording_find find;

	assert_int_equal(
		fw_recording_reader_init(&reader, sample_file(bytes, size), "file", NULL), FW_OK);
	for (*count = 0;; ++*count) {
		assert_int_equal(fw_recording_reader_next(&reader, &find, &record, NULL), FW_OK);
		if (find != FW_RECORDING_FOUND)
			break;
	}
	fw_recording_reader_done(&reader);
	return find;
}

/* Whole frames within `size` bytes. */
static size_t whole_frames(const size_t *frames, size_t count, size_t size)
{
	size_t whole = 0;

	while (whole < count && frames[whole] <= size)
		whole++;
	return whole;
}

static void every_type_comes_back(void **state)
{
	size_t frames[MOST_FRAMES], count = sample_every_type(&sample, frames), at;
	const struct fw_record_header *record;
	struct fw_recording_reader reader;
	enum fw_recording_find find;
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(fw_recording_reader_init(&reader, sample_file(sample.bytes, sample.size),
				 "file", NULL),
		FW_OK);
	at = sizeof(struct fw_recording_header);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(reader.place.offset, at);
		assert_int_equal(fw_recording_reader_next(&reader, &find, &record, NULL), FW_OK);
		assert_int_equal(find, FW_RECORDING_FOUND);
		assert_int_equal(record->size, frames[i] - at - sizeof(struct fw_recording_frame));
		assert_memory_equal(record, sample.bytes + at + sizeof(struct fw_recording_frame),
			record->size);
		seen |= 1ull << record->type;
		at = frames[i];
	}
	assert_int_equal(fw_recording_reader_next(&reader, &find, &record, NULL), FW_OK);
	assert_int_equal(find, FW_RECORDING_END);
	assert_int_equal(seen, ((1ull << FW_RECORD_TYPE_COUNT) - 2) |
				       ((1ull << FW_RECORDING_TYPE_COUNT) -
					       (1ull << FW_RECORD_EVENT_TYPES)));
	fw_recording_reader_done(&reader);
}

static void cut_anywhere(void **state)
{
	size_t frames[MOST_FRAMES], count = sample_every_type(&sample, frames), read;

	(void)state;
	for (size_t size = sizeof(struct fw_recording_header); size <= sample.size; size++) {
		size_t whole = whole_frames(frames, count, size);
		bool clean = size == (whole ? frames[whole - 1] :
					      sizeof(struct fw_recording_header));

		assert_int_equal(read_all(sample.bytes, size, &read),
			clean ? FW_RECORDING_END : FW_RECORDING_TORN);
		assert_int_equal(read, whole);
	}
}

/* As some file systems leave it: the size was stored, the bytes were not. */
static void zeros_at_the_end(void **state)
{
	size_t frames[MOST_FRAMES], count = sample_every_type(&sample, frames), read;
	static uint8_t bytes[200000];

	(void)state;
	memcpy(bytes, sample.bytes, sample.size);
	assert_int_equal(read_all(bytes, sizeof(bytes), &read), FW_RECORDING_TORN);
	assert_int_equal(read, count);
	bytes[sizeof(bytes) - 1] = 1;
	assert_int_equal(read_all(bytes, sizeof(bytes), &read), FW_RECORDING_DAMAGED);
	assert_int_equal(read, count);
}

/* Every byte in every way that one bit can change; nothing before it is lost. */
static void changed_anywhere(void **state)
{
	size_t frames[MOST_FRAMES], count = sample_every_type(&sample, frames), read;

	(void)state;
	for (size_t at = sizeof(struct fw_recording_header); at < sample.size; at++) {
		unsigned int bit = 1u << at % 8;

		sample.bytes[at] ^= (uint8_t)bit;
		assert_int_equal(read_all(sample.bytes, sample.size, &read), FW_RECORDING_DAMAGED);
		assert_int_equal(read, whole_frames(frames, count, at));
		sample.bytes[at] ^= (uint8_t)bit;
	}
}

static enum fw_status open_bytes(const void *bytes, size_t size, struct fw_error *error)
{
	struct fw_recording recording;
	enum fw_status status =
		fw_recording_open_fd(&recording, sample_file(bytes, size), "FILE", error);

	if (status == FW_OK)
		fw_recording_close(&recording);
	return status;
}

static void changed_header(void **state)
{
	size_t frames[MOST_FRAMES];
	struct fw_error error;

	(void)state;
	sample_every_type(&sample, frames);
	for (size_t at = 0; at < sizeof(struct fw_recording_header); at++) {
		sample.bytes[at] ^= 1;
		assert_int_equal(open_bytes(sample.bytes, sample.size, &error), FW_MALFORMED);
		assert_string_equal(error.text,
			at < FW_RECORDING_MAGIC_SIZE ?
				"FILE is not a recording; 'flowwatcher record FILE' makes one" :
				"FILE: damaged at offset 0; the 0 records before it are intact");
		sample.bytes[at] ^= 1;
	}
}

/* A block that is missing as a whole leaves only checksums that fit. */
static void missing_frame(void **state)
{
	size_t frames[MOST_FRAMES], count = sample_every_type(&sample, frames), read;

	(void)state;
	memmove(sample.bytes + frames[4], sample.bytes + frames[5], sample.size - frames[5]);
	assert_true(count > 6);
	assert_int_equal(read_all(sample.bytes, sample.size - (frames[5] - frames[4]), &read),
		FW_RECORDING_DAMAGED);
	assert_int_equal(read, 5);
}

/* The header of the sample with other values and a checksum that fits. */
static enum fw_status open_version(uint16_t major, uint16_t minor, struct fw_error *error)
{
	struct fw_recording_header header;

	memcpy(&header, sample.bytes, sizeof(header));
	header.major = major;
	header.minor = minor;
	header.crc = fw_recording_header_crc(&header);
	memcpy(sample.bytes, &header, sizeof(header));
	return open_bytes(sample.bytes, sample.size, error);
}

static void other_versions(void **state)
{
	size_t frames[MOST_FRAMES];
	struct fw_error error;

	(void)state;
	sample_every_type(&sample, frames);
	assert_int_equal(open_version(FW_RECORDING_MAJOR, 99, &error), FW_OK);
	assert_int_equal(open_version(7, 3, &error), FW_UNSUPPORTED);
	assert_string_equal(error.text,
		"FILE is a recording of version 7.3, this flowwatcher reads "
		"version 1: take a newer one");
}

static void not_recordings(void **state)
{
	size_t frames[MOST_FRAMES];
	struct fw_recording recording;
	struct fw_error error;

	(void)state;
	sample_every_type(&sample, frames);
	assert_int_equal(open_bytes("", 0, &error), FW_MALFORMED);
	assert_string_equal(error.text, "FILE is empty: nothing was recorded");
	assert_int_equal(open_bytes("hello", 5, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "not a recording"));
	assert_int_equal(open_bytes(sample.bytes, 23, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "ends within its first 24 bytes"));
	assert_int_equal(open_bytes(sample.bytes, frames[0] - 1, &error), FW_MALFORMED);
	assert_non_null(strstr(error.text, "ends within its first record"));
	assert_int_equal(open_bytes(sample.bytes, frames[0], &error), FW_OK);
	assert_int_equal(fw_recording_open(&recording, "/", &error), FW_FAILED);
	assert_string_equal(error.text, "/ is a directory, not a recording");
	assert_int_equal(fw_recording_open(&recording, "/dev/null", &error), FW_FAILED);
	assert_int_equal(fw_recording_open(&recording, "/does/not/exist", &error), FW_NOT_FOUND);
	fw_recording_close(&recording);
}

/* Right checksums over a length that no record may have: nothing is allocated for it. */
static void absurd_length(void **state)
{
	struct fw_recording_frame frame = { .length = FW_RECORDING_MAX_RECORD + 8 };
	size_t frames[MOST_FRAMES], read;

	(void)state;
	sample_every_type(&sample, frames);
	frame.length_crc = fw_recording_length_crc(&frame);
	memcpy(sample.bytes + sizeof(struct fw_recording_header), &frame, sizeof(frame));
	assert_int_equal(read_all(sample.bytes, sample.size, &read), FW_RECORDING_DAMAGED);
	assert_int_equal(read, 0);
}

/* Whoever makes a recording by hand can make the checksums fit; consumers take names as C
 * strings. */
static void name_without_end(void **state)
{
	struct fw_recording_usage row = {
		.header = { .size = sizeof(row), .type = FW_RECORDING_USAGE },
	};
	size_t read;

	(void)state;
	memset(row.usage.process.exe, 'x', sizeof(row.usage.process.exe));
	sample_begin(&sample);
	sample_info(&sample);
	assert_int_equal(fw_recording_writer_put(&sample.writer, &row.header, NULL), FW_OK);
	sample_end(&sample);
	assert_int_equal(read_all(sample.bytes, sample.size, &read), FW_RECORDING_DAMAGED);
	assert_int_equal(read, 1);
}

static void unknown_types(void **state)
{
	struct fw_recording recording;

	(void)state;
	sample_begin(&sample);
	sample_info(&sample);
	sample_bare(&sample, FW_RECORD_EVENT_TYPES - 1, 2);
	sample_bare(&sample, FW_RECORDING_TYPE_COUNT, 2);
	sample_bare(&sample, 999, 2);
	sample_event(&sample, FW_RECORD_PORT_TAKEN, 1, 0, 2);
	sample_end(&sample);
	assert_int_equal(fw_recording_open_fd(&recording, sample_file(sample.bytes, sample.size),
				 "FILE", NULL),
		FW_OK);
	assert_int_equal(recording.unknown, 3);
	assert_int_equal(recording.events, 1);
	assert_int_equal(recording.records, 5);
	assert_int_equal(recording.ending, FW_RECORDING_END);
	fw_recording_close(&recording);
}

/* A newer version's record has more fields behind those known. */
static void larger_record(void **state)
{
	struct {
		struct fw_port_record record;
		uint64_t more;
	} larger = { .record.header = { .size = sizeof(larger), .type = FW_RECORD_PORT_TAKEN } };
	size_t read;

	(void)state;
	sample_begin(&sample);
	sample_info(&sample);
	assert_int_equal(
		fw_recording_writer_put(&sample.writer, &larger.record.header, NULL), FW_OK);
	sample_end(&sample);
	assert_int_equal(read_all(sample.bytes, sample.size, &read), FW_RECORDING_END);
	assert_int_equal(read, 2);
}

static void large_records(void **state)
{
	const uint32_t size = sizeof(sample.bytes) + 65536;
	struct fw_record_header *record = calloc(1, size);
	struct fw_error error;

	(void)state;
	assert_non_null(record);
	sample_begin(&sample);
	record->type = 999;
	record->size = FW_RECORDING_MAX_RECORD + 8;
	assert_int_equal(fw_recording_writer_put(&sample.writer, record, &error), FW_MALFORMED);
	/* One that fits in no buffer goes through, as far as there is room. */
	record->size = size;
	assert_int_equal(fw_recording_writer_put(&sample.writer, record, &error), FW_FAILED);
	assert_string_equal(error.text, "writing sample (what was written before stays readable): "
					"No space left on device");
	assert_int_equal(sample.size, sizeof(sample.bytes));
	sample_end(&sample);
	free(record);
}

/* What the sink took before it was full is a recording that was cut off. */
static void full_disk(void **state)
{
	size_t read;

	(void)state;
	for (size_t room = 600; room < 700; room++) {
		sample_begin(&sample);
		sample.room = room;
		sample_info(&sample);
		sample_snapshot(&sample, 1, 1, 1);
		assert_int_equal(fw_recording_writer_flush(&sample.writer, NULL), FW_FAILED);
		assert_int_equal(fw_recording_writer_flush(&sample.writer, NULL), FW_FAILED);
		sample_end(&sample);
		assert_int_equal(sample.size, room);
		assert_int_not_equal(
			read_all(sample.bytes, sample.size, &read), FW_RECORDING_DAMAGED);
		assert_true(read >= 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_back),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(zeros_at_the_end),
		cmocka_unit_test(changed_anywhere),
		cmocka_unit_test(changed_header),
		cmocka_unit_test(missing_frame),
		cmocka_unit_test(other_versions),
		cmocka_unit_test(not_recordings),
		cmocka_unit_test(absurd_length),
		cmocka_unit_test(name_without_end),
		cmocka_unit_test(unknown_types),
		cmocka_unit_test(larger_record),
		cmocka_unit_test(large_records),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
