// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The processes of a run: started, bounded in time, reaped, and stopped at stages on request. */
#include "traffic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILD_MAX 4096
#define STAGES 2

static pid_t children[CHILD_MAX];
static int child_count;
static bool is_main = true;

/* arrived: children write, main reads. gate: main closes its end, children read the end of file. */
static int arrived[STAGES][2];
static int gate[STAGES][2] = { { -1, -1 }, { -1, -1 } };
static const char *const stage_words[STAGES] = { "READY", "HOLD" };

_Noreturn static void leave(int code)
{
	fw_kill_all();
	if (is_main)
		exit(code);
	_exit(code);
}

_Noreturn void fw_fail(const char *what)
{
	dprintf(STDERR_FILENO, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(errno));
	leave(1);
}

_Noreturn void fw_skip(const char *format, ...)
{
	va_list arguments;
	char reason[256];

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	/* One write: both ends of a pair may skip at once. */
	dprintf(STDERR_FILENO, "SKIP: %s\n", reason);
	leave(FW_EXIT_SKIP);
}

void fw_process_bound(void)
{
	int i;

	is_main = false;
	child_count = 0;
	alarm(fw_traffic.seconds);
	for (i = 0; i < STAGES; i++) {
		if (gate[i][1] >= 0)
			close(gate[i][1]);
		gate[i][1] = -1;
	}
}

static void remember(pid_t pid)
{
	if (child_count == CHILD_MAX) {
		errno = ENOSPC;
		fw_fail("too many processes");
	}
	children[child_count++] = pid;
}

static void forget(pid_t pid)
{
	int i;

	for (i = 0; i < child_count; i++)
		if (children[i] == pid)
			children[i--] = children[--child_count];
}

pid_t fw_spawn(const char *role, fw_process_fn run, void *argument, struct fw_row **row_out)
{
	struct fw_row *row = fw_row_new(role);
	pid_t pid = fork();

	if (pid < 0)
		fw_fail("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fw_process_bound();
		fw_row_use(row);
		run(argument);
		_exit(0);
	}
	/* Set here and not by the child: only the parent knows the number outside a pid namespace.
	 */
	fw_row_set_pid(row, pid);
	remember(pid);
	if (row_out)
		*row_out = row;
	return pid;
}

static void check_status(pid_t pid, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status))
		leave(WEXITSTATUS(status));
	dprintf(STDERR_FILENO, "%s: process %d ended by signal %d (%s)\n",
		program_invocation_short_name, pid,
		WTERMSIG(status),
		WTERMSIG(status) == SIGALRM ? "time limit" : strsignal(WTERMSIG(status)));
	leave(1);
}

static bool is_child(pid_t pid)
{
	int i;

	for (i = 0; i < child_count; i++)
		if (children[i] == pid)
			return true;
	return false;
}

/* Any child that fails meanwhile ends the run: the others would wait for it in vain. */
void fw_reap(pid_t pid)
{
	int status;
	pid_t ended;

	while (is_child(pid)) {
		ended = waitpid(-1, &status, 0);
		if (ended < 0 && errno != EINTR)
			fw_fail("waitpid");
		if (ended <= 0)
			continue;
		forget(ended);
		check_status(ended, status);
	}
}

void fw_reap_ended(void)
{
	int status;
	pid_t ended = waitpid(-1, &status, WNOHANG);

	if (ended <= 0)
		return;
	forget(ended);
	check_status(ended, status);
}

void fw_semaphore_await(sem_t *semaphore)
{
	while (sem_wait(semaphore) < 0)
		if (errno != EINTR)
			fw_fail("sem_wait");
}

void fw_semaphore_await_children(sem_t *semaphore)
{
	struct timespec until;

	for (;;) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (sem_timedwait(semaphore, &until) == 0)
			return;
		if (errno == ETIMEDOUT)
			fw_reap_ended();
		else if (errno != EINTR)
			fw_fail("sem_timedwait");
	}
}

void fw_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	forget(pid);
}

void fw_reap_all(void)
{
	while (child_count > 0)
		fw_reap(children[0]);
}

void fw_kill_all(void)
{
	int i;

	for (i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
	for (i = 0; i < child_count; i++)
		waitpid(children[i], NULL, 0);
	child_count = 0;
}

static char process_state(pid_t pid)
{
	char path[64], text[512], *end;
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

/* Asleep several times in a row: once could be a page fault on the way into the call. */
void fw_wait_asleep(pid_t pid)
{
	int asleep = 0, tries;

	for (tries = 0; tries < 10000 && asleep < 5; tries++) {
		asleep = process_state(pid) == 'S' ? asleep + 1 : 0;
		usleep(1000);
	}
	if (asleep < 5) {
		errno = ETIMEDOUT;
		fw_fail("waiting for a process to block");
	}
}

void fw_stages_open(void)
{
	int i;

	for (i = 0; i < STAGES; i++)
		if (pipe(arrived[i]) < 0 || pipe(gate[i]) < 0)
			fw_fail("pipe");
}

static bool stage_wanted(int stage)
{
	return stage == 0 ? fw_traffic.wait : fw_traffic.hold;
}

void fw_stage_arrive(int stage)
{
	char byte = 0;

	if (!stage_wanted(stage))
		return;
	if (write(arrived[stage][1], &byte, 1) != 1)
		fw_fail("stage pipe");
	while (read(gate[stage][0], &byte, 1) < 0)
		if (errno != EINTR)
			fw_fail("stage pipe");
}

/* A line, or the end of the input, lets the run go on. */
void fw_stage_announce(const char *word)
{
	char byte;

	dprintf(STDERR_FILENO, "%s\n", word);
	while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		;
}

static void await_arrivals(int stage, int count)
{
	struct pollfd poller = { .fd = arrived[stage][0], .events = POLLIN };
	char byte;

	while (count > 0) {
		if (poll(&poller, 1, 100) > 0 && read(arrived[stage][0], &byte, 1) == 1)
			count--;
		else
			fw_reap_ended();
	}
}

void fw_stage_release(int stage, int count)
{
	if (!stage_wanted(stage))
		return;
	await_arrivals(stage, count);
	fw_stage_announce(stage_words[stage]);
	close(gate[stage][1]);
	gate[stage][1] = -1;
}

void *fw_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fw_fail("mmap");
	return memory;
}

static void out_of_time(int signal_number)
{
	static const char text[] = ": not done in time\n";
	ssize_t ignored = write(STDERR_FILENO, program_invocation_short_name,
		strlen(program_invocation_short_name));

	ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)ignored;
	fw_kill_all();
	_exit(1);
}

static void stop(int signal_number)
{
	fw_kill_all();
	_exit(1);
}

void fw_end_by_signals(void)
{
	signal(SIGALRM, out_of_time);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
}
