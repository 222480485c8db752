/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the system says about processes and users, asked about this process and its children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/host/host.h"

static void describes_itself(void **state)
{
	struct fw_process process;
	struct fw_error error;
	char exe[4096];

	assert_int_equal(prctl(PR_SET_NAME, "a) S (b"), 0);
	assert_int_equal(fw_host_process((uint32_t)getpid(), &process, &error), FW_OK);
	assert_int_equal(process.pid, getpid());
	assert_int_equal(process.parent_pid, getppid());
	assert_int_equal(process.uid, geteuid());
	assert_int_equal(process.flags, 0);
	assert_string_equal(process.comm, "a) S (b");
	assert_true(process.start_ns <= fw_host_boot_ns());
	assert_int_equal(fw_host_process_exe((uint32_t)getpid(), exe, sizeof(exe)), FW_OK);
	assert_string_equal(process.exe + strlen(process.exe) - 15, "host_linux_test");
	assert_string_equal(exe + strlen(exe) - 15, "host_linux_test");
	assert_int_equal(fw_host_process_exe((uint32_t)getpid(), exe, 5), FW_FAILED);
	assert_true(fw_host_process_runs(process.pid, process.start_ns));
	assert_false(fw_host_process_runs(process.pid, process.start_ns + 1));
}

static void tells_a_child_gone(void **state)
{
	struct fw_process process, unused = { .pid = 77 };
	struct fw_error error = { 0 };
	char text[64];
	siginfo_t info;
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	assert_int_equal(fw_host_process((uint32_t)child, &process, &error), FW_OK);
	assert_int_equal(process.parent_pid, getpid());
	assert_true(fw_host_process_runs(process.pid, process.start_ns));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_false(fw_host_process_runs(process.pid, process.start_ns));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(fw_host_process_runs(process.pid, process.start_ns));
	assert_int_equal(fw_host_process((uint32_t)child, &unused, &error), FW_NOT_FOUND);
	assert_int_equal(unused.pid, 77);
	assert_int_equal(error.status, FW_NOT_FOUND);
	assert_non_null(strstr(error.text, "is not running"));
	assert_int_equal(fw_host_process_exe((uint32_t)child, text, sizeof(text)), FW_NOT_FOUND);
	assert_int_equal(fw_host_process_cgroup((uint32_t)child, text, sizeof(text)), FW_NOT_FOUND);
}

static void *report_thread(void *argument)
{
	*(pid_t *)argument = gettid();
	struct fw_process process;

	return (void *)(intptr_t)fw_host_process((uint32_t)gettid(), &process, NULL);
}

static void a_thread_is_no_process(void **state)
{
	pthread_t thread;
	pid_t tid = 0;
	void *status;

	assert_int_equal(pthread_create(&thread, NULL, report_thread, &tid), 0);
	assert_int_equal(pthread_join(thread, &status), 0);
	assert_int_not_equal(tid, getpid());
	assert_int_equal((intptr_t)status, FW_NOT_FOUND);
}

static void units(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} vectors[] = {
		{ "/system.slice/ssh.service", "ssh.service" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope" },
		{ "/user.slice/user-1.slice/user@1.service/app.slice/x.service", "x.service" },
		{ "/system.slice/a.service/inner", "a.service" },
		{ "/system.slice/_cgroup.service", "cgroup.service" },
		{ "/user.slice", "user.slice" },
		{ "/", NULL },
		{ "", NULL },
		{ "/docker/0123", NULL },
		{ "/.service", NULL },
		{ "///x.mount///", "x.mount" },
	};
	char unit[FW_UNIT_SIZE];

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		enum fw_status status = fw_host_cgroup_unit(vectors[i].cgroup, unit, sizeof(unit));

		assert_int_equal(status, vectors[i].unit ? FW_OK : FW_NOT_FOUND);
		if (vectors[i].unit)
			assert_string_equal(unit, vectors[i].unit);
	}
	assert_int_equal(fw_host_cgroup_unit("/a.service", unit, 9), FW_NOT_FOUND);
	assert_int_equal(fw_host_cgroup_unit("/a.service", unit, 10), FW_OK);
}

static void users(void **state)
{
	static const char *const bad[] = { "", "no-such-user-here", "-1", "1x", " 1", "4294967295",
		"99999999999999999999999999" };
	uint32_t uid = 5;

	assert_int_equal(fw_host_user_id("root", &uid), FW_OK);
	assert_int_equal(uid, 0);
	assert_int_equal(fw_host_user_id("4294967294", &uid), FW_OK);
	assert_int_equal(uid, 4294967294u);
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++)
		assert_int_equal(fw_host_user_id(bad[i], &uid), FW_NOT_FOUND);
	assert_int_equal(uid, 4294967294u);
}

static void times(void **state)
{
	uint64_t first = fw_host_boot_ns(), second = fw_host_boot_ns();
	const uint64_t year_2020 = 1577836800ull * 1000000000ull;

	assert_true(first > 0 && second >= first);
	assert_true(fw_host_boot_to_utc_ns(first) > year_2020);
}

/* Events a nanosecond apart stay so, though clocks are read for each. */
static void times_keep_their_order(void **state)
{
	uint64_t first = fw_host_boot_to_utc_ns(1000);

	for (uint64_t i = 0; i < 1000; i++)
		assert_true(fw_host_boot_to_utc_ns(1000 + i) == first + i);
}

static void user_names(void **state)
{
	char name[40] = "untouched";

	assert_int_equal(fw_host_user_name(4294967293u, name, sizeof(name)), FW_NOT_FOUND);
	assert_int_equal(fw_host_user_name(0, name, 4), FW_NOT_FOUND);
	assert_string_equal(name, "untouched");
	assert_int_equal(fw_host_user_name(0, name, 5), FW_OK);
	assert_string_equal(name, "root");
}

static bool is_self(const struct fw_process *process, void *argument)
{
	bool *found = argument;

	*found |= process->pid == (uint32_t)getpid() && process->parent_pid == (uint32_t)getppid();
	return true;
}

static bool stop(const struct fw_process *process, void *argument)
{
	++*(int *)argument;
	return false;
}

static void lists_processes(void **state)
{
	bool found = false;
	int calls = 0;

	assert_int_equal(fw_host_processes(is_self, &found, NULL), FW_OK);
	assert_true(found);
	assert_int_equal(fw_host_processes(stop, &calls, NULL), FW_STOPPED);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_itself),
		cmocka_unit_test(tells_a_child_gone),
		cmocka_unit_test(a_thread_is_no_process),
		cmocka_unit_test(units),
		cmocka_unit_test(users),
		cmocka_unit_test(times),
		cmocka_unit_test(times_keep_their_order),
		cmocka_unit_test(user_names),
		cmocka_unit_test(lists_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
