// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Programs in odd places: paths of the greatest length, scripts, and files that have no name. */
#include "event_generator.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_NAME "/program"
#define COMPONENT 200u

/* A directory in which the path of PROGRAM_NAME has PATH_MAX bytes, its zero byte included. */
static char *deep_directory(void)
{
	static char path[PATH_MAX];
	size_t wanted = PATH_MAX - sizeof(PROGRAM_NAME), used, part;

	used = (size_t)snprintf(path, sizeof(path), "%s", fw_directory());
	while (used + 1 < wanted) {
		part = wanted - used - 1;
		/* What is left must be one more slash and name, or nothing. */
		if (part > COMPONENT)
			part = part == COMPONENT + 1 ? COMPONENT - 1 : COMPONENT;
		path[used] = '/';
		memset(path + used + 1, 'd', part);
		used += part + 1;
		path[used] = '\0';
		if (mkdir(path, 0755) < 0)
			fw_event_fail("a deep directory");
	}
	return path;
}

static void exec_from(void *argument)
{
	struct fw_event_row *row = argument;
	static char *const environment[] = { NULL };

	if (chdir(row->directory) < 0)
		fw_event_fail("chdir to a deep directory");
	execve(row->arguments[0], row->arguments, environment);
	fw_event_fail(row->arguments[0]);
}

static void run_from(const char *role, const char *directory, const char *exe, char *name)
{
	struct fw_event_row *row = fw_event_row_new(role);
	char **arguments = fw_event_keep(2 * sizeof(*arguments));
	pid_t pid;

	arguments[0] = name;
	snprintf(row->directory, sizeof(row->directory), "%s", directory);
	fw_event_exec_planned(row, exe, arguments);
	pid = fork();
	if (pid == 0) {
		fw_child_begin(row);
		exec_from(row);
	}
	fw_child_made(row, pid);
	fw_child_reap(row);
}

void fw_run_deep_path(void)
{
	static char program[PATH_MAX];
	char *directory = deep_directory();

	if (snprintf(program, sizeof(program), "%s" PROGRAM_NAME, directory) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		fw_event_fail("a deep path");
	}
	fw_file_copy(fw_tiny(), program);
	run_from("program of a deep path", "/", program, program);
	run_from("program in a deep directory", directory, program, "." PROGRAM_NAME);
}

/* The kernel runs the interpreter with the words of the first line, the script's path and the rest.
 */
void fw_run_exec_script(void)
{
	static char interpreter[PATH_MAX], script[PATH_MAX], line[PATH_MAX];
	static char *asked[] = { "not seen", "first", "second one", NULL };
	static char *got[] = { interpreter, "-x  one word", script, "first", "second one", NULL };
	struct fw_event_row *row = fw_event_row_new("script");
	static char *const environment[] = { NULL };
	pid_t pid;

	snprintf(interpreter, sizeof(interpreter), "%s/interpreter", fw_directory());
	snprintf(script, sizeof(script), "%s/script", fw_directory());
	snprintf(line, sizeof(line), "#!%.200s -x  one word\n", interpreter);
	fw_file_copy(fw_tiny(), interpreter);
	fw_file_write(script, line);
	fw_event_exec_planned(row, interpreter, got);
	pid = fork();
	if (pid == 0) {
		fw_child_begin(row);
		execve(script, asked, environment);
		fw_event_fail(script);
	}
	fw_child_made(row, pid);
	fw_child_reap(row);
}

static void exec_descriptor(struct fw_event_row *row, int descriptor)
{
	static char *const environment[] = { NULL };
	pid_t pid = fork();

	if (pid == 0) {
		fw_child_begin(row);
		fexecve(descriptor, row->arguments, environment);
		fw_event_fail("fexecve");
	}
	fw_child_made(row, pid);
	fw_child_reap(row);
	close(descriptor);
}

static int memory_program(void)
{
	int source = open(fw_tiny(), O_RDONLY | O_CLOEXEC);
	int copy = memfd_create("fwevents", MFD_CLOEXEC);
	char buffer[65536];
	ssize_t size;

	if (source < 0 || copy < 0)
		fw_event_fail("a program in memory");
	while ((size = read(source, buffer, sizeof(buffer))) > 0)
		if (write(copy, buffer, (size_t)size) != size)
			fw_event_fail("memfd");
	close(source);
	return copy;
}

static int deleted_program(const char *path)
{
	int descriptor;

	fw_file_copy(fw_tiny(), path);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 || unlink(path) < 0)
		fw_event_fail(path);
	return descriptor;
}

/* `exe` is the name they had; what /proc shows of it ends in " (deleted)". */
void fw_run_exec_deleted(void)
{
	static char *of_memory[] = { "program in memory", NULL };
	static char *of_file[] = { "program of a deleted file", NULL };
	struct fw_event_row *row = fw_event_row_new(of_memory[0]);
	char path[PATH_MAX];

	fw_event_exec_planned(row, "/memfd:fwevents", of_memory);
	exec_descriptor(row, memory_program());
	row = fw_event_row_new(of_file[0]);
	snprintf(path, sizeof(path), "%s/deleted", fw_directory());
	fw_event_exec_planned(row, path, of_file);
	exec_descriptor(row, deleted_program(path));
}
