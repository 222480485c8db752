/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Targets: what is accepted, what each refusal says, and which process matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher/target.h"
#include "lib/host/host.h"

static void accepts(void **state)
{
	static const struct {
		const char *text;
		enum fw_target_kind kind;
		uint32_t id;
		const char *value;
	} vectors[] = {
		{ "pid:1", FW_TARGET_PID, 1, "" },
		{ "pid:0042", FW_TARGET_PID, 42, "" },
		{ "pid:2147483647", FW_TARGET_PID, 2147483647, "" },
		{ "exe:/usr/bin/curl", FW_TARGET_EXE, 0, "/usr/bin/curl" },
		{ "exe:/a:b c", FW_TARGET_EXE, 0, "/a:b c" },
		{ "comm:sshd", FW_TARGET_COMM, 0, "sshd" },
		{ "comm:a:b", FW_TARGET_COMM, 0, "a:b" },
		{ "cgroup:/", FW_TARGET_CGROUP, 0, "/" },
		{ "cgroup:///", FW_TARGET_CGROUP, 0, "/" },
		{ "cgroup:/a/b/", FW_TARGET_CGROUP, 0, "/a/b" },
		{ "unit:ssh.service", FW_TARGET_UNIT, 0, "ssh.service" },
		{ "unit:getty@tty1.service", FW_TARGET_UNIT, 0, "getty@tty1.service" },
		{ "user:root", FW_TARGET_USER, 0, "root" },
		{ "user:0", FW_TARGET_USER, 0, "0" },
		{ "user:4242", FW_TARGET_USER, 4242, "4242" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_target target = { 0 };
		struct fw_error error;

		if (fw_target_parse(vectors[i].text, &target, &error) != FW_OK)
			fail_msg("'%s': %s", vectors[i].text, error.text);
		assert_int_equal(target.kind, vectors[i].kind);
		assert_int_equal(target.id, vectors[i].id);
		assert_string_equal(target.text, vectors[i].value);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *says;
	} vectors[] = {
		{ "", "is not a target" },
		{ "1234", "is not a target" },
		{ "pid", "is not a target" },
		{ "PID:1", "is not a target" },
		{ " pid:1", "is not a target" },
		{ "port:80", "is not a target" },
		{ "pid:", "nothing follows" },
		{ "pid:0", "is not a process id" },
		{ "pid:-1", "is not a process id" },
		{ "pid:+1", "is not a process id" },
		{ "pid: 1", "is not a process id" },
		{ "pid:1x", "is not a process id" },
		{ "pid:1.5", "is not a process id" },
		{ "pid:2147483648", "is not a process id" },
		{ "pid:99999999999999999999999", "is not a process id" },
		{ "exe:curl", "does not begin with '/'" },
		{ "exe:", "nothing follows" },
		{ "cgroup:system.slice", "does not begin with '/'" },
		{ "comm:", "nothing follows" },
		{ "comm:12345678901234567890123456789012", "longer than" },
		{ "unit:ssh", "suffix" },
		{ "unit:a/b.service", "is not the name of a unit" },
		{ "user:", "nothing follows" },
		{ "user:no such user", "there is no user" },
		{ "user:-1", "there is no user" },
		{ "user:4294967296", "there is no user" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_target target = { .id = 77 };
		struct fw_error error = { FW_OK, "" };

		if (fw_target_parse(vectors[i].text, &target, &error) != FW_USAGE)
			fail_msg("'%s' was not refused as usage", vectors[i].text);
		assert_int_equal(target.id, 77);
		assert_int_equal(error.status, FW_USAGE);
		if (!strstr(error.text, vectors[i].says))
			fail_msg("'%s' gave: %s", vectors[i].text, error.text);
		assert_int_equal(fw_target_parse(vectors[i].text, &target, NULL), FW_USAGE);
	}
}

static void refuses_too_long(void **state)
{
	static const char *const prefixes[] = { "exe:/", "cgroup:/", "unit:a.", "user:", "pid:",
		"comm:", "" };
	struct fw_target target = { .id = 77 };
	char text[5000];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(prefixes); i++) {
		memset(text, '1', sizeof(text));
		memcpy(text, prefixes[i], strlen(prefixes[i]));
		text[sizeof(text) - 1] = '\0';
		assert_int_equal(fw_target_parse(text, &target, NULL), FW_USAGE);
	}
	/* The longest path that fits. */
	text[0] = 'e', text[1] = 'x', text[2] = 'e', text[3] = ':', text[4] = '/';
	text[4 + sizeof(target.text) - 1] = '\0';
	assert_int_equal(fw_target_parse(text, &target, NULL), FW_OK);
	assert_int_equal(strlen(target.text), sizeof(target.text) - 1);
}

static bool matches(const char *text, const struct fw_process *process)
{
	struct fw_target target;

	assert_int_equal(fw_target_parse(text, &target, NULL), FW_OK);
	return fw_target_matches(&target, process);
}

static void matches_fields(void **state)
{
	struct fw_process process = { .pid = 42, .uid = 7, .comm = "curl", .exe = "/usr/bin/curl" };

	(void)state;
	assert_true(matches("pid:42", &process));
	assert_false(matches("pid:4", &process));
	assert_true(matches("user:7", &process));
	assert_false(matches("user:0", &process));
	assert_true(matches("comm:curl", &process));
	assert_false(matches("comm:cur", &process));
	assert_false(matches("comm:curl2", &process));
	assert_true(matches("exe:/usr/bin/curl", &process));
	assert_false(matches("exe:/usr/bin/cur", &process));
	assert_false(matches("exe:/usr/bin/curl2", &process));
	assert_false(matches("exe:/usr/bin", &process));
	strcpy(process.exe, "/usr/bin/curl (deleted)");
	assert_true(matches("exe:/usr/bin/curl", &process));
	strcpy(process.exe, "/usr/bin/curl (odd)");
	assert_false(matches("exe:/usr/bin/curl", &process));
	process.exe[0] = '\0';
	assert_false(matches("exe:/usr/bin/curl", &process));
	process.uid = UINT32_MAX;
	assert_false(matches("user:0", &process));
}

/* Linux keeps 15 bytes of a name; a longer one given in full means the same process. */
static void matches_cut_names(void **state)
{
	struct fw_process process = { .pid = 42, .comm = "systemd-resolve" };
	char wanted[400] = "exe:/";

	(void)state;
	assert_true(matches("comm:systemd-resolved", &process));
	assert_false(matches("comm:systemd-resolx", &process));
	strcpy(process.comm, "systemd");
	assert_false(matches("comm:systemd-resolved", &process));

	memset(wanted + 5, 'd', 350);
	strcpy(wanted + 355, "/prog");
	process.flags = FW_PROCESS_EXE_CUT;
	snprintf(process.exe, sizeof(process.exe), "%s",
		wanted + strlen(wanted) - (FW_EXE_SIZE - 1));
	assert_true(matches(wanted, &process));
	wanted[strlen(wanted) - 1] = 'x';
	assert_false(matches(wanted, &process));
	assert_false(matches("exe:/prog", &process));
}

/* A name that fills its field has no terminating zero. */
static void matches_full_fields(void **state)
{
	struct fw_process process = { .pid = 1 };

	(void)state;
	memset(process.comm, 'c', sizeof(process.comm));
	memset(process.exe, '/', sizeof(process.exe));
	assert_false(matches("comm:c", &process));
	assert_false(matches("exe:/x", &process));
}

static void matches_cgroup(void **state)
{
	struct fw_process self = { .pid = (uint32_t)getpid() };
	char cgroup[FW_CGROUP_SIZE], target[FW_CGROUP_SIZE + 32];

	(void)state;
	if (fw_host_process_cgroup(self.pid, cgroup, sizeof(cgroup)) != FW_OK) {
		print_message("SKIP: this machine has no cgroups\n");
		skip();
	}
	snprintf(target, sizeof(target), "cgroup:%s", cgroup);
	assert_true(matches("cgroup:/", &self));
	assert_true(matches(target, &self));
	assert_false(matches("cgroup:/no/such/cgroup", &self));
	assert_false(matches("unit:no-such-unit.service", &self));
	snprintf(target, sizeof(target), "cgroup:%s%s", cgroup, strcmp(cgroup, "/") ? "x" : "x/y");
	assert_false(matches(target, &self));
	/* Of an exited process the system would tell about whoever has its pid now. */
	self.flags = FW_PROCESS_EXITED;
	assert_false(matches("cgroup:/", &self));
}

/* The same with the cgroup known beforehand, of a process that may be gone. */
static void matches_given_cgroup(void **state)
{
	static const struct {
		const char *target, *cgroup;
		bool matches;
	} vectors[] = {
		{ "cgroup:/", "/", true },
		{ "cgroup:/", "/a", true },
		{ "cgroup:/a", "/a", true },
		{ "cgroup:/a", "/a/b", true },
		{ "cgroup:/a", "/ab", false },
		{ "cgroup:/a", "/", false },
		{ "unit:ssh.service", "/system.slice/ssh.service", true },
		{ "unit:ssh.service", "/system.slice/ssh.service/x", true },
		{ "unit:ssh.service", "/system.slice/xssh.service", false },
		{ "pid:42", "/a", true },
		{ "comm:curl", "/a", true },
		{ "comm:wget", "/a", false },
	};
	const struct fw_process process = { .pid = 42, .flags = FW_PROCESS_EXITED, .comm = "curl" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_target target;

		assert_int_equal(fw_target_parse(vectors[i].target, &target, NULL), FW_OK);
		if (fw_target_matches_in(&target, &process, vectors[i].cgroup) !=
			vectors[i].matches)
			fail_msg("%s in %s", vectors[i].target, vectors[i].cgroup);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_too_long),
		cmocka_unit_test(matches_fields),
		cmocka_unit_test(matches_cut_names),
		cmocka_unit_test(matches_full_fields),
		cmocka_unit_test(matches_cgroup),
		cmocka_unit_test(matches_given_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
