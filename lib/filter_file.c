/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/filter_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/filter_reading.h"
#include "lib/host/file.h"

/* Without a UTF-8 byte order mark; of UTF-16 there is no more than its mark to tell. */
static enum fw_status take_first_line(struct fw_filter_reading *reading, enum fw_line_result result,
	const char *text, size_t length)
{
	static const char utf8[] = "\xef\xbb\xbf", little[] = "\xff\xfe", big[] = "\xfe\xff";

	if (length >= 2 && (memcmp(text, little, 2) == 0 || memcmp(text, big, 2) == 0))
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s is UTF-16; save it as UTF-8 or plain ASCII", reading->name);
	if (result == FW_LINE_READ && length >= 3 && memcmp(text, utf8, 3) == 0)
		return fw_filter_reading_take_line(reading, result, text + 3, length - 3);
	return fw_filter_reading_take_line(reading, result, text, length);
}

static enum fw_status read_lines(struct fw_filter_reading *reading, struct fw_line_reader *reader)
{
	enum fw_status status = FW_OK;

	while (status == FW_OK) {
		size_t length;
		const char *text;
		enum fw_line_result result = fw_line_reader_next(reader, &text, &length);

		if (result == FW_LINE_END)
			return FW_OK;
		if (result == FW_LINE_FAILED)
			return fw_error_set_errno(reading->error, errno, "reading %.200s",
				reading->name);
		if (reading->file->lines == 0)
			status = take_first_line(reading, result, text, length);
		else
			status = fw_filter_reading_take_line(reading, result, text, length);
	}
	return status;
}

static bool has_changed(int fd, const struct fw_file_state *before, uint64_t read_to)
{
	struct fw_file_state after;

	return !fw_file_look(fd, &after) || before->size != after.size ||
	       before->written_ns != after.written_ns || read_to != after.size;
}

/* Devices of random numbers and of zeros have no end; the null device is empty. */
static enum fw_status check_kind(const struct fw_filter_reading *reading, const struct fw_file_state *state)
{
	if (state->is_directory)
		return fw_error_set(reading->error, FW_FAILED,
			"%.200s is a directory; name a file in it", reading->name);
	if (state->is_device)
		return fw_error_set(reading->error, FW_FAILED, "%.200s is a device; name a file",
			reading->name);
	return FW_OK;
}

/* Read all there is, if it stays as it is meanwhile. */
static enum fw_status read_all(struct fw_filter_reading *reading, int fd)
{
	off_t begin = lseek(fd, 0, SEEK_CUR);
	struct fw_line_reader reader;
	enum fw_status status;
	struct fw_file_state state;

	if (!fw_file_look(fd, &state))
		return fw_error_set_errno(reading->error, errno, "cannot look at %.200s",
			reading->name);
	status = check_kind(reading, &state);
	if (status != FW_OK)
		return status;
	if (!fw_line_reader_init(&reader, fd, FW_FILTER_LINE_SIZE))
		return fw_filter_reading_no_memory(reading);
	status = read_lines(reading, &reader);
	if (status == FW_OK && state.is_regular &&
		has_changed(fd, &state, (uint64_t)begin + reader.bytes))
		status = fw_error_set(reading->error, FW_FAILED,
			"%.200s changed while it was read; let its writer finish, or have it write "
			"another file and rename that",
			reading->name);
	fw_line_reader_done(&reader);
	return status;
}

/* The last bytes of a long one: they say most. */
static void keep_source(struct fw_filter_file *file, const char *name)
{
	size_t length = strlen(name), size = sizeof(file->source);

	if (length >= size)
		name += length - (size - 1);
	snprintf(file->source, size, "%s", name);
}

enum fw_status fw_filter_file_read_fd(int fd, const char *name,
	const struct fw_filter_file_options *options, struct fw_filter_file *file,
	struct fw_error *error)
{
	struct fw_filter_file read = { .count = 0 };
	struct fw_filter_reading reading = { name, options, &read, { .format = options->format },
		FW_FILTER_NO_SECTION, { 0 }, error };
	enum fw_status status = read_all(&reading, fd);

	if (status == FW_OK)
		status = fw_filter_reading_settle(&reading);
	if (status != FW_OK) {
		fw_filter_file_done(&read);
		return status;
	}
	keep_source(&read, name);
	*file = read;
	return FW_OK;
}

enum fw_status fw_filter_file_read(const char *path, const struct fw_filter_file_options *options,
	struct fw_filter_file *file, struct fw_error *error)
{
	enum fw_status status;
	char *absolute;
	int fd;

	if (strcmp(path, "-") == 0) {
		status = fw_filter_file_read_fd(STDIN_FILENO, "standard input", options, file,
			error);
		if (status == FW_OK)
			keep_source(file, "-");
		return status;
	}
	fd = fw_file_open_descriptor(path);
	if (fd < 0)
		return fw_error_set_errno(error, errno, "cannot open %.200s", path);
	status = fw_filter_file_read_fd(fd, path, options, file, error);
	close(fd);
	absolute = status == FW_OK ? fw_file_whole_path(path) : NULL;
	if (absolute)
		keep_source(file, absolute);
	free(absolute);
	return status;
}

void fw_filter_file_done(struct fw_filter_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		fw_prefix_list_done(&file->sections[i].list);
	free(file->sections);
	memset(file, 0, sizeof(*file));
}
