/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What /proc says of a process in texts of any length. */
#include "lib/host/host.h"

#include "lib/grow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE 4096u /* at a time */

/* exec takes 6 MiB of arguments and environment; a process may say that it has more (PR_SET_MM). */
#define COMMAND_LINE_MOST (8u << 20)

static enum fw_status status_of(int error_number)
{
	if (error_number == ENOENT || error_number == ESRCH)
		return FW_NOT_FOUND;
	return error_number == EACCES || error_number == EPERM ? FW_DENIED : FW_FAILED;
}

enum fw_status fw_host_process_directory(uint32_t pid, char *path, size_t size)
{
	char name[32];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/%u/cwd", pid);
	length = readlink(name, path, size);
	if (length < 0)
		return status_of(errno);
	if ((size_t)length >= size)
		return FW_FAILED;
	path[length] = '\0';
	return FW_OK;
}

/* A file whose size is not known beforehand, as far as COMMAND_LINE_MOST. */
static enum fw_status read_all(int fd, char **bytes, size_t *length, bool *cut)
{
	size_t capacity = 0, used = 0;
	char *text = NULL;

	while (used < COMMAND_LINE_MOST) {
		size_t left = COMMAND_LINE_MOST - used;
		char *grown = fw_grow_by(text, used, READ_SIZE, &capacity, 1);
		ssize_t got;

		if (!grown) {
			free(text);
			return FW_NO_MEMORY;
		}
		text = grown;
		got = read(fd, text + used, left < READ_SIZE ? left : READ_SIZE);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(text);
			return status_of(errno);
		}
		if (!got)
			break;
		used += (size_t)got;
	}
	*bytes = text;
	*length = used;
	*cut = used == COMMAND_LINE_MOST;
	return FW_OK;
}

enum fw_status fw_host_process_command_line(uint32_t pid, char **bytes, size_t *length, bool *cut)
{
	enum fw_status status;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/%u/cmdline", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return status_of(errno);
	status = read_all(fd, bytes, length, cut);
	close(fd);
	return status;
}
