// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The processes of a run: a limited side, perhaps of several processes, and a free side. */
#include "rate_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define SECOND_NS INT64_C(1000000000)
/* From the release of the sides to the first second: threads are made meanwhile. */
#define LEAD_NS (SECOND_NS / 10)
#define GO_POLL_US 5000

int64_t fw_rate_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static int64_t cpu_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_NS +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

int64_t fw_rate_process_cpu_ns(void)
{
	return cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
}

/* Without what is nice: spinners that keep processors awake, so that ticks sample all the rest. */
int64_t fw_rate_machine_cpu_ns(void)
{
	long long user, nice, kernel, idle, io, interrupt, soft, stolen;
	FILE *file = fopen("/proc/stat", "r");
	int fields = 0;

	if (file) {
		fields = fscanf(file, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &user, &nice,
			&kernel, &idle, &io, &interrupt, &soft, &stolen);
		fclose(file);
	}
	if (fields != 8)
		return 0;
	return (user + kernel + interrupt + soft) * (SECOND_NS / sysconf(_SC_CLK_TCK));
}

/* Complete from the moment it can be seen. */
static void write_pid(const char *path, pid_t pid)
{
	char *temporary;
	FILE *file;

	if (asprintf(&temporary, "%s.new", path) < 0)
		fw_fail("memory for a path");
	file = fopen(temporary, "w");
	if (!file || fprintf(file, "%d\n", pid) < 0 || fclose(file) != 0 ||
		rename(temporary, path) < 0)
		fw_fail(path);
	free(temporary);
}

void fw_rate_announce(pid_t pid)
{
	char word[32];
	struct stat info;

	if (fw_rate.pid_file)
		write_pid(fw_rate.pid_file, pid);
	snprintf(word, sizeof(word), "READY %d", pid);
	if (fw_rate.wait)
		fw_stage_announce(word);
	while (fw_rate.go_file && stat(fw_rate.go_file, &info) < 0)
		usleep(GO_POLL_US);
}

static void worker(struct fw_rate_side *side, unsigned int number)
{
	fw_semaphore_await(&side->shared->begin);
	fw_rate_run_flows(side, number, side->processes);
	sem_post(&side->shared->arrived);
	fw_semaphore_await(&side->shared->finish);
}

/* One process does it all itself: it is the one that was announced. */
static void run_workers(struct fw_rate_side *side)
{
	unsigned int i;
	pid_t pid;

	if (side->processes == 1) {
		worker(side, 0);
		return;
	}
	for (i = 0; i < side->processes; i++) {
		pid = fork();
		if (pid < 0)
			fw_fail("fork");
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			fw_process_bound();
			worker(side, i);
			_exit(0);
		}
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void run_side(void *argument)
{
	struct fw_rate_side *side = argument;
	struct fw_rate_shared *shared = side->shared;

	prctl(PR_SET_NAME, side->limited ? "fwrate-limited" : "fwrate-free");
	fw_netns_enter(side->limited ? fw_rate.limited_netns : fw_rate.free_netns);
	if (fw_rate.existing)
		fw_rate_open_flows(side);
	sem_post(&shared->arrived);
	fw_semaphore_await(&shared->go);
	if (!fw_rate.existing)
		fw_rate_open_flows(side);
	sem_post(&shared->arrived);
	run_workers(side);
	*(side->limited ? &shared->limited_cpu_ns : &shared->free_cpu_ns) =
		fw_rate_process_cpu_ns();
}

/* The main process's part of a step: all processes have arrived at it. */
static void await_arrivals(struct fw_rate_shared *shared, unsigned int count)
{
	while (count-- > 0)
		fw_semaphore_await_children(&shared->arrived);
}

static void release(sem_t *semaphore, unsigned int count)
{
	while (count-- > 0)
		sem_post(semaphore);
}

static pid_t spawn_side(struct fw_rate_side *side, struct fw_rate_shared *shared, bool limited)
{
	side->shared = shared;
	side->limited = limited;
	side->sends = limited == fw_rate.up;
	side->listens = limited == fw_rate.limited_listens;
	side->processes = limited ? fw_rate.processes : 1;
	return fw_spawn(limited ? "limited" : "free", run_side, side, NULL);
}

void fw_rate_run(struct fw_rate_shared *shared)
{
	static struct fw_rate_side limited_side, free_side;
	unsigned int workers = fw_rate.processes + 1;
	pid_t limited;

	sem_init(&shared->arrived, 1, 0);
	sem_init(&shared->go, 1, 0);
	sem_init(&shared->begin, 1, 0);
	sem_init(&shared->finish, 1, 0);
	sem_init(&shared->listening, 1, 0);
	sem_init(&shared->bound, 1, 0);
	limited = spawn_side(&limited_side, shared, true);
	spawn_side(&free_side, shared, false);
	await_arrivals(shared, 2);
	fw_rate_announce(limited);
	release(&shared->go, 2);
	await_arrivals(shared, 2);
	shared->start_ns = fw_rate_now_ns() + LEAD_NS;
	shared->machine_cpu_ns = fw_rate_machine_cpu_ns();
	release(&shared->begin, workers);
	await_arrivals(shared, workers);
	shared->machine_cpu_ns = fw_rate_machine_cpu_ns() - shared->machine_cpu_ns;
	release(&shared->finish, workers);
	fw_reap_all();
}
