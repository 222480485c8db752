/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whose events pass: targets and trees over the life of processes, with records made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/event_filter.h"
#include "cli/event_types.h"
#include "tests/unit/event_records.h"

/* Start times far enough apart to be different processes. */
#define START(number) ((number) * 1000000000ull)

static struct fw_event_filter filter;

static void given_target(const char *target)
{
	struct fw_error error;

	if (fw_selection_add(&filter.selection, target, &error) != FW_OK)
		fail_msg("%s", error.text);
}

/* What --pid and --tree refuse, as no such process exists. */
static void given_pid(uint32_t pid)
{
	given_target("pid:1");
	filter.selection.targets[filter.selection.count - 1].id = pid;
}

static void given_root(uint32_t pid)
{
	filter.roots = reallocarray(filter.roots, filter.root_count + 1, sizeof(*filter.roots));
	assert_non_null(filter.roots);
	filter.roots[filter.root_count++] = pid;
}

static int done(void **state)
{
	(void)state;
	fw_event_filter_done(&filter);
	return 0;
}

static void runs(uint32_t pid, uint32_t parent, uint64_t start_ns, const char *comm)
{
	struct fw_process process = { .pid = pid, .parent_pid = parent, .start_ns = start_ns };

	strcpy(process.comm, comm);
	assert_true(fw_event_filter_add(&filter, &process));
}

static bool passes(const struct fw_record_header *record)
{
	return fw_event_filter_passes(&filter, record);
}

static bool forks(uint32_t pid, uint64_t start_ns, uint32_t parent, uint64_t parent_start_ns,
	const char *comm)
{
	const struct create_event event = { .pid = pid, .start_ns = start_ns, .parent_pid = parent,
		.parent_start_ns = parent_start_ns, .cause = FW_CREATE_FORK, .comm = comm };

	return passes(create_record(&event));
}

static bool execs(uint32_t pid, uint64_t start_ns, const char *comm, const char *exe)
{
	const struct create_event event = { .pid = pid, .start_ns = start_ns, .parent_pid = 1,
		.cause = FW_CREATE_EXEC, .comm = comm, .exe = exe };

	return passes(create_record(&event));
}

static bool exits(uint32_t pid, uint64_t start_ns, const char *comm)
{
	return passes(exit_record(pid, start_ns, comm));
}

static bool maps(uint32_t pid)
{
	return passes(image_record(pid, "/lib/libc.so.6"));
}

static bool starts_thread(uint32_t pid, uint64_t start_ns)
{
	return passes(thread_record(FW_RECORD_THREAD_CREATE, pid, start_ns, pid + 1));
}

static bool closes(uint32_t pid, uint64_t start_ns, const char *comm)
{
	return passes(connection_record(FW_RECORD_CONNECTION_CLOSE, pid, start_ns, comm));
}

/* What was refused is told with its process, and its user where the system knows it no more. */
static void blocks(void **state)
{
	struct fw_blocked_record *record;

	(void)state;
	given_target("user:root");
	given_target("comm:curl");
	assert_true(passes(blocked_record(PID(1), START(1), "curl", FW_BLOCKED_CONNECT)));
	assert_false(passes(blocked_record(PID(2), START(2), "wget", FW_BLOCKED_CONNECT)));
	record = (void *)blocked_record(PID(3), START(3), "wget", FW_BLOCKED_CUT);
	record->uid = 0;
	assert_true(passes(&record->header));
}

static void everything(void **state)
{
	(void)state;
	assert_false(fw_event_filter_is_used(&filter));
	assert_int_equal(fw_event_filter_types(&filter), 0);
	assert_true(forks(PID(1), START(1), PID(2), START(2), "sh"));
	assert_true(exits(PID(1), START(1), "sh"));
	assert_true(closes(0, 0, ""));
	assert_false(passes(record_of(FW_RECORD_LOSS, sizeof(struct fw_loss_record))));
	assert_false(passes(record_of(FW_RECORD_TYPE_COUNT, 32)));
	assert_null(filter.processes);
}

static void needs_lives(void **state)
{
	(void)state;
	given_target("comm:curl");
	assert_int_equal(fw_event_filter_types(&filter),
		FW_EVENT_TYPE_BIT(FW_RECORD_PROCESS_CREATE) |
			FW_EVENT_TYPE_BIT(FW_RECORD_PROCESS_EXIT));
}

