// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwblock: what still passes to and from a process that was blocked. */
#include "block.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traffic.h"

#define RUN_SECONDS 90u
#define TEST_SECONDS 20u

struct fw_traffic_options fw_traffic = { .scale = 1.0, .seconds = RUN_SECONDS };

static const char usage_text[] =
	"Usage: fwblock list | selftest [SCENARIO...] | run [OPTION]... SCENARIO\n"
	"Moves payload between a subject, which is to be blocked, and a peer, which is not.\n"
	"\n"
	"list prints names, what moves (up: from the subject), and descriptions, by tabs.\n"
	"selftest runs all with no block: payload must pass wherever it may.\n"
	"run prints 'ready PID' when all is open and quiet, awaits a line on standard input (the\n"
	"subject is blocked now), tries everything, and prints one JSON line: the payload bytes\n"
	"that passed after the line. 'leaked' must then be 0.\n"
	"\n"
	"  --ready FILE            write 'ready PID' to FILE\n"
	"  --go FILE               await FILE instead of a line\n"
	"  --try MS                how long everything is tried (300)\n"
	"  --subject-program FILE  the subject execs FILE, a copy of this program; scenarios\n"
	"                          flagged 'exe' need that executable blocked, not the pid\n"
	"  --subject-netns NAME, --peer-netns NAME        as ip netns names them, or paths\n"
	"  --subject-address A, --peer-address A          (loopback)\n"
	"  --subject-device NAME, --peer-device NAME      for AF_PACKET (lo)\n"
	"  --own-netns             both in a new network namespace, with ping sockets and TCP\n"
	"                          Fast Open allowed\n"
	"\n"
	"Exit status: 0 it ran, 1 it failed, 2 usage, 77 this kernel cannot do it (with a "
	"reason).\n";

static struct fw_block_settings settings = { .try_ms = 300 };
static const char *ready_file, *go_file;
static int own_netns;

enum option_code { OPTION_READY = 256, OPTION_GO, OPTION_TRY, OPTION_TEXT };

static const struct {
	char *place;
	size_t size;
} texts[] = {
	{ settings.program, sizeof(settings.program) },
	{ settings.netns[FW_BLOCK_SUBJECT], sizeof(settings.netns[0]) },
	{ settings.netns[FW_BLOCK_PEER], sizeof(settings.netns[0]) },
	{ settings.address[FW_BLOCK_SUBJECT], sizeof(settings.address[0]) },
	{ settings.address[FW_BLOCK_PEER], sizeof(settings.address[0]) },
	{ settings.device[FW_BLOCK_SUBJECT], sizeof(settings.device[0]) },
	{ settings.device[FW_BLOCK_PEER], sizeof(settings.device[0]) },
};

static const struct option long_options[] = {
	{ "ready", required_argument, NULL, OPTION_READY },
	{ "go", required_argument, NULL, OPTION_GO },
	{ "try", required_argument, NULL, OPTION_TRY },
	{ "subject-program", required_argument, NULL, OPTION_TEXT },
	{ "subject-netns", required_argument, NULL, OPTION_TEXT + 1 },
	{ "peer-netns", required_argument, NULL, OPTION_TEXT + 2 },
	{ "subject-address", required_argument, NULL, OPTION_TEXT + 3 },
	{ "peer-address", required_argument, NULL, OPTION_TEXT + 4 },
	{ "subject-device", required_argument, NULL, OPTION_TEXT + 5 },
	{ "peer-device", required_argument, NULL, OPTION_TEXT + 6 },
	{ "own-netns", no_argument, &own_netns, 1 },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool usage_error(const char *what, const char *object)
{
	fprintf(stderr, "fwblock: %s '%s' (try --help)\n", what, object);
	return false;
}

static bool take_text(size_t which, const char *text)
{
	bool netns = which == 1 || which == 2;
	const char *prefix = netns && !strchr(text, '/') ? "/run/netns/" : "";

	if (snprintf(texts[which].place, texts[which].size, "%s%s", prefix, text) <
		(int)texts[which].size)
		return true;
	return usage_error("too long:", text);
}

static bool take_time(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value < 1 || value > 30000)
		return usage_error("the time to try must be 1 to 30000 ms, not", text);
	settings.try_ms = (unsigned int)value;
	return true;
}

/* -1: go on; else the exit code. */
static int parse_arguments(int argc, char **argv)
{
	int option;
	bool good = true;

	while (good && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option == OPTION_READY)
			ready_file = optarg;
		else if (option == OPTION_GO)
			go_file = optarg;
		else if (option == OPTION_TRY)
			good = take_time(optarg);
		else if (option >= OPTION_TEXT)
			good = take_text((size_t)(option - OPTION_TEXT), optarg);
		else
			good = option == 0;
	}
	if (good && optind == argc)
		good = usage_error("a word is needed:", "list, selftest or run");
	return good ? -1 : 2;
}

static const struct fw_block_scenario *find(const char *name)
{
	size_t i;

	for (i = 0; i < fw_block_scenario_count; i++)
		if (strcmp(fw_block_scenarios[i].name, name) == 0)
			return &fw_block_scenarios[i];
	usage_error("there is no scenario", name);
	return NULL;
}

