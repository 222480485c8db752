// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The life of a side: opened, used, quiet, told of the block, tried. */
#include "block.h"

#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

#define DRAIN_TICKS 15

static bool has(const struct fw_block_side *side, unsigned int flags)
{
	return side->scenario->flags & flags;
}

/* What was opened by another process is not opened here. */
static void prepare(struct fw_block_side *side)
{
	bool inherited = side->count > 0 || side->listener >= 0;

	if (!inherited && side->scenario->prepare[side->who])
		side->scenario->prepare[side->who](side);
	sem_post(&side->run->arrived);
	while (side->run->phase == FW_BLOCK_PHASE_EXCHANGE)
		fw_block_tick(side, true, true);
}

static void drain(struct fw_block_side *side)
{
	int i;

	for (i = 0; i < DRAIN_TICKS; i++)
		fw_block_tick(side, false, true);
}

static void shut(struct fw_block_side *side)
{
	if (side->count == 0 || shutdown(side->channels[0].descriptor, SHUT_WR) < 0)
		fw_fail("shutdown");
	side->channels[0].write_ended = true;
}

static void be_quiet(struct fw_block_side *side)
{
	bool subject = side->who == FW_BLOCK_SUBJECT;

	if (!has(side, subject ? FW_BLOCK_QUEUED_DOWN : FW_BLOCK_QUEUED_UP))
		drain(side);
	if (has(side, subject ? FW_BLOCK_QUEUED_UP : FW_BLOCK_QUEUED_DOWN))
		fw_block_fill(side);
	if (has(side, subject ? FW_BLOCK_SHUT_SUBJECT : FW_BLOCK_SHUT_PEER))
		shut(side);
	while (subject && has(side, FW_BLOCK_CLOSED) && side->count > 0)
		fw_block_channel_remove(side, 0);
	if (subject && has(side, FW_BLOCK_WAITING))
		fw_block_wait_start(side);
}

/* Up to the block. */
static void open_side(struct fw_block_side *side)
{
	prepare(side);
	if (!has(side, FW_BLOCK_FLOWING))
		be_quiet(side);
	sem_post(&side->run->arrived);
}

static void await_block(struct fw_block_side *side)
{
	while (has(side, FW_BLOCK_FLOWING) && side->run->phase < FW_BLOCK_PHASE_AFTER)
		fw_block_tick(side, true, true);
	fw_semaphore_await(&side->run->after);
}

static void *run_thread(void *argument)
{
	fw_block_after(argument);
	return NULL;
}

static void go_on_in_thread(struct fw_block_side *side)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run_thread, side);
	if (errno)
		fw_fail("pthread_create");
	pthread_join(thread, NULL);
}

static void await_child(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fw_fail("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void go_on_in_child(struct fw_block_side *side)
{
	pid_t pid = fork();

	if (pid < 0)
		fw_fail("fork");
	if (pid == 0) {
		fw_process_bound();
		if (has(side, FW_BLOCK_EXEC))
			fw_block_exec(side, "pump");
		fw_block_after(side);
		_exit(0);
	}
	await_child(pid);
}

/* A child opens, fills and exits: what it left in its send buffer is nobody's. */
static void open_orphan(struct fw_block_side *side)
{
	pid_t pid = fork();

	if (pid < 0)
		fw_fail("fork");
	if (pid == 0) {
		fw_process_bound();
		prepare(side);
		be_quiet(side);
		_exit(0);
	}
	await_child(pid);
	sem_post(&side->run->arrived);
}

static void open_passed(struct fw_block_side *side)
{
	sem_post(&side->run->arrived);
	while (has(side, FW_BLOCK_PASSED_BEFORE) && side->count == 0)
		fw_block_tick(side, false, false);
	sem_post(&side->run->arrived);
}

static void run_helper(struct fw_block_side *side)
{
	open_side(side);
	if (has(side, FW_BLOCK_PASSED_AFTER))
		await_block(side);
	fw_block_pass(side);
}

void fw_block_side_run(struct fw_block_side *side)
{
	bool subject = side->who == FW_BLOCK_SUBJECT;

	if (side->helper) {
		run_helper(side);
		return;
	}
	if (subject && has(side, FW_BLOCK_PASSED_BEFORE | FW_BLOCK_PASSED_AFTER))
		open_passed(side);
	else if (subject && has(side, FW_BLOCK_ORPHAN))
		open_orphan(side);
	else
		open_side(side);
	await_block(side);
	if (subject && has(side, FW_BLOCK_THREAD))
		go_on_in_thread(side);
	else if (subject && has(side, FW_BLOCK_CHILD | FW_BLOCK_EXEC))
		go_on_in_child(side);
	else
		fw_block_after(side);
}
