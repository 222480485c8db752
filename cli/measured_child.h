/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A command that is started, held before its first instruction, released, and waited for. One
 * thread. */
#ifndef FW_CLI_MEASURED_CHILD_H
#define FW_CLI_MEASURED_CHILD_H

#include "flowwatcher/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fw_measured_child {
	pid_t pid;
	int go;	     /* closing it with a byte written releases the child */
	int failure; /* errno of a failed exec comes here */
	int signals; /* signalfd */
	bool exited;
	bool not_executed; /* execvp() failed */
	int wait_status;
};

/* Fork; the child waits. Signals to us are from now on passed on to it. */
enum fw_status fw_measured_child_start(struct fw_measured_child *child, char **argv,
	struct fw_error *error);
/* Let it run. FW_NOT_FOUND, FW_DENIED, ...: it could not be executed. */
enum fw_status fw_measured_child_release(struct fw_measured_child *child, char **argv,
	struct fw_error *error);
/* Wait up to timeout_ms for its end, passing on signals that come. True: it has ended. */
bool fw_measured_child_wait(struct fw_measured_child *child, int timeout_ms);
/* Wait for its end, which comes at once if it never ran, and release everything. */
void fw_measured_child_done(struct fw_measured_child *child);

/* Exit code as a shell gives it: 128 + signal for a killed command. */
int fw_measured_child_exit_code(const struct fw_measured_child *child);

#endif