static int list(void)
{
	const struct fw_block_scenario *scenario = fw_block_scenarios;
	size_t i;

	for (i = 0; i < fw_block_scenario_count; i++, scenario++)
		printf("%s\t%s%s%s%s%s%s\t%s\n", scenario->name,
			scenario->flags & (FW_BLOCK_UP | FW_BLOCK_QUEUED_UP) ? "up," : "",
			scenario->flags & (FW_BLOCK_DOWN | FW_BLOCK_QUEUED_DOWN) ? "down," : "",
			scenario->flags & FW_BLOCK_EXISTING ? "existing" : "new",
			scenario->flags & (FW_BLOCK_QUEUED_UP | FW_BLOCK_QUEUED_DOWN) ? ",queued"
										      : "",
			scenario->flags & FW_BLOCK_STREAM ? ",stream" : "",
			scenario->flags & (FW_BLOCK_EXEC | FW_BLOCK_ORPHAN) ? ",exe" : "",
			scenario->description);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* For all that runs from now on. TCP Fast Open: 1 for clients, 2 for servers. The two of lo let a
 * packet from 127.0.0.1 in that did not come out of this machine's own routing. */
static void allow_everything(void)
{
	fw_netns_new();
	fw_try_write_file("/proc/sys/net/ipv4/conf/lo/route_localnet", "1");
	fw_try_write_file("/proc/sys/net/ipv4/conf/lo/accept_local", "1");
	fw_try_write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
	fw_try_write_file("/proc/sys/net/ipv4/tcp_fastopen", "3");
}

static int run(const struct fw_block_scenario *scenario)
{
	signal(SIGPIPE, SIG_IGN);
	fw_end_by_signals();
	alarm(fw_traffic.seconds);
	fw_ledger_open();
	if (own_netns)
		allow_everything();
	return fw_block_run_scenario(scenario, &settings, ready_file, go_file, stdout);
}

/* In a process of its own; what it said on standard error comes back, as a string. */
static int test_apart(const struct fw_block_scenario *scenario, char *said, size_t size)
{
	int status, errors = memfd_create("errors", MFD_CLOEXEC);
	ssize_t length;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (errors < 0 || pid < 0)
		fw_fail("memfd_create and fork");
	if (pid == 0) {
		dup2(errors, STDERR_FILENO);
		settings.test = true;
		fw_traffic.seconds = TEST_SECONDS;
		/* Without the right to make a namespace, what can run here runs here. */
		own_netns = geteuid() == 0;
		exit(run(scenario));
	}
	waitpid(pid, &status, 0);
	length = pread(errors, said, size - 1, 0);
	said[length > 0 ? length : 0] = '\0';
	close(errors);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* One line: "ok NAME", "not ok NAME: WHY" or "SKIP NAME: WHY". */
static void print_verdict(const char *word, const char *name, char *said)
{
	char *why = strncmp(said, "SKIP: ", 6) == 0 ? said + 6 : said;

	why[strcspn(why, "\n")] = '\0';
	printf("%s %s%s%s\n", word, name, *why ? ": " : "", why);
}

static int self_test(char **names)
{
	unsigned int counts[3] = { 0 }; /* passed, failed, skipped */
	static const char *const words[] = { "ok", "not ok", "SKIP" };
	char said[1024];
	size_t i;
	int code;

	for (i = 0; i < fw_block_scenario_count; i++) {
		const struct fw_block_scenario *scenario = &fw_block_scenarios[i];
		char **name = names;

		while (*name && strcmp(*name, scenario->name) != 0)
			name++;
		if (*names && !*name)
			continue;
		code = test_apart(scenario, said, sizeof(said));
		code = code == FW_EXIT_SKIP ? 2 : code ? 1 : 0;
		counts[code]++;
		print_verdict(words[code], scenario->name, said);
	}
	printf("block: %u passed, %u failed, %u skipped\n", counts[0], counts[1], counts[2]);
	return counts[1] == 0 && fflush(stdout) == 0 ? 0 : 1;
}

static int check_names(char **names)
{
	while (*names)
		if (!find(*names++))
			return 2;
	return 0;
}

int main(int argc, char **argv)
{
	const struct fw_block_scenario *scenario;
	int code;

	if (argc > 1 && strcmp(argv[1], "--after-exec") == 0)
		return fw_block_exec_main(argc, argv);
	code = parse_arguments(argc, argv);
	if (code >= 0)
		return code;
	if (strcmp(argv[optind], "list") == 0 && optind + 1 == argc)
		return list();
	if (strcmp(argv[optind], "selftest") == 0)
		return check_names(argv + optind + 1) ? 2 : self_test(argv + optind + 1);
	if (strcmp(argv[optind], "run") == 0 && optind + 2 == argc) {
		scenario = find(argv[optind + 1]);
		return scenario ? run(scenario) : 2;
	}
	usage_error("not understood:", argv[optind]);
	return 2;
}
