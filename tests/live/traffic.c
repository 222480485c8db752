// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwtraffic: runs one scenario and prints what each of its processes sent and received. */
#include "traffic.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fw_traffic_options fw_traffic = { .scale = 1.0, .seconds = 30 };

struct arguments {
	const char *output;
	const char *name;
	bool list, all;
};

static const char usage_text[] =
	"Usage: fwtraffic [OPTION]... SCENARIO\n"
	"       fwtraffic --list | --all\n"
	"Makes real traffic on loopback and prints one JSON line for each process that did I/O:\n"
	"the payload bytes that its calls returned.\n"
	"\n"
	"  -l, --list        names, flags and descriptions, separated by tabs\n"
	"  -a, --all         run every scenario, say which ran, were skipped or failed\n"
	"  -o, --output FILE write the lines to FILE\n"
	"  -s, --scale F     multiply counts and volumes by F\n"
	"  -t, --time N      no process lives longer than N seconds (30)\n"
	"  -w, --wait        say READY on standard error and await a line on standard input;\n"
	"                    scenarios flagged 'staged' have opened their sockets by then\n"
	"  -H, --hold        scenarios flagged 'hold': the same with HOLD, before they close "
	"sockets\n"
	"  -C, --client-netns PATH, -S, --server-netns PATH, -A, --address ADDRESS\n"
	"                    'staged' scenarios of two ends: where these are, the server's "
	"address\n"
	"\n"
	"Exit status: 0 it ran, 1 it failed, 2 usage, 77 this kernel cannot do it (with a "
	"reason).\n";

static const struct option long_options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "all", no_argument, NULL, 'a' },
	{ "output", required_argument, NULL, 'o' },
	{ "scale", required_argument, NULL, 's' },
	{ "time", required_argument, NULL, 't' },
	{ "wait", no_argument, NULL, 'w' },
	{ "hold", no_argument, NULL, 'H' },
	{ "client-netns", required_argument, NULL, 'C' },
	{ "server-netns", required_argument, NULL, 'S' },
	{ "address", required_argument, NULL, 'A' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static bool parse_number(const char *text, double low, double high, double *number)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= low && value <= high))
		return false;
	*number = value;
	return true;
}

static int usage_error(const char *what, const char *object)
{
	fprintf(stderr, "fwtraffic: %s '%s' (try --help)\n", what, object);
	return 2;
}

/* -1: go on; else the exit code. */
static int parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	double number;
	int option;

	while ((option = getopt_long(argc, argv, "lao:s:t:wHC:S:A:hV", long_options, NULL)) != -1) {
		switch (option) {
		case 'l':
			arguments->list = true;
			break;
		case 'a':
			arguments->all = true;
			break;
		case 'o':
			arguments->output = optarg;
			break;
		case 's':
			if (!parse_number(optarg, 0.0001, 100, &fw_traffic.scale))
				return usage_error(
					"the scale must be from 0.0001 to 100, not", optarg);
			break;
		case 't':
			if (!parse_number(optarg, 1, 3600, &number))
				return usage_error("the time must be 1 to 3600 s, not", optarg);
			fw_traffic.seconds = (unsigned int)number;
			break;
		case 'w':
			fw_traffic.wait = true;
			break;
		case 'H':
			fw_traffic.hold = true;
			break;
		case 'C':
			fw_traffic.client_netns = optarg;
			break;
		case 'S':
			fw_traffic.server_netns = optarg;
			break;
		case 'A':
			fw_traffic.server_address = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case 'V':
			puts("fwtraffic");
			return 0;
		default:
			return 2;
		}
	}
	if (!arguments->list && !arguments->all && optind != argc - 1)
		return usage_error("one scenario is needed, see", "--list");
	arguments->name = argv[optind];
	return -1;
}

static void print_flags(unsigned int flags)
{
	static const char *const words[] = { "balanced", "staged", "netns", "slow", "peers",
		"hold" };
	const char *separator = "";
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & (1u << i)) {
			printf("%s%s", separator, words[i]);
			separator = ",";
		}
	if (!*separator)
		putchar('-');
}

static int list(void)
{
	size_t i;

	for (i = 0; i < fw_scenario_count; i++) {
		printf("%s\t", fw_scenarios[i].name);
		print_flags(fw_scenarios[i].flags);
		printf("\t%s\n", fw_scenarios[i].description);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

static void out_of_time(int signal_number)
{
	static const char text[] = "fwtraffic: the time limit has passed (see --time)\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	fw_kill_all();
	_exit(1);
}

static int run(const struct fw_scenario *scenario, const char *output)
{
	char ledger[16];

	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, out_of_time);
	alarm(fw_traffic.seconds);
	snprintf(ledger, sizeof(ledger), "%d", fw_ledger_open());
	setenv("FWTRAFFIC_LEDGER", ledger, 1);
	fw_stages_open();
	if (scenario->flags & FW_SCENARIO_NETNS)
		fw_netns_new();
	if (!(scenario->flags & FW_SCENARIO_STAGED)) {
		if (fw_traffic.wait)
			fw_stage_announce("READY");
		fw_traffic.wait = false;
	}
	if (!(scenario->flags & FW_SCENARIO_HOLD))
		fw_traffic.hold = false;
	scenario->run(scenario);
	if ((scenario->flags & FW_SCENARIO_BALANCED) && !fw_ledger_balanced(scenario->name))
		return 1;
	return fw_ledger_print(output, scenario->name) ? 0 : 1;
}

static int run_apart(const struct fw_scenario *scenario)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		fw_fail("fork");
	if (pid == 0)
		exit(run(scenario, "/dev/null"));
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_all(void)
{
	unsigned int ran = 0, skipped = 0, failed = 0;
	size_t i;
	int code;

	for (i = 0; i < fw_scenario_count; i++) {
		code = run_apart(&fw_scenarios[i]);
		ran += code == 0;
		skipped += code == FW_EXIT_SKIP;
		failed += code != 0 && code != FW_EXIT_SKIP;
		fprintf(stderr, "%-28s %s\n", fw_scenarios[i].name,
			code == 0	       ? "ran"
			: code == FW_EXIT_SKIP ? "skipped"
					       : "FAILED");
	}
	fprintf(stderr, "%u ran, %u failed, %u skipped\n", ran, failed, skipped);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	size_t i;
	int code;

	if (argc > 1 && strcmp(argv[1], "--after-exec") == 0)
		return fw_exec_main(argc, argv);
	code = parse_arguments(argc, argv, &arguments);
	if (code >= 0)
		return code;
	if (arguments.list)
		return list();
	if (arguments.all)
		return run_all();
	for (i = 0; i < fw_scenario_count; i++)
		if (strcmp(fw_scenarios[i].name, arguments.name) == 0)
			return run(&fw_scenarios[i], arguments.output);
	return usage_error("no such scenario, see --list:", arguments.name);
}
