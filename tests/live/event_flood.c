// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Many threads and short processes, summed up. What is counted has happened: a thread was joined, a
 * process was reaped and had ended well. */
#include "event_generator.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_AT_ONCE 64u

static char *tiny_arguments[] = { "fwevents_tiny", NULL };
static char *no_environment[] = { NULL };

static void *nothing(void *argument)
{
	return argument;
}

static void join(pthread_t thread)
{
	if (pthread_join(thread, NULL) != 0)
		fw_event_fail("pthread_join");
	fw_event_sums->threads++;
}

/* As soon as there are enough of them the oldest is joined. */
void fw_run_event_threads(void)
{
	pthread_t threads[THREADS_AT_ONCE];
	unsigned long i, number = fw_number();

	for (i = 0; i < number; i++) {
		if (i >= THREADS_AT_ONCE)
			join(threads[i % THREADS_AT_ONCE]);
		fw_pace_await(i);
		threads[i % THREADS_AT_ONCE] = fw_thread_start(nothing, NULL);
	}
	for (i = number > THREADS_AT_ONCE ? number - THREADS_AT_ONCE : 0; i < number; i++)
		join(threads[i % THREADS_AT_ONCE]);
}

static void count_process(pid_t pid, unsigned int execs)
{
	if (pid < 0)
		fw_event_fail("a new process");
	fw_event_sums->processes++;
	fw_child_await(pid);
	fw_event_sums->execs += execs;
	fw_event_sums->exits++;
}

static pid_t spawn_tiny(void)
{
	pid_t pid;

	errno = posix_spawn(&pid, fw_tiny(), NULL, NULL, tiny_arguments, no_environment);
	return errno ? -1 : pid;
}

static pid_t start_tiny(void)
{
	const char *path = fw_tiny();
	pid_t pid;

	if (fw_generator.start == FW_START_SPAWN)
		return spawn_tiny();
	pid = fw_generator.start == FW_START_VFORK ? vfork() : fork();
	if (pid == 0) {
		execve(path, tiny_arguments, no_environment);
		_exit(FW_EXIT_FAILED);
	}
	return pid;
}

void fw_run_fork_exec(void)
{
	unsigned long i;

	for (i = 0; i < fw_number(); i++) {
		fw_pace_await(i);
		count_process(start_tiny(), 1);
	}
}

static void fork_only(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	count_process(pid, 0);
}

void fw_run_fork_only(void)
{
	unsigned long i;

	for (i = 0; i < fw_number(); i++) {
		fw_pace_await(i);
		fork_only();
	}
}

/* Each process makes its children at once, so that their order is anybody's guess. */
static void grow(unsigned int depth)
{
	unsigned int i;
	pid_t pid;

	if (depth == 0)
		return;
	for (i = 0; i < fw_generator.width; i++) {
		pid = fork();
		if (pid == 0) {
			fw_child_begin(NULL);
			grow(depth - 1);
			_exit(0);
		}
		if (pid < 0)
			fw_event_fail("fork");
		fw_event_sums->processes++;
	}
	for (i = 0; i < fw_generator.width; i++) {
		fw_child_await(-1);
		fw_event_sums->exits++;
	}
}

void fw_run_fork_bomb(void)
{
	grow(fw_generator.depth);
}

static void kill_one(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		alarm(fw_generator.seconds + 1);
		for (;;)
			pause();
	}
	if (pid < 0)
		fw_event_fail("fork");
	fw_event_sums->processes++;
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		fw_event_fail("a killed process");
	fw_event_sums->exits++;
}

void fw_run_mixed(void)
{
	unsigned long i;

	for (i = 0; i < fw_number(); i++) {
		fw_pace_await(i);
		if (i % 4 == 0)
			join(fw_thread_start(nothing, NULL));
		else if (i % 4 == 1)
			fork_only();
		else if (i % 4 == 2)
			count_process(start_tiny(), 1);
		else
			kill_one();
	}
}