/* By what the record says, since the process may be gone. */
static void by_record(void **state)
{
	struct create_event event = { .pid = PID(1), .start_ns = START(1), .cause = FW_CREATE_EXEC,
		.comm = "curl", .exe = "/usr/bin/curl", .uid = 4242,
		.cgroup = "/system.slice/web.service/inner" };
	static const struct {
		const char *target;
		bool passes;
	} vectors[] = {
		{ "comm:curl", true },
		{ "comm:wget", false },
		{ "exe:/usr/bin/curl", true },
		{ "exe:/usr/bin/wget", false },
		{ "user:4242", true },
		{ "user:0", false },
		{ "cgroup:/system.slice", true },
		{ "cgroup:/system.slice/web.service/inner", true },
		{ "cgroup:/system.slice/web", false },
		{ "unit:web.service", true },
		{ "unit:ssh.service", false },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		given_target(vectors[i].target);
		if (passes(create_record(&event)) != vectors[i].passes)
			fail_msg("%s", vectors[i].target);
		fw_event_filter_done(&filter);
	}
	/* Only the end of a path is known: that of a longer target may be it, another may not. */
	event.cgroup = "/inner";
	event.flags = FW_EVENT_CGROUP_CUT;
	given_target("cgroup:/inner");
	assert_false(passes(create_record(&event)));
}

static void long_exe(void **state)
{
	char target[600] = "exe:/", *exe = target + strlen("exe:");
	struct create_event event = { .pid = PID(1), .start_ns = START(1), .cause = FW_CREATE_EXEC,
		.exe = exe };

	(void)state;
	memset(target + strlen(target), 'd', 500);
	given_target(target);
	assert_true(passes(create_record(&event)));
	exe[strlen(exe) - 1] = 'x';
	event.pid = PID(2);
	assert_false(passes(create_record(&event)));
}

/* From its exec on until its exit, and what is closed after that. */
static void from_exec_to_exit(void **state)
{
	(void)state;
	given_target("exe:/usr/bin/curl");
	assert_false(forks(PID(5), START(5), PID(1), START(1), "sh"));
	assert_false(maps(PID(5)));
	assert_true(execs(PID(5), START(5), "curl", "/usr/bin/curl"));
	assert_true(maps(PID(5)));
	assert_true(starts_thread(PID(5), START(5)));
	assert_true(closes(PID(5), START(5), "curl"));
	assert_true(execs(PID(5), START(5), "sh", "/bin/sh")); /* wanted once, wanted for good */
	assert_true(exits(PID(5), START(5), "sh"));
	assert_true(closes(PID(5), START(5), "sh"));
	assert_false(closes(PID(6), START(6), "sh"));
}

/* A child's name at its fork is its parent's. */
static void children_by_name(void **state)
{
	(void)state;
	given_target("comm:bash");
	assert_true(forks(PID(5), START(5), PID(1), START(1), "bash"));
	assert_true(execs(PID(5), START(5), "ls", "/bin/ls"));
	assert_true(exits(PID(5), START(5), "ls"));
}

static void pid_reuse(void **state)
{
	(void)state;
	given_pid(PID(5));
	runs(PID(5), 0, START(5), "old");
	assert_true(starts_thread(PID(5), START(5)));
	assert_true(exits(PID(5), START(5), "old"));
	assert_true(closes(PID(5), START(5), "old"));
	assert_false(forks(PID(5), START(9), PID(1), START(1), "new"));
	assert_false(execs(PID(5), START(9), "newer", "/bin/newer"));
	assert_false(maps(PID(5)));
	assert_false(exits(PID(5), START(9), "newer"));
}

static void pid_reuse_of_others(void **state)
{
	(void)state;
	given_target("comm:curl");
	assert_true(forks(PID(5), START(5), PID(1), START(1), "curl"));
	assert_true(exits(PID(5), START(5), "curl"));
	assert_false(forks(PID(5), START(9), PID(1), START(1), "wget"));
	assert_false(maps(PID(5)));
	/* The connection of the first one is not that of the second. */
	assert_true(closes(PID(5), START(5), "curl"));
	assert_false(closes(PID(5), START(9), "wget"));
	/* What is left of one that nobody knew does not push out the one that has its pid. */
	assert_true(forks(PID(7), START(9), PID(1), START(1), "curl"));
	assert_false(closes(PID(7), START(2), "wget"));
	assert_true(maps(PID(7)));
}

