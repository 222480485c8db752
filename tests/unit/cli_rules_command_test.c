/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* block, unblock, deny, undeny, limit, unlimit and rules against a stand-in for the kernel side: what they ask of
 * it, print, refuse, and end with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flowwatcher/rule_words.h"
#include "tests/unit/command_run.h"
#include "tests/unit/rule_double.h"
#include "tests/unit/work_folder.h"

const struct fw_command *const tested_commands[] = { &fw_command_block, &fw_command_unblock,
	&fw_command_deny, &fw_command_undeny, &fw_command_limit, &fw_command_unlimit,
	&fw_command_rules, NULL };

static int begin(void **state)
{
	(void)state;
	rule_double_begin();
	return 0;
}

static int end(void **state)
{
	(void)state;
	rule_double_end();
	return 0;
}

/* A process that waits to be ended. */
static pid_t start_process(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void blocks(void **state)
{
	pid_t pid = start_process();

	(void)state;
	assert_int_equal(run("block comm:no-such-name --to 10.0.0.0/8:443 --only-outgoing"), 0);
	assert_string_equal(output, "rule 1: block comm:no-such-name --to 10.0.0.0/8:443 "
				    "--only-outgoing; in force for no process yet\n");
	assert_string_equal(errors, "");
	assert_int_equal(rule_double.rules[0].prefix_length, 8);
	assert_int_equal(rule_double.rules[0].ends_ns, 0);
	assert_int_equal(run("block --for 10min pid:%d", pid), 0);
	expect(output, "; ends in 10 min 0 s; in force for 1 process: ");
	assert_true(rule_double.rules[1].ends_ns > 600000000000ull);
	assert_int_equal(run("block comm:x --to ::1 --to ::2"), 0);
	assert_int_equal(rule_double.count, 4);
	assert_int_equal(rule_double.adds, 3);
	/* The same again is the same rule. */
	assert_int_equal(run("block comm:x --to ::2"), 0);
	assert_int_equal(rule_double.count, 4);
	expect(errors, "there was already rule 4: block comm:x --to ::2");
	end_process(pid);
	assert_int_equal(run("block pid:%d", pid), 1);
	expect(errors, "is not running");
	assert_int_equal(rule_double.adds, 4);
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(run("limit comm:x --up 1MB/s"), 0);
	assert_int_equal(rule_double.rules[0].sent_rate, 1000000);
	assert_int_equal(rule_double.rules[0].received_rate, 0);
	assert_int_equal(rule_double.rules[0].last_port, 0);
	assert_int_equal(run("limit --down 2MB/s comm:x"), 0);
	expect(output, "rule 2: limit comm:x --down 2MB/s;");
	expect(errors, "it took the place of rule 1: limit comm:x --up 1MB/s");
	assert_int_equal(rule_double.count, 1);
	assert_int_equal(run("block comm:x"), 0);
	expect(errors, "as long as the block is there, no effect has rule 2: limit comm:x");
	assert_int_equal(run("limit comm:x --up 5kB/s"), 0);
	expect(errors, "the limit has no effect as long as there is rule 3: block comm:x");
	assert_int_equal(run("limit comm:y --up 5kB/s"), 0);
	assert_string_equal(errors, "");
}

static void json(void **state)
{
	pid_t pid = start_process();

	(void)state;
	rule_double.counters.hits = 7;
	assert_int_equal(run("block --json pid:%d", pid), 0);
	expect(output, "{\"type\":\"rule\",\"schema\":1,");
	expect(output, "\"hits\":7,");
	expect(output, "\n{\"type\":\"match\",\"schema\":1,");
	assert_int_equal(run("rules --json"), 0);
	expect(output, "\"id\":1,\"action\":\"block\",");
	end_process(pid);
}

/* Nothing is asked of the kernel side, which may not even be there. */
static void dry_run(void **state)
{
	pid_t pid = start_process();
	char part[32];

	(void)state;
	rule_double.open_status = FW_NOT_FOUND;
	assert_int_equal(run("block --dry-run pid:%d", pid), 0);
	snprintf(part, sizeof(part), "%d  ", pid);
	expect(output, part);
	snprintf(part, sizeof(part), "\"pid\":%d,", pid);
	assert_int_equal(run("limit --dry-run --json --up 1MB/s pid:%d", pid), 0);
	expect(output, part);
	/* What would be refused is said. Descendants are among what matches. */
	assert_int_equal(run("block --dry-run --json pid:%d", getpid()), 0);
	expect(output, part);
	expect(errors, "--force does it all the same");
	assert_int_equal(run("block --dry-run --json --no-children pid:%d", getpid()), 0);
	assert_null(strstr(output, part));
	end_process(pid);
}

static void refuses_to_cut_off(void **state)
{
	static const char *const targets[] = { "cgroup:/", "pid:1" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(targets); i++) {
		assert_int_equal(run("block %s", targets[i]), 1);
		expect(errors, "--force does it all the same");
		expect(errors, targets[i]);
		assert_int_equal(run("limit %s --up 1MB/s", targets[i]), 1);
	}
	assert_int_equal(run("block user:%u", geteuid()), 1);
	assert_int_equal(run("block pid:%d", getpid()), 1);
	expect(errors, "this command itself");
	assert_int_equal(run("block pid:%d", getppid()), 1);
	assert_int_equal(rule_double.adds, 0);
	assert_int_equal(run("block pid:%d --force", getpid()), 0);
	assert_int_equal(rule_double.count, 1);
}

static void failures(void **state)
{
	(void)state;
	rule_double.open_status = FW_NOT_FOUND;
	assert_int_equal(run("block comm:x"), 1);
	expect(errors, "the stand-in is not loaded");
	assert_int_equal(run("rules"), 1);
	rule_double.open_status = FW_DENIED;
	assert_int_equal(run("unblock comm:x"), 3);
	rule_double.open_status = FW_OK;
	rule_double.has_no_rules = true;
	assert_int_equal(run("limit comm:x --up 1MB/s"), 4);
	expect(errors, "keeps no rules");
	rule_double.has_no_rules = false;
	rule_double.add_status = FW_UNSUPPORTED;
	assert_int_equal(run("limit comm:x --up 1MB/s"), 4);
	assert_string_equal(output, "");
	rule_double.add_status = FW_OK;
	rule_double.has_other_pids = true;
	assert_int_equal(run("block --force pid:%d", getpid()), 4);
	expect(errors, "cannot be told here");
	assert_int_equal(run("block comm:x"), 0);
	rule_double.remove_status = FW_DENIED;
	assert_int_equal(run("unblock comm:x"), 3);
	assert_string_equal(output, "");
}

static void takes_back(void **state)
{
	(void)state;
	assert_int_equal(run("block comm:x --to ::1 --to ::2"), 0);
	assert_int_equal(run("limit comm:x --up 1MB/s"), 0);
	assert_int_equal(run("block user:4123456789"), 0);
	assert_int_equal(run("block comm:y"), 0);
	assert_int_equal(run("unblock 3"), 1);
	expect(errors, "rule 3 is no block: limit comm:x --up 1MB/s");
	assert_int_equal(run("unblock 9"), 1);
	expect(errors, "there is no block with the number 9; 'flowwatcher rules'");
	assert_int_equal(run("unblock comm:z"), 1);
	expect(errors, "there is no block of comm:z");
	assert_int_equal(rule_double.removes, 0);
	assert_int_equal(run("unblock comm:x"), 0);
	assert_string_equal(output, "removed rule 1: block comm:x --to ::1\n"
				    "removed rule 2: block comm:x --to ::2\n");
	assert_int_equal(rule_double.removes, 1);
	assert_int_equal(run("unblock 4"), 0);
	assert_int_equal(rule_double.count, 2);
	assert_int_equal(run("unblock --all"), 0);
	assert_int_equal(run("unblock --all"), 0);
	assert_int_equal(rule_double.count, 1);
	assert_int_equal(run("unlimit comm:x"), 0);
	assert_int_equal(rule_double.count, 0);
	assert_int_equal(run("rules clear"), 0);
	assert_int_equal(run("block comm:x"), 0);
	assert_int_equal(run("limit comm:x --up 1MB/s"), 0);
	assert_int_equal(run("rules clear"), 0);
	assert_int_equal(rule_double.count, 0);
}

/* A path is taken back by the name it was given and by the one it has. */
static void links(void **state)
{
	char created[64];

	(void)state;
	assert_int_equal(symlink("/no/such/../file", path), 0);
	assert_int_equal(run("block exe:%s", path), 0);
	expect(errors, "there is no ");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(run("unblock exe:%s", path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(run("block exe:%s", path), 0);
	expect(errors, "list is /etc/passwd: the rule is about that");
	assert_string_equal(rule_double.rules[0].text, "/etc/passwd");
	assert_int_equal(run("unblock exe:%s", path), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(run("block exe:%s", folder), 2);
	expect(errors, "is a directory");
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(run("block exe:new"), 0);
	snprintf(created, sizeof(created), "%s/new", folder);
	assert_string_equal(rule_double.rules[0].text, created);
}

static void table(void **state)
{
	(void)state;
	assert_int_equal(run("rules"), 0);
	expect(output, "ID  ACTION  TARGET");
	assert_int_equal(run("block comm:x --only-incoming --allow-loopback --for 2d"), 0);
	assert_int_equal(run("limit unit:a.service --up 1MB/s --down 512KiB/s"), 0);
	rule_double.counters = (struct fw_rule_counters){ 5, 6000, 0, 0, 0, 1500, 0, 3 };
	rule_double.rules[0].flags |= FW_RULE_PROCESS_GONE;
	assert_int_equal(run("rules"), 0);
	expect(output, "only incoming, loopback allowed, process gone");
	expect(output, "1 d 23 h");
	expect(output, "up 1MB/s, down 512KiB/s");
	expect(output, "1.50 kB/s");
}

static void denies(void **state)
{
	pid_t pid = start_process();

	(void)state;
	assert_int_equal(run("deny comm:no-such-name --for 10min"), 0);
	expect(output, "rule 1: deny comm:no-such-name; ends in 10 min 0 s; none runs\n");
	assert_int_equal(rule_double.rules[0].action, FW_RULE_DENY);
	assert_int_equal(rule_double.rules[0].last_port, 0);
	assert_int_equal(run("deny pid:%d", pid), 0);
	expect(output, "; not ended: 1 process: ");
	assert_int_equal(run("deny pid:%d --json", pid), 0);
	expect(output, "\"action\":\"deny\"");
	expect(output, "\"type\":\"match\"");
	assert_int_equal(run("deny pid:%d", getpid()), 1);
	expect(errors, "this command itself");
	assert_int_equal(run("block comm:no-such-name"), 0);
	assert_int_equal(run("deny exe:/no/such/file"), 0);
	assert_int_equal(run("rules"), 0);
	expect(output, "new processes");
	assert_int_equal(run("rules save -"), 0);
	expect(output, "\nblock comm:no-such-name\ndeny exe:/no/such/file\n");
	assert_int_equal(run("undeny 4"), 1);
	expect(errors, "rule 4 is no deny: block comm:no-such-name");
	assert_int_equal(run("undeny comm:no-such-name"), 0);
	assert_string_equal(output, "removed rule 1: deny comm:no-such-name\n");
	assert_int_equal(run("undeny --all"), 0);
	assert_int_equal(rule_double.count, 1);
	end_process(pid);
}

static void denies_where_it_can(void **state)
{
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs("block comm:a\ndeny comm:b --force\n", file);
	fclose(file);
	assert_int_equal(run("rules restore %s", path), 0);
	assert_int_equal(rule_double.rules[1].action, FW_RULE_DENY);
	rule_double_begin();
	rule_double.lack = "not here: deny";
	assert_int_equal(run("deny comm:a"), 4);
	expect(errors, "not here: deny");
	assert_int_equal(run("undeny --all"), 4);
	assert_int_equal(run("rules restore --force %s", path), 4);
	expect(errors, "line 2: not here: deny");
	assert_int_equal(rule_double.adds, 0);
	assert_int_equal(unlink(path), 0);
}

static void saves(void **state)
{
	char text[4096];
	struct stat file;
	size_t length;
	FILE *saved;

	(void)state;
	assert_int_equal(run("block comm:x --to 10.0.0.0/8"), 0);
	assert_int_equal(run("block comm:y --for 1h"), 0);
	assert_int_equal(run("block --force pid:%d", getpid()), 0);
	assert_int_equal(run("limit cgroup:/ --force --up 1MB/s"), 0);
	assert_int_equal(run("rules save %s", path), 0);
	assert_string_equal(errors,
		"flowwatcher: left out: 1 rule about a process id, 1 that ends by itself\n");
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 07777, 0600);
	saved = fopen(path, "r");
	assert_non_null(saved);
	length = fread(text, 1, sizeof(text) - 1, saved);
	text[length] = '\0';
	fclose(saved);
	expect(text, "# Rules of FlowWatcher");
	expect(text, "\nblock comm:x --to 10.0.0.0/8\nlimit cgroup:/ --up 1MB/s --force\n");
	assert_int_equal(run("rules save -"), 0);
	expect(output, "\nblock comm:x --to 10.0.0.0/8\nlimit cgroup:/ --up 1MB/s --force\n");

	/* What is saved is restored. */
	rule_double_begin();
	assert_int_equal(run("rules restore %s", path), 0);
	assert_string_equal(output, "2 rules in force\n");
	assert_int_equal(rule_double.adds, 1);
	assert_int_equal(run("rules save /dev/null"), 1);
	expect(errors, "is not a regular file");
	assert_int_equal(run("rules save %s/no/such", folder), 1);
	assert_int_equal(run("rules save %s", folder), 1);
	assert_int_equal(unlink(path), 0);
}

static void restores(void **state)
{
	(void)state;
	assert_int_equal(run("block comm:old"), 0);
	assert_int_equal(run("block comm:kept"), 0);
	assert_int_equal(run("limit comm:kept --up 1MB/s"), 0);
	write_file("block comm:kept\nlimit comm:kept --up 2MB/s\n\nblock comm:new --for 1h\n");
	assert_int_equal(run("rules restore --dry-run %s", path), 0);
	assert_string_equal(output, "3 rules are well formed\n");
	assert_int_equal(run("rules restore --replace %s", path), 0);
	assert_string_equal(output, "3 rules in force, 1 others removed\n");
	assert_int_equal(rule_double.count, 3);
	assert_int_equal(rule_double.rules[0].id, 2);
	assert_int_equal(rule_double.rules[1].sent_rate, 2000000);
	assert_true(rule_double.rules[2].ends_ns);
	assert_int_equal(rule_double.removes, 1);

	/* One bad line, and nothing is changed. */
	write_file("block comm:other\nblock nothing\n");
	assert_int_equal(run("rules restore --replace %s", path), 1);
	expect(errors, "list line 2: 'block nothing': 'nothing' is not a target");
	write_file("block comm:other\nblock cgroup:/\n");
	assert_int_equal(run("rules restore %s", path), 1);
	expect(errors, "list line 2: cgroup:/ matches process");
	write_file("limit exe:/etc/passwd --up 1MB/s\nlimit exe:/etc/../etc/passwd --up 1MB/s\n");
	assert_int_equal(run("rules restore %s", path), 1);
	expect(errors, "line 1 limits this target already");
	assert_int_equal(run("rules restore %s/none", folder), 1);
	assert_int_equal(run("rules restore %s", folder), 1);
	assert_int_equal(rule_double.count, 3);
	write_file("block comm:other\nblock cgroup:/\n");
	assert_int_equal(run("rules restore --force %s", path), 0);
	assert_int_equal(rule_double.count, 5);
	rule_double.remove_status = FW_DENIED;
	write_file("block comm:other\n");
	assert_int_equal(run("rules restore --replace %s", path), 3);
	expect(errors, "are in force, and so are those that were before: the stand-in removes");
	rule_double.remove_status = FW_OK;
	write_file("# nothing\n");
	assert_int_equal(run("rules restore --replace %s", path), 0);
	assert_int_equal(rule_double.count, 0);
	assert_int_equal(unlink(path), 0);
}

static void many(void **state)
{
	FILE *file;

	(void)state;
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < 10000; i++)
		fprintf(file, "block comm:c%d --to 10.0.%d.%d\n", i, i / 256, i % 256);
	fclose(file);
	assert_int_equal(run("rules restore %s", path), 0);
	assert_int_equal(rule_double.count, 10000);
	assert_int_equal(rule_double.adds, 1);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(blocks),
		TEST(limits),
		TEST(json),
		TEST(dry_run),
		TEST(refuses_to_cut_off),
		TEST(failures),
		TEST(takes_back),
		TEST(links),
		TEST(table),
		TEST(denies),
		TEST(denies_where_it_can),
		TEST(saves),
		TEST(restores),
		TEST(many),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
