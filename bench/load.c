/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench_load: one kind of traffic over loopback for a bounded time, measured at both ends.
 *
 * Both ends share the last CPU unless told otherwise: waking an idle CPU, in a virtual machine
 *above all, costs several times what a small request does, varies more than a monitor costs, and
 *would hide it. They are batch processes, so that a stream is not cut into pieces by when the
 *scheduler lets the receiver in. The result is one line of tab-separated values: workload
 *operations/s  payload bytes/s  CPU ns/operation  monitor's CPU ns/operation CPU is that of client,
 *server and ksoftirqd; the packet work of loopback runs in one of these.
 */
#include "load.h"
#include "cpu_clock.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_MESSAGE (128 * 1024)
#define WARM_UP_PART 5 /* the first fifth of the time is not measured */

struct options {
	const struct workload *workload;
	double seconds;
	pid_t monitor;
	bool two_cpus;
};

struct sample {
	uint64_t now_ns;
	uint64_t load_ns;
	uint64_t monitor_ns;
	uint64_t busy_ns; /* of the CPUs in use */
};

/* What the client hands to the parent, in memory they share. */
struct result {
	bool complete;
	uint64_t operations;
	struct sample begin, end;
};

static const struct workload *const workloads[] = {
	&load_tcp_request,
	&load_udp_request,
	&load_udp_stream,
	&load_tcp_small,
	&load_tcp_bulk,
	&load_tcp_short,
};
#define WORKLOAD_COUNT (sizeof(workloads) / sizeof(workloads[0]))

static int last_cpu(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
}

/* Not being allowed to costs precision only. */
static void settle(const struct options *options, bool on_first_cpu)
{
	const struct sched_param parameters = { .sched_priority = 0 };
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(on_first_cpu ? 0 : (size_t)last_cpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (!options->two_cpus && !options->workload->both_ways)
		sched_setscheduler(0, SCHED_BATCH, &parameters);
}

static void sample_take(struct sample *sample, const struct options *options, pid_t server)
{
	sample->now_ns = clock_now_ns();
	sample->load_ns =
		clock_process_ns(getpid()) + clock_process_ns(server) + clock_ksoftirqd_ns();
	sample->monitor_ns = options->monitor ? clock_process_ns(options->monitor) : 0;
	sample->busy_ns = clock_busy_ns(options->two_cpus ? -1 : last_cpu());
}

static uint64_t operate_until(struct load *load, uint64_t deadline_ns)
{
	uint64_t operations = 0;

	do {
		for (unsigned i = 0; i < load->workload->burst; i++)
			load->workload->operate(load);
		operations += load->workload->burst;
	} while (clock_now_ns() < deadline_ns);
	return operations;
}

static void run_client(
	struct load *load, const struct options *options, pid_t server, struct result *result)
{
	uint64_t length_ns = (uint64_t)(options->seconds * 1e9);
	uint64_t start_ns = clock_now_ns();

	clock_ksoftirqd_ns(); /* find the threads outside of the measured time */
	operate_until(load, start_ns + length_ns / WARM_UP_PART);
	sample_take(&result->begin, options, server);
	result->operations = operate_until(load, start_ns + length_ns);
	sample_take(&result->end, options, server);
	result->complete = true;
}

static pid_t fork_child(const struct options *options, bool on_first_cpu)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		load_die("forking");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	settle(options, on_first_cpu);
	return 0;
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int run(const struct options *options, struct result *result)
{
	struct load load = { .workload = options->workload, .client = -1, .accepted = -1 };
	pid_t server, client;
	int status = 1;

	load.buffer = calloc(1, MAX_MESSAGE);
	if (!load.buffer)
		load_die("memory for messages");
	load.workload->prepare(&load);
	server = fork_child(options, false);
	if (!server) {
		drop(&load.client);
		load.workload->serve(&load);
		_exit(0);
	}
	client = fork_child(options, options->two_cpus);
	if (!client) {
		drop(&load.accepted);
		run_client(&load, options, server, result);
		_exit(0);
	}
	waitpid(client, &status, 0);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	free(load.buffer);
	return status;
}

static void print_result(const struct options *options, const struct result *result)
{
	const struct sample *begin = &result->begin, *end = &result->end;
	const struct workload *workload = options->workload;
	double wall_ns = (double)(end->now_ns - begin->now_ns);
	double load_ns = (double)(end->load_ns - begin->load_ns);
	double monitor_ns = (double)(end->monitor_ns - begin->monitor_ns);
	double others_ns = (double)(end->busy_ns - begin->busy_ns) - load_ns - monitor_ns;
	double operations = (double)result->operations;
	double bytes = operations * (double)workload->size * (workload->both_ways ? 2 : 1);

	printf("%s\t%.1f\t%.0f\t%.2f\t%.2f\t%.1f\n", workload->name, operations * 1e9 / wall_ns,
		bytes * 1e9 / wall_ns, load_ns / operations, monitor_ns / operations,
		others_ns > 0 ? 100 * others_ns / wall_ns : 0);
}

static void print_usage(FILE *file)
{
	fprintf(file,
		"usage: bench_load [-t SECONDS] [-m PID_OF_MONITOR] [-2] WORKLOAD\n"
		"       bench_load -l\n\n"
		"  -t  how long, 0.05 to 60 seconds (default 1)\n"
		"  -m  measure the CPU time of this process too\n"
		"  -2  client on the first CPU, server on the last (default: both on the last)\n"
		"  -l  list the workloads: name, tab, description\n");
}

static int list_workloads(void)
{
	for (size_t i = 0; i < WORKLOAD_COUNT; i++)
		printf("%s\t%s\n", workloads[i]->name, workloads[i]->description);
	return 0;
}

static const struct workload *find_workload(const char *name)
{
	for (size_t i = 0; name && i < WORKLOAD_COUNT; i++)
		if (!strcmp(workloads[i]->name, name))
			return workloads[i];
	return NULL;
}

static bool parse(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt(argc, argv, "t:m:2")) != -1) {
		if (option == 't')
			options->seconds = atof(optarg);
		else if (option == 'm')
			options->monitor = atoi(optarg);
		else if (option == '2')
			options->two_cpus = true;
		else
			return false;
	}
	options->workload = find_workload(argv[optind]);
	return options->workload && options->seconds >= 0.05 && options->seconds <= 60;
}

int main(int argc, char **argv)
{
	struct options options = { .seconds = 1 };
	struct result *result;

	if (argc == 2 && !strcmp(argv[1], "-l"))
		return list_workloads();
	if (!parse(argc, argv, &options)) {
		print_usage(stderr);
		return 2;
	}
	result = mmap(
		NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (result == MAP_FAILED)
		load_die("shared memory");
	if (run(&options, result) || !result->complete) {
		fprintf(stderr, "bench_load: %s did not finish\n", options.workload->name);
		return 1;
	}
	print_result(&options, result);
	return 0;
}
