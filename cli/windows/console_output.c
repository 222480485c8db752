/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* output.h on Windows. Texts are UTF-8 with bare line feeds, on a console as in a pipe. */
#include "cli/output.h"

#include "core/status.h"
#include "flowwatcher/error.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define BUFFER_SIZE 16384
#define VIRTUAL_TERMINAL 0x0004 /* ENABLE_VIRTUAL_TERMINAL_PROCESSING, since Windows 10 */

static int first_error; /* errno of the first failed write */
static bool is_console, has_colours;
static UINT code_page_before;

static void restore_code_page(void)
{
	SetConsoleOutputCP(code_page_before);
}

/* What other programs write to the console afterwards is to be read as before. */
static void begin_console(HANDLE console, DWORD mode)
{
	is_console = true;
	has_colours = SetConsoleMode(console, mode | VIRTUAL_TERMINAL);
	code_page_before = GetConsoleOutputCP();
	if (code_page_before && code_page_before != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
		atexit(restore_code_page);
}

void fw_output_begin(void)
{
	static char buffer[BUFFER_SIZE];
	HANDLE console = GetStdHandle(STD_OUTPUT_HANDLE);
	DWORD mode;

	_setmode(_fileno(stdin), _O_BINARY);
	_setmode(_fileno(stdout), _O_BINARY);
	_setmode(_fileno(stderr), _O_BINARY);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (GetConsoleMode(console, &mode))
		begin_console(console, mode);
}

bool fw_output_flush(void)
{
	if (fflush(stdout) && !first_error)
		first_error = errno ? errno : EIO;
	return !first_error;
}

/* A pipe whose reader has gone gives EINVAL here, and a full disk ENOSPC. */
int fw_output_finish(void)
{
	if (fw_output_flush() || first_error == EPIPE || (first_error == EINVAL && !fw_output_is_read()))
		return fw_status_exit_code(FW_OK);
	fprintf(stderr, "flowwatcher: writing to standard output: %s\n", strerror(first_error));
	return fw_status_exit_code(FW_FAILED);
}

int fw_output_columns(void)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!is_console || !GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
		return 0;
	return info.srWindow.Right - info.srWindow.Left + 1;
}

bool fw_output_is_read(void)
{
	HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
	DWORD written;

	if (GetFileType(output) != FILE_TYPE_PIPE)
		return true;
	return WriteFile(output, "", 0, &written, NULL) ||
	       (GetLastError() != ERROR_NO_DATA && GetLastError() != ERROR_BROKEN_PIPE);
}

void fw_output_title(const char *title)
{
	bool colour = fw_output_colour();

	if (is_console)
		printf("%s%s%s\n", colour ? "\033[1m" : "", title, colour ? "\033[0m" : "");
}

bool fw_output_colour(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return has_colours && !(no_colour && *no_colour);
}
