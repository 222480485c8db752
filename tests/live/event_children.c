// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The processes of a run: started, bounded in time, reaped, and ended with it. */
#include "event_generator.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_MAX 256

static volatile sig_atomic_t children[CHILD_MAX]; /* 0: free; read by the signal handler */
static volatile sig_atomic_t stopped;		  /* the signal that ends the run */
static bool is_main = true;

static void kill_all(void)
{
	int i;

	for (i = 0; i < CHILD_MAX; i++)
		if (children[i] > 0)
			kill((pid_t)children[i], SIGKILL);
}

_Noreturn static void leave(int code)
{
	kill_all();
	if (!is_main)
		_exit(code);
	while (wait(NULL) > 0)
		;
	exit(code == FW_EXIT_FAILED ? 1 : code);
}

_Noreturn void fw_event_fail(const char *what)
{
	dprintf(STDERR_FILENO, "fwevents: %s: %s\n", what, strerror(errno));
	leave(FW_EXIT_FAILED);
}

_Noreturn void fw_event_skip(const char *format, ...)
{
	va_list arguments;
	char reason[512];

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	dprintf(STDERR_FILENO, "SKIP: %s\n", reason);
	leave(FW_EXIT_SKIP);
}

/* What the run waits for are its children, so their end ends every wait. */
static void stop(int signal_number)
{
	stopped = signal_number;
	kill_all();
}

/* The alarm comes again and again: for a child that was made just when it came first. */
void fw_event_limit(void)
{
	const struct itimerval time = { .it_value.tv_sec = fw_generator.seconds,
		.it_interval.tv_usec = 100000 };
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (setitimer(ITIMER_REAL, &time, NULL) < 0)
		fw_event_fail("setitimer");
}

void fw_event_check_time(void)
{
	if (!stopped || !is_main)
		return;
	dprintf(STDERR_FILENO, "fwevents: %s\n",
		stopped == SIGALRM ? "the time limit has passed (see --time)" : "interrupted");
	leave(FW_EXIT_FAILED);
}

static void remember(pid_t pid)
{
	int i;

	for (i = 0; i < CHILD_MAX && children[i] > 0; i++)
		;
	if (i == CHILD_MAX) {
		kill(pid, SIGKILL);
		errno = ENOSPC;
		fw_event_fail("too many processes at once");
	}
	children[i] = pid;
}

static void forget(pid_t pid)
{
	int i;

	for (i = 0; i < CHILD_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
}

/* The pid in the namespace of /proc, which is the main process's; getpid() is that of our own. */
static pid_t pid_outside(void)
{
	char text[16];
	ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);

	if (length <= 0)
		fw_event_fail("/proc/self (is /proc mounted?)");
	text[length] = '\0';
	return atoi(text);
}

void fw_child_begin(struct fw_event_row *row)
{
	static const int signals[] = { SIGALRM, SIGINT, SIGTERM };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	alarm(fw_generator.seconds + 1);
	is_main = false;
	for (i = 0; i < CHILD_MAX; i++)
		children[i] = 0;
	if (!row)
		return;
	fw_event_self = row;
	row->pid = pid_outside();
	row->pid_inside = getpid();
}

void fw_child_made(struct fw_event_row *row, pid_t pid)
{
	if (pid < 0)
		fw_event_fail("a new process");
	row->local_pid = pid;
	/* In another pid namespace this is not the number that the ledger is about; the child knows
	 * it. */
	if (fw_event_self->pid == fw_event_self->pid_inside)
		row->pid = pid;
	fw_event_self->forks++;
	remember(pid);
}

static struct fw_event_row *start(const char *role, fw_child_fn run, void *argument, bool bound)
{
	struct fw_event_row *row = fw_event_row_new(role);
	pid_t pid;

	fw_event_check_time();
	pid = fork();
	if (pid == 0) {
		if (bound)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		fw_child_begin(row);
		run(argument ? argument : row);
		_exit(0);
	}
	fw_child_made(row, pid);
	return row;
}

struct fw_event_row *fw_child_start(const char *role, fw_child_fn run, void *argument)
{
	return start(role, run, argument, true);
}

struct fw_event_row *fw_orphan_start(const char *role, fw_child_fn run, void *argument)
{
	return start(role, run, argument, false);
}

/* Out of the list before its pid is free for others. */
static int await_status(pid_t pid)
{
	siginfo_t info;
	int status;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			fw_event_fail("waitid");
	forget(pid);
	if (waitpid(pid, &status, 0) != pid)
		fw_event_fail("waitpid");
	fw_event_check_time();
	if (WIFEXITED(status) &&
		(WEXITSTATUS(status) == FW_EXIT_FAILED || WEXITSTATUS(status) == FW_EXIT_SKIP))
		leave(WEXITSTATUS(status)); /* it has said why */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		leave(FW_EXIT_FAILED);
	return status;
}

void fw_child_reap(struct fw_event_row *row)
{
	int status = await_status(row->local_pid);

	row->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	row->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void fw_child_run(const char *role, fw_child_fn run, void *argument)
{
	fw_child_reap(fw_child_start(role, run, argument));
}

void fw_child_await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fw_event_fail("waitpid");
	fw_event_check_time();
	if (status != 0) {
		errno = ECHILD;
		fw_event_fail("a process of the flood failed");
	}
}
