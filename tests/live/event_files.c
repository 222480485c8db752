// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Files of a run: a temporary directory that goes with the main process, and what is exec'ed. */
#include "event_generator.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[PATH_MAX];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

static void remove_directory(void)
{
	if (nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0)
		fprintf(stderr, "fwevents: %s cannot be removed: %s\n", directory, strerror(errno));
}

const char *fw_directory(void)
{
	const char *parent = getenv("TMPDIR");
	char name[PATH_MAX];

	if (directory[0])
		return directory;
	snprintf(name, sizeof(name), "%s/fwevents.XXXXXX", parent && *parent ? parent : "/tmp");
	if (!mkdtemp(name))
		fw_event_fail(name);
	if (!realpath(name, directory))
		fw_event_fail(name);
	atexit(remove_directory);
	return directory;
}

void fw_file_copy(const char *from, const char *to)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	struct stat status;
	ssize_t done;

	if (source < 0 || fstat(source, &status) < 0)
		fw_event_fail(from);
	if (copy < 0)
		fw_event_fail(to);
	while ((done = sendfile(copy, source, NULL, (size_t)status.st_size)) > 0)
		;
	if (done < 0 || close(copy) < 0)
		fw_event_fail(to);
	close(source);
}

void fw_file_write(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (descriptor < 0 || write(descriptor, text, strlen(text)) != (ssize_t)strlen(text))
		fw_event_fail(path);
	close(descriptor);
}

/* Valid until the next call. */
const char *fw_beside(const char *name)
{
	static char path[PATH_MAX + NAME_MAX];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (length <= 0)
		fw_event_fail("/proc/self/exe");
	path[length] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash + 1, NAME_MAX, "%s", name);
	return path;
}

const char *fw_tiny(void)
{
	static char path[PATH_MAX + NAME_MAX];

	if (!path[0])
		strcpy(path, fw_beside("fwevents_tiny"));
	return path;
}

_Noreturn void fw_exec_row(void *argument)
{
	struct fw_event_row *row = argument;
	static char *const environment[] = { NULL };

	execve(row->exe, row->arguments, environment);
	fw_event_fail(row->exe);
}
