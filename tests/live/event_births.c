// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Ways for processes to be made and to end: vfork, shared memory, daemons, signals, exit codes. */
#include "event_generator.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define STACK_BYTES (256u * 1024u)

static char *tiny_arguments[] = { "fwevents_tiny", NULL };

static void exit_with(void *argument)
{
	_exit(*(const int *)argument);
}

static void die_by(void *argument)
{
	const struct rlimit no_core = { 0, 0 };
	int number = *(const int *)argument;
	volatile char *page = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	setrlimit(RLIMIT_CORE, &no_core);
	signal(number, SIG_DFL); /* a sanitizer would turn it into an exit code */
	if (number != SIGSEGV)
		raise(number);
	*page = 0; /* the fault itself, not only its signal */
	for (;;)
		pause();
}

static void wait_for_end(void *argument)
{
	for (;;)
		pause();
}

void fw_run_event_killed(void)
{
	static const int codes[] = { 0, 7, 255 };
	static const int signals[] = { SIGSEGV, SIGABRT, SIGTERM };
	struct fw_event_row *row;
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		fw_child_run("exits", exit_with, (void *)&codes[i]);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		fw_child_run("ends itself by a signal", die_by, (void *)&signals[i]);
	row = fw_child_start("killed by its parent", wait_for_end, NULL);
	kill(row->local_pid, SIGKILL);
	fw_child_reap(row);
}

static int alive[2];

static void daemon_itself(void *argument)
{
	struct fw_event_row *row = fw_event_self;

	/* Until the one between has ended and init, or a subreaper, is the parent. */
	while (getppid() == (pid_t)(intptr_t)argument)
		usleep(1000);
	row->exit_code = 4;
	_exit(4);
}

static void session_leader(void *argument)
{
	if (setsid() < 0)
		fw_event_fail("setsid");
	close(alive[0]);
	fw_orphan_start("daemon", daemon_itself, (void *)(intptr_t)getpid());
}

static void launcher(void *argument)
{
	fw_orphan_start("session leader", session_leader, NULL);
}

/* Not our children by the time they end, so it is the end of this pipe that shows it. */
void fw_run_event_daemon(void)
{
	ssize_t got;
	char byte;

	if (pipe(alive) < 0)
		fw_event_fail("pipe");
	fw_child_run("launcher", launcher, NULL);
	close(alive[1]);
	while ((got = read(alive[0], &byte, 1)) < 0 && errno == EINTR)
		fw_event_check_time();
	if (got != 0)
		fw_event_fail("waiting for the daemon");
}

void fw_run_event_vfork(void)
{
	struct fw_event_row *row = fw_event_row_new("vfork and exit");
	pid_t pid = vfork();

	if (pid == 0)
		_exit(3);
	fw_child_made(row, pid);
	fw_child_reap(row);

	row = fw_event_row_new("vfork and exec");
	fw_event_exec_planned(row, fw_tiny(), tiny_arguments);
	pid = vfork();
	if (pid == 0) {
		execv(row->exe, row->arguments);
		_exit(FW_EXIT_FAILED);
	}
	fw_child_made(row, pid);
	fw_child_reap(row);
}

static int return_code(void *argument)
{
	return 5;
}

static int exec_tiny(void *argument)
{
	struct fw_event_row *row = argument;

	execv(row->exe, row->arguments);
	return FW_EXIT_FAILED;
}

/* A process of its own that shares our memory: no thread, for it has a pid of its own. */
static void clone_with(struct fw_event_row *row, int flags, int (*run)(void *))
{
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	if (stack == MAP_FAILED)
		fw_event_fail("memory for a stack");
	pid = clone(run, stack + STACK_BYTES, flags | SIGCHLD, row);
	fw_child_made(row, pid);
	fw_child_reap(row);
	munmap(stack, STACK_BYTES);
}

void fw_run_clone_vm(void)
{
	struct fw_event_row *row = fw_event_row_new("clone with our memory");

	clone_with(row, CLONE_VM, return_code);
	row = fw_event_row_new("clone with memory and files");
	clone_with(row, CLONE_VM | CLONE_FS | CLONE_FILES, return_code);
	row = fw_event_row_new("clone with memory and exec");
	fw_event_exec_planned(row, fw_tiny(), tiny_arguments);
	clone_with(row, CLONE_VM, exec_tiny);
}
