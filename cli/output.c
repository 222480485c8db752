/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/output.h"

#include "core/status.h"
#include "flowwatcher/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int first_error; /* errno of the first failed write */

bool fw_output_flush(void)
{
	errno = 0;
	if (fflush(stdout) && !first_error)
		first_error = errno ? errno : EIO;
	if (ferror(stdout) && !first_error)
		first_error = errno ? errno : EIO;
	return !first_error;
}

int fw_output_finish(void)
{
	if (fw_output_flush() || first_error == EPIPE)
		return fw_status_exit_code(FW_OK);
	fprintf(stderr, "flowwatcher: writing to standard output: %s\n", strerror(first_error));
	return fw_status_exit_code(FW_FAILED);
}

int fw_output_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	return size.ws_col;
}

bool fw_output_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}
