/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/output.h"

#include "cli/interrupt.h"
#include "core/status.h"
#include "flowwatcher/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BUFFER_SIZE 16384

/* errno of the first failed write; ECANCELED: interrupted while it blocked */
static int first_error;

/* No more than a pipe takes without blocking once it is writable (PIPE_BUF). */
static size_t step(size_t left)
{
	return left < PIPE_BUF ? left : PIPE_BUF;
}

static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
	size_t done = 0;

	(void)cookie;
	while (done < size && !first_error) {
		ssize_t written;

		if (!fw_interrupt_writable(STDOUT_FILENO)) {
			first_error = ECANCELED;
			break;
		}
		written = write(STDOUT_FILENO, bytes + done, step(size - done));
		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR && errno != EAGAIN)
			first_error = errno;
	}
	return first_error ? 0 : (ssize_t)size;
}

/* A closed descriptor would go to the next file that is opened, and output into that. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void fw_output_begin(void)
{
	static char buffer[BUFFER_SIZE];
	const cookie_io_functions_t functions = { .write = write_all };
	FILE *stream;

	signal(SIGPIPE, SIG_IGN);
	fill_standard_descriptors();
	stream = fopencookie(NULL, "w", functions);
	if (!stream)
		return;
	setvbuf(stream, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof(buffer));
	stdout = stream; /* glibc lets programs assign it */
}

bool fw_output_flush(void)
{
	if (fflush(stdout) && !first_error)
		first_error = errno ? errno : EIO;
	return !first_error;
}

int fw_output_finish(void)
{
	if (fw_output_flush() || first_error == EPIPE)
		return fw_status_exit_code(FW_OK);
	if (first_error == ECANCELED)
		fprintf(stderr,
			"flowwatcher: the reader of standard output takes nothing: the last "
			"lines are lost\n");
	else
		fprintf(stderr, "flowwatcher: writing to standard output: %s\n",
			strerror(first_error));
	return fw_status_exit_code(FW_FAILED);
}

int fw_output_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	return size.ws_col;
}

bool fw_output_is_read(void)
{
	struct pollfd reader = { .fd = STDOUT_FILENO };

	return poll(&reader, 1, 0) <= 0 || !(reader.revents & POLLERR);
}

void fw_output_title(const char *title)
{
	bool colour = fw_output_colour();

	if (isatty(STDOUT_FILENO))
		printf("%s%s%s\n", colour ? "\033[1m" : "", title, colour ? "\033[0m" : "");
}

bool fw_output_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}
