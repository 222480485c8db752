/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parsers of /proc/PID: odd names, short texts, numbers that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/host/proc_text.h"

#define AFTER_COMM " S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 123456 9 9"

static bool parse_stat(const char *text, struct fw_proc_stat *stat)
{
	return fw_proc_stat_parse(text, strlen(text), stat);
}

static void stat_names(void **state)
{
	static const struct {
		const char *text, *comm;
	} vectors[] = {
		{ "42 (cat)" AFTER_COMM, "cat" },
		{ "42 (a b)" AFTER_COMM, "a b" },
		{ "42 (a) S 9 (b)" AFTER_COMM, "a) S 9 (b" },
		{ "42 (()))" AFTER_COMM, "())" },
		{ "42 ()" AFTER_COMM, "" },
		{ "42 (0123456789012345678901234567890123456789)" AFTER_COMM,
			"0123456789012345678901234567890" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_proc_stat stat;

		assert_true(parse_stat(vectors[i].text, &stat));
		assert_string_equal(stat.comm, vectors[i].comm);
		assert_int_equal(stat.parent_pid, 7);
		assert_int_equal(stat.start_ticks, 123456);
		assert_false(stat.is_kernel_thread);
		assert_false(stat.is_zombie);
	}
}

static void stat_kinds(void **state)
{
	struct fw_proc_stat stat;

	assert_true(
		parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24", &stat));
	assert_true(stat.is_kernel_thread);
	assert_true(parse_stat("3 (z) Z 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 24", &stat));
	assert_true(stat.is_zombie);
	/* The first thread is gone, two others live. */
	assert_true(parse_stat("3 (z) Z 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 24", &stat));
	assert_false(stat.is_zombie);
}

static void stat_every_cut_fails_or_holds(void **state)
{
	const char text[] = "42 (cat)" AFTER_COMM;
	const size_t whole = strlen("42 (cat) S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 1");
	const struct fw_proc_stat untouched = { .parent_pid = 99 };

	for (size_t length = 0; length < whole; length++) {
		struct fw_proc_stat stat = untouched;

		assert_false(fw_proc_stat_parse(text, length, &stat));
		assert_memory_equal(&stat, &untouched, sizeof(stat));
	}
	struct fw_proc_stat stat;

	assert_true(fw_proc_stat_parse(text, whole, &stat));
}

static void stat_refuses(void **state)
{
	static const char *const texts[] = {
		"",
		"no parentheses",
		")(",
		"42 (cat",
		"42 (cat) S x 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 123456",
		"42 (cat) S 99999999999 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 123456",
		"42 (cat) S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 99999999999999999999",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++) {
		struct fw_proc_stat stat;

		assert_false(parse_stat(texts[i], &stat));
	}
}

static void status_fields(void **state)
{
	const char good[] = "Name:\ta\nTgid:\t12\nPid:\t12\nUid:\t1000\t33\t1000\t1000\nGid:\t0\n";
	static const char *const bad[] = { "", "Tgid:\t12\n", "Uid:\t1\t2\n", "Tgid:\nUid:\t1\t2\n",
		"Tgid:\t12\nUid:\t1\n", "Tgid:\t4294967296\nUid:\t1\t2\n" };
	struct fw_proc_status status;

	assert_true(fw_proc_status_parse(good, strlen(good), &status));
	assert_int_equal(status.tgid, 12);
	assert_int_equal(status.effective_uid, 33);
	for (size_t i = 0; i < FW_ARRAY_SIZE(bad); i++)
		assert_false(fw_proc_status_parse(bad[i], strlen(bad[i]), &status));
}

static void cgroup_paths(void **state)
{
	static const struct {
		const char *text, *path;
	} vectors[] = {
		{ "0::/system.slice/ssh.service\n", "/system.slice/ssh.service" },
		{ "0::/\n", "/" },
		{ "0::/a (deleted)\n", "/a" },
		{ "0::/a:b\n", "/a:b" },
		{ "1:name=systemd:/x.service\n0::/\n", "/x.service" },
		{ "1:name=systemd:/x.service\n0::/y\n", "/y" },
		{ "9:cpu,cpuacct:/q\n1:name=systemd:/x\n", "/x" },
		{ "9:cpu,cpuacct:/q\n", NULL },
		{ "", NULL },
		{ "0::", NULL },
		{ "0::relative\n", NULL },
	};
	char path[64];

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		const char *text = vectors[i].text;
		bool found = fw_proc_cgroup_parse(text, strlen(text), path, sizeof(path));

		assert_int_equal(found, vectors[i].path != NULL);
		if (found)
			assert_string_equal(path, vectors[i].path);
	}
	assert_false(fw_proc_cgroup_parse("0::/abc\n", 8, path, 4));
	assert_true(fw_proc_cgroup_parse("0::/abc\n", 8, path, 5));
}

static void socket_links(void **state)
{
	static const struct {
		const char *link;
		bool is_socket;
		uint64_t inode;
	} vectors[] = {
		{ "socket:[12345]", true, 12345 },
		{ "socket:[0]", true, 0 },
		{ "socket:[18446744073709551615]", true, UINT64_MAX },
		{ "socket:[18446744073709551616]", false, 0 },
		{ "socket:[]", false, 0 },
		{ "socket:[1", false, 0 },
		{ "socket:[1]x", false, 0 },
		{ "socket:[-1]", false, 0 },
		{ "pipe:[12345]", false, 0 },
		{ "/socket:[1]", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint64_t inode = 0;
		const char *link = vectors[i].link;

		assert_int_equal(fw_proc_socket_link_parse(link, strlen(link), &inode),
			vectors[i].is_socket);
		assert_int_equal(inode, vectors[i].inode);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_names),
		cmocka_unit_test(stat_kinds),
		cmocka_unit_test(stat_every_cut_fails_or_holds),
		cmocka_unit_test(stat_refuses),
		cmocka_unit_test(status_fields),
		cmocka_unit_test(cgroup_paths),
		cmocka_unit_test(socket_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
