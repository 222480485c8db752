/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench_first: how long a command takes from exec to its first output. One line of tab-separated
 *values: ms to the first byte  ms to the end  CPU ms  largest resident memory in kB  bytes of
 *output With -m TEXT the first byte is that of the first line that holds TEXT; with -k the command
 *is ended (SIGTERM) once it came.
 */
#include "cpu_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
	const char *match;
	bool end_it;
	char **command;
};

struct result {
	uint64_t start_ns, first_ns, end_ns;
	size_t bytes;
};

static pid_t start(char **command, int *output)
{
	int ends[2], nowhere;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid) {
		close(ends[1]);
		*output = ends[0];
		return pid;
	}
	nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(ends[1], STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

/* Does the output so far hold the text? Only the first buffer's worth of output is looked at. */
static bool has_come(const char *text, char *seen, size_t room, const char *part, size_t size)
{
	size_t used = strlen(seen), more = size < room - used - 1 ? size : room - used - 1;

	if (!text)
		return true;
	memcpy(seen + used, part, more);
	seen[used + more] = 0;
	return strstr(seen, text);
}

static void follow(pid_t pid, int output, const struct options *options, struct result *result)
{
	char buffer[65536], seen[65536] = "";
	ssize_t got;

	while ((got = read(output, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		result->bytes += (size_t)got;
		if (result->first_ns ||
			!has_come(options->match, seen, sizeof(seen), buffer, (size_t)got))
			continue;
		result->first_ns = clock_now_ns();
		if (options->end_it)
			kill(pid, SIGTERM);
	}
	close(output);
}

static double ms(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns < from_ns ? 0 : (double)(to_ns - from_ns) / 1e6;
}

static double cpu_ms(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

static int measure(const struct options *options)
{
	struct result result = { .start_ns = clock_now_ns() };
	struct rusage usage;
	int output = -1, status = 0;
	pid_t pid = start(options->command, &output);

	if (pid < 0) {
		perror("bench_first: starting the command");
		return 1;
	}
	follow(pid, output, options, &result);
	if (wait4(pid, &status, 0, &usage) < 0 || !result.first_ns ||
		(!options->end_it && status)) {
		fprintf(stderr, "bench_first: %s failed or printed nothing\n", options->command[0]);
		return 1;
	}
	result.end_ns = clock_now_ns();
	printf("%.3f\t%.3f\t%.3f\t%ld\t%zu\n", ms(result.start_ns, result.first_ns),
		ms(result.start_ns, result.end_ns), cpu_ms(&usage), usage.ru_maxrss, result.bytes);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	int option;

	while ((option = getopt(argc, argv, "+km:")) != -1) {
		if (option == 'k')
			options.end_it = true;
		else if (option == 'm')
			options.match = optarg;
		else
			optind = argc;
	}
	options.command = argv + optind;
	if (optind >= argc) {
		fprintf(stderr, "usage: bench_first [-k] [-m TEXT] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	return measure(&options);
}
