// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Ends of processes of several threads: by exec, after the first thread, all at the same time. */
#include "event_generator.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8u
#define IDLE_THREADS 2u
#define STACK_BYTES (64u * 1024u)

pthread_t fw_thread_start(void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	pthread_t thread;

	if (pthread_attr_init(&attributes) != 0 ||
		(errno = pthread_attr_setstacksize(&attributes, STACK_BYTES)) != 0 ||
		(errno = pthread_create(&thread, &attributes, run, argument)) != 0)
		fw_event_fail("a new thread");
	pthread_attr_destroy(&attributes);
	return thread;
}

static void counted_thread(void *(*run)(void *), void *argument)
{
	fw_thread_start(run, argument);
	fw_event_self->threads++;
}

static void *idle(void *argument)
{
	for (;;)
		pause();
	return NULL;
}

static void *exec_in_thread(void *argument)
{
	pthread_barrier_wait(argument);
	fw_exec_row(fw_event_self);
}

/* The pid stays; the ids of all threads beside the first end. */
static void exec_by_thread(void *argument)
{
	static char *arguments[] = { "fwevents_tiny", "by a thread", NULL };
	pthread_barrier_t counted;
	unsigned int i;

	pthread_barrier_init(&counted, NULL, 2);
	for (i = 0; i < IDLE_THREADS; i++)
		counted_thread(idle, NULL);
	counted_thread(exec_in_thread, &counted);
	fw_event_exec_planned(fw_event_self, fw_tiny(), arguments);
	fw_event_self->execs_by_thread++;
	pthread_barrier_wait(&counted);
	idle(NULL);
}

void fw_run_exec_by_thread(void)
{
	fw_child_run("exec by its last thread", exec_by_thread, NULL);
}

/* Until the first thread is a zombie; bounded by the process's alarm. */
static void await_first_thread_end(void)
{
	char path[64], text[512];
	const char *state = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (!state || state[2] != 'Z') {
		usleep(1000);
		file = fopen(path, "re");
		if (!file || !fgets(text, sizeof(text), file))
			fw_event_fail(path);
		fclose(file);
		state = strrchr(text, ')');
	}
}

static void *end_later(void *argument)
{
	await_first_thread_end();
	if (argument)
		_exit(9);
	return NULL;
}

static void leader_exits_first(bool *by_exit)
{
	unsigned int i;

	for (i = 0; i < IDLE_THREADS; i++)
		counted_thread(end_later, NULL);
	if (by_exit)
		counted_thread(end_later, by_exit);
	pthread_exit(NULL);
}

static void all_return(void *argument)
{
	leader_exits_first(NULL);
}

static void one_exits(void *argument)
{
	leader_exits_first(argument);
}

/* With exit_group() in the second process: its code is the thread's, not the first one's. */
void fw_run_leader_exits_first(void)
{
	bool by_exit = true;

	fw_child_run("first thread ends first", all_return, NULL);
	fw_child_run("a later thread exits with 9", one_exits, &by_exit);
}

static pthread_barrier_t together;

static void *exit_with(void *argument)
{
	pthread_barrier_wait(&together);
	_exit((int)(intptr_t)argument);
}

/* Which thread's code becomes the process's is known once it has ended. */
static void exit_together(void *argument)
{
	unsigned int i;

	pthread_barrier_init(&together, NULL, THREADS);
	for (i = 1; i < THREADS; i++)
		counted_thread(exit_with, (void *)(intptr_t)i);
	exit_with(NULL);
}

void fw_run_exits_concurrently(void)
{
	unsigned long i;

	for (i = 0; i < fw_number(); i++) {
		fw_pace_await(i);
		fw_child_run("all threads exit at once", exit_together, NULL);
	}
}
