// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What this program does after an exec of itself: `fwtraffic --after-exec WHAT LEDGER ROW SOCKET`.
 */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ledger_copy(void)
{
	const char *text = getenv("FWTRAFFIC_LEDGER");

	return text ? atoi(text) : -1;
}

_Noreturn void fw_exec_self(const char *what, int descriptor)
{
	char ledger[16], row[16], socket[16];

	snprintf(ledger, sizeof(ledger), "%d", ledger_copy());
	snprintf(row, sizeof(row), "%u", fw_row_index());
	snprintf(socket, sizeof(socket), "%d", descriptor);
	if (strcmp(what, "serve") == 0) {
		/* As a super-server leaves it: the connection is all there is to talk to. */
		dup2(descriptor, STDIN_FILENO);
		dup2(descriptor, STDOUT_FILENO);
		close(descriptor);
	}
	execl("/proc/self/exe", "fwtraffic", "--after-exec", what, ledger, row, socket,
		(char *)NULL);
	fw_fail("exec of this program");
}

static void serve(void)
{
	ssize_t got;

	do {
		got = fw_received(read(STDIN_FILENO, fw_buffer, 3001));
		if (got < 0)
			fw_fail("read");
	} while (got > 0);
	if (fw_sent(write(STDOUT_FILENO, fw_buffer, 2003)) != 2003)
		fw_fail("write");
}

static void go_on(int descriptor)
{
	fw_send_all(descriptor, 7001);
	fw_receive_exact(descriptor, 3001);
}

int fw_exec_main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "nothing") == 0)
		return 0;
	if (argc != 6) {
		fprintf(stderr, "fwtraffic: --after-exec is for this program's own use\n");
		return 2;
	}
	fw_process_bound();
	fw_ledger_join(atoi(argv[3]));
	fw_row_use_index((unsigned int)atoi(argv[4]));
	if (strcmp(argv[2], "serve") == 0)
		serve();
	else
		go_on(atoi(argv[5]));
	return 0;
}
