/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nt_check.h"

#define OUTPUT_MAX 65536
#define TEST_SECONDS 300

static unsigned passed, failed;
static const char *only;
static char output[OUTPUT_MAX];

void nt_check_failed(const char *text, const char *file, int line)
{
	fflush(stdout);
	fprintf(stderr, "%s:%d: failed: %s (NT_SEED %llu)\n", file, line, text, (unsigned long long)nt_seed());
	_exit(1);
}

void nt_check_equal(long long actual, long long expected, const char *text, const char *file, int line)
{
	if (actual == expected)
		return;
	fflush(stdout);
	fprintf(stderr, "%s:%d: %s is %lld (0x%llx), not %lld (0x%llx) (NT_SEED %llu)\n", file, line, text, actual,
		actual, expected, expected, (unsigned long long)nt_seed());
	_exit(1);
}

static void child(void (*test)(void), int out)
{
	dup2(out, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	alarm(TEST_SECONDS);
	test();
	fflush(NULL);
	_exit(0);
}

/* Runs it apart; what it said is in `output`. Returns the wait status. */
static int run(void (*test)(void))
{
	size_t used = 0;
	ssize_t count;
	int ends[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe(ends) || (pid = fork()) < 0) {
		perror("nt_test");
		exit(1);
	}
	if (!pid)
		child(test, ends[1]);
	close(ends[1]);
	while ((count = read(ends[0], output + used, OUTPUT_MAX - 1 - used)) > 0)
		used += (size_t)count;
	close(ends[0]);
	output[used] = 0;
	waitpid(pid, &status, 0);
	return status;
}

static void verdict(const char *name, bool good, int status)
{
	if (good) {
		passed++;
		printf("ok %s\n", name);
		return;
	}
	failed++;
	printf("not ok %s (%s %d)\n%s", name, WIFSIGNALED(status) ? "signal" : "exit code",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), output);
}

static bool wanted(const char *name)
{
	return !only || strstr(name, only);
}

void nt_test(const char *name, void (*test)(void))
{
	int status;

	if (!wanted(name))
		return;
	status = run(test);
	verdict(name, WIFEXITED(status) && !WEXITSTATUS(status), status);
	if (getenv("NT_VERBOSE"))
		fputs(output, stdout);
}

void nt_test_violation(const char *name, int rule, const char *part, void (*test)(void))
{
	char begin[32];
	const char *at;
	int status;

	if (!wanted(name))
		return;
	status = run(test);
	snprintf(begin, sizeof(begin), "VIOLATION NT-%d: ", rule);
	at = strstr(output, begin);
	verdict(name, WIFEXITED(status) && WEXITSTATUS(status) == NT_VIOLATION_EXIT && at && strstr(at, part), status);
}

void nt_tests_begin(int argc, char **argv)
{
	only = argc > 1 ? argv[1] : NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

int nt_tests_end(void)
{
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
