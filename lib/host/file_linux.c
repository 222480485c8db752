/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000u

FILE *fw_file_open(const char *path)
{
	return fopen(path, "re");
}

int fw_file_open_descriptor(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

bool fw_file_look(int fd, struct fw_file_state *state)
{
	const dev_t null_device = makedev(1, 3);
	struct stat about;

	if (fstat(fd, &about) < 0)
		return false;
	*state = (struct fw_file_state){
		.is_directory = S_ISDIR(about.st_mode),
		.is_device = S_ISBLK(about.st_mode) ||
			     (S_ISCHR(about.st_mode) && about.st_rdev != null_device && !isatty(fd)),
		.is_regular = S_ISREG(about.st_mode),
		.size = (uint64_t)about.st_size,
		.written_ns = (uint64_t)about.st_mtim.tv_sec * NS_PER_SECOND +
			      (uint64_t)about.st_mtim.tv_nsec,
	};
	return true;
}

char *fw_file_whole_path(const char *path)
{
	return realpath(path, NULL);
}

/* 0 or errno. The name is gone again after a failure. */
static int write_new(const char *name, int fd, fw_file_write_fn write, void *argument)
{
	FILE *file = fdopen(fd, "w");
	int problem = 0;

	if (!file) {
		problem = errno;
		close(fd);
	} else {
		write(file, argument);
		errno = 0;
		if (fflush(file) || ferror(file) || fsync(fd))
			problem = errno ? errno : EIO;
		if (fclose(file) && !problem)
			problem = errno;
	}
	if (problem)
		unlink(name);
	return problem;
}

/* So that the new name is there after a power failure. */
static void sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

enum fw_status fw_file_replace(const char *path, fw_file_write_fn write, void *argument,
	struct fw_error *error)
{
	enum fw_status status = FW_OK;
	int fd, problem;
	char *name;

	if (asprintf(&name, "%s.XXXXXX", path) < 0)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to write %.200s", path);
	fd = mkostemp(name, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		status = fw_error_set_errno(error, errno, "making a file beside %.200s", path);
		goto free_name;
	}
	problem = write_new(name, fd, write, argument);
	if (problem) {
		status = fw_error_set_errno(error, problem, "writing %.200s", path);
		goto free_name;
	}
	if (rename(name, path)) {
		status = fw_error_set_errno(error, errno, "writing %.200s", path);
		unlink(name);
		goto free_name;
	}
	sync_folder(path);
free_name:
	free(name);
	return status;
}