/* Processes that were there before, known by what a record tells if the system knows nothing. */
static void not_seen_before(void **state)
{
	(void)state;
	given_target("comm:curl");
	assert_true(closes(PID(1), START(1), "curl"));
	assert_true(exits(PID(1), START(1), "curl"));
	assert_false(closes(PID(2), START(2), "wget"));
	assert_false(maps(PID(3)));
	assert_false(closes(0, 0, "wget"));
	assert_true(closes(0, 0, "curl"));
}

/* Ourselves, as the system knows us. */
static void asks_the_system(void **state)
{
	char target[32];

	(void)state;
	snprintf(target, sizeof(target), "user:%u", (unsigned int)geteuid());
	given_target(target);
	assert_true(maps((uint32_t)getpid()));
	assert_false(maps(PID(1)));
}

static void tree(void **state)
{
	(void)state;
	given_root(PID(10));
	/* Children before their parents, as no order is promised, nor one of their pids. */
	runs(PID(3), PID(4), START(6), "its child");
	runs(PID(4), PID(12), START(5), "grandchild's child");
	runs(PID(12), PID(11), START(4), "grandchild");
	runs(PID(11), PID(10), START(3), "child");
	runs(PID(10), PID(9), START(2), "root");
	runs(PID(9), 1, START(1), "other");
	fw_event_filter_settle(&filter);
	assert_true(maps(PID(10)));
	assert_true(maps(PID(11)));
	assert_true(maps(PID(12)));
	assert_true(maps(PID(3)));
	assert_false(maps(PID(9)));

	assert_true(forks(PID(13), START(5), PID(12), START(4), "x"));
	assert_true(forks(PID(14), START(6), PID(13), START(5), "x"));
	assert_false(forks(PID(15), START(6), PID(9), START(1), "x"));
	assert_true(exits(PID(13), START(5), "x"));
	/* Its child has another parent now and is one of the tree nevertheless, and so are its
	 * own. */
	assert_true(execs(PID(14), START(6), "y", "/bin/y"));
	assert_true(forks(PID(16), START(7), PID(14), START(6), "y"));
	/* So it is when the root has gone. */
	assert_true(exits(PID(10), START(2), "root"));
	assert_true(forks(PID(17), START(8), PID(16), START(7), "y"));
	assert_true(exits(PID(17), START(8), "y"));
}

/* Neither a new process with the root's pid nor one with a pid that the tree had belongs to it. */
static void tree_pid_reuse(void **state)
{
	(void)state;
	given_root(PID(10));
	runs(PID(10), 1, START(2), "root");
	fw_event_filter_settle(&filter);
	assert_true(forks(PID(11), START(3), PID(10), START(2), "x"));
	assert_true(exits(PID(11), START(3), "x"));
	assert_true(exits(PID(10), START(2), "root"));
	assert_false(forks(PID(10), START(5), 1, START(1), "new"));
	assert_false(execs(PID(10), START(5), "new", "/bin/new"));
	assert_false(forks(PID(11), START(6), PID(10), START(5), "new"));
	assert_false(maps(PID(11)));
}

/* A creation that was lost is found by learning again. */
static void tree_with_loss(void **state)
{
	(void)state;
	given_root(PID(10));
	runs(PID(10), 1, START(2), "root");
	fw_event_filter_settle(&filter);
	runs(PID(11), PID(10), START(3), "x");
	runs(PID(10), 1, START(2), "root");
	fw_event_filter_settle(&filter);
	assert_true(maps(PID(11)));
	assert_true(exits(PID(11), START(3), "x"));
}

/* A root that was not there to be learned, as in a recording without its beginning. */
static void tree_of_unseen_root(void **state)
{
	(void)state;
	given_root(PID(10));
	assert_true(closes(PID(10), START(2), "root"));
	assert_true(forks(PID(11), START(3), PID(10), START(2), "child"));
	assert_false(forks(PID(10), START(9), 1, START(1), "new"));
}

/* Any of targets and trees. */
static void tree_and_target(void **state)
{
	(void)state;
	given_root(PID(10));
	given_target("comm:curl");
	runs(PID(10), 1, START(2), "root");
	fw_event_filter_settle(&filter);
	assert_true(forks(PID(11), START(3), PID(10), START(2), "x"));
	assert_true(forks(PID(12), START(3), 1, START(1), "curl"));
	assert_false(forks(PID(13), START(3), 1, START(1), "wget"));
}

/* Start times from /proc have steps of 10 ms. */
static void coarse_start(void **state)
{
	(void)state;
	given_root(PID(10));
	runs(PID(10), 1, 5000000000ull, "root");
	fw_event_filter_settle(&filter);
	assert_true(forks(PID(11), START(6), PID(10), 5009999999ull, "x"));
	assert_true(closes(PID(10), 5009999999ull, "root"));
	assert_false(closes(PID(10), 4000000000ull, "before"));
}

/* Exited processes are forgotten in the end, and the later ones of their pid are not. */
static void forgets(void **state)
{
	(void)state;
	given_target("comm:curl");
	assert_true(forks(PID(1), START(1), 1, 1, "curl"));
	assert_true(exits(PID(1), START(1), "curl"));
	assert_true(forks(PID(2), START(1), 1, 1, "curl"));
	assert_true(exits(PID(2), START(1), "curl"));
	assert_true(forks(PID(2), START(2), 1, 1, "curl"));
	for (uint32_t i = 0; i < FW_EVENT_FILTER_DEPARTED; i++) {
		assert_false(forks(PID(10) + i, START(3), 1, 1, "wget"));
		assert_false(exits(PID(10) + i, START(3), "wget"));
	}
	assert_true(maps(PID(2)));
	assert_false(maps(PID(1)));
	assert_true(exits(PID(2), START(2), "curl"));
}

static void add_tree(void **state)
{
	struct fw_error error;
	char pid[16];

	(void)state;
	assert_int_equal(fw_event_filter_add_tree(&filter, "x", &error), FW_USAGE);
	assert_int_equal(fw_event_filter_add_tree(&filter, "0", &error), FW_USAGE);
	assert_int_equal(fw_event_filter_add_tree(&filter, "2147483647", &error), FW_NOT_FOUND);
	assert_int_equal(filter.root_count, 0);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(fw_event_filter_add_tree(&filter, pid, &error), FW_OK);
	assert_int_equal(filter.root_count, 1);
}

/* Of a real process: ourselves and a child that was there before. */
static void learns(void **state)
{
	struct fw_error error;
	char self[16];
	pid_t child;

	(void)state;
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	assert_true(child > 0);
	snprintf(self, sizeof(self), "%d", (int)getpid());
	assert_int_equal(fw_event_filter_add_tree(&filter, self, &error), FW_OK);
	assert_int_equal(fw_event_filter_learn(&filter, &error), FW_OK);
	assert_int_equal(fw_event_filter_learn(&filter, &error), FW_OK);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_true(maps((uint32_t)child));
	assert_true(maps((uint32_t)getpid()));
	assert_false(maps((uint32_t)getppid()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(everything, done),
		cmocka_unit_test_teardown(blocks, done),
		cmocka_unit_test_teardown(needs_lives, done),
		cmocka_unit_test_teardown(by_record, done),
		cmocka_unit_test_teardown(long_exe, done),
		cmocka_unit_test_teardown(from_exec_to_exit, done),
		cmocka_unit_test_teardown(children_by_name, done),
		cmocka_unit_test_teardown(pid_reuse, done),
		cmocka_unit_test_teardown(pid_reuse_of_others, done),
		cmocka_unit_test_teardown(not_seen_before, done),
		cmocka_unit_test_teardown(asks_the_system, done),
		cmocka_unit_test_teardown(tree, done),
		cmocka_unit_test_teardown(tree_pid_reuse, done),
		cmocka_unit_test_teardown(tree_with_loss, done),
		cmocka_unit_test_teardown(tree_of_unseen_root, done),
		cmocka_unit_test_teardown(tree_and_target, done),
		cmocka_unit_test_teardown(coarse_start, done),
		cmocka_unit_test_teardown(forgets, done),
		cmocka_unit_test_teardown(add_tree, done),
		cmocka_unit_test_teardown(learns, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
