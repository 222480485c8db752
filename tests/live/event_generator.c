// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwevents: runs one scenario and prints which processes, threads and images it made. */
#include "event_generator.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TREE_MOST 20000u

struct fw_generator_options fw_generator = { .seconds = 60, .depth = 3, .width = 3 };

struct arguments {
	const char *output, *name;
	bool list, wait;
};

static const char usage_text[] =
	"Usage: fwevents [OPTION]... SCENARIO\n"
	"       fwevents --list\n"
	"Makes processes, threads and images come and go, and prints JSON lines of what it made: "
	"one\n"
	"for each process of a small scenario (its own included), one for each image, one with "
	"sums.\n"
	"\n"
	"  -l, --list          names, default numbers and descriptions, separated by tabs\n"
	"  -o, --output FILE   write the lines to FILE\n"
	"  -n, --number N      how many\n"
	"  -r, --rate R        of these a second, evenly; else as fast as it goes\n"
	"  -s, --start HOW     fork_exec, mixed: fork (default), vfork or spawn\n"
	"  -D, --depth N, -W, --width N\n"
	"                      fork_bomb: generations (3), children of each process (3)\n"
	"  -t, --time N        end everything after N seconds (60)\n"
	"  -w, --wait          say READY on standard error and await a line on standard input\n"
	"\n"
	"A process's line has forks (processes it made), execs, execs_by_thread (of these by "
	"another\n"
	"thread than the first), threads (made beside the first; the ids of all of them ended),\n"
	"exit_code, signal (0: none), and where the scenario is about them exe, directory and "
	"arguments\n"
	"of its last exec. That of this program, role \"main\", tells what happened after READY. "
	"An\n"
	"image's line is about the part that is mapped executable.\n"
	"\n"
	"Exit status: 0 it ran, 1 it failed, 2 usage, 77 it cannot be done here (with a reason).\n";

static const struct option long_options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "output", required_argument, NULL, 'o' },
	{ "number", required_argument, NULL, 'n' },
	{ "rate", required_argument, NULL, 'r' },
	{ "start", required_argument, NULL, 's' },
	{ "depth", required_argument, NULL, 'D' },
	{ "width", required_argument, NULL, 'W' },
	{ "time", required_argument, NULL, 't' },
	{ "wait", no_argument, NULL, 'w' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

_Noreturn static void usage_error(const char *what, const char *object)
{
	fprintf(stderr, "fwevents: %s '%s' (try --help)\n", what, object);
	exit(2);
}

static double number_of(const char *text, double low, double high, const char *what)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= low && value <= high))
		usage_error(what, text);
	return value;
}

static unsigned long whole_of(const char *text, double high, const char *what)
{
	return (unsigned long)number_of(text, 1, high, what);
}

static enum fw_start start_of(const char *text)
{
	static const char *const names[] = { "fork", "vfork", "spawn" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0)
			return (enum fw_start)i;
	usage_error("a start is fork, vfork or spawn, not", text);
}

static bool take_flag(int option, struct arguments *arguments)
{
	switch (option) {
	case 'l':
		arguments->list = true;
		return true;
	case 'w':
		arguments->wait = true;
		return true;
	case 'h':
		fputs(usage_text, stdout);
		exit(0);
	case 'V':
		puts("fwevents");
		exit(0);
	default:
		return false;
	}
}

static void take_option(int option, const char *value, struct arguments *arguments)
{
	switch (option) {
	case 'o':
		arguments->output = value;
		break;
	case 'n':
		fw_generator.number = whole_of(value, 1e9, "the number must be from 1 on, not");
		break;
	case 'r':
		fw_generator.rate =
			number_of(value, 0.1, 1e7, "the rate must be 0.1 to 10000000, not");
		break;
	case 's':
		fw_generator.start = start_of(value);
		break;
	case 'D':
		fw_generator.depth =
			(unsigned int)whole_of(value, 64, "the depth must be 1 to 64, not");
		break;
	case 'W':
		fw_generator.width =
			(unsigned int)whole_of(value, 1000, "the width must be 1 to 1000, not");
		break;
	case 't':
		fw_generator.seconds =
			(unsigned int)whole_of(value, 3600, "the time must be 1 to 3600 s, not");
		break;
	default:
		exit(2);
	}
}

/* Before anything is started: what a tree has in all. */
static void check_tree(void)
{
	double generation = 1, all = 0;
	unsigned int i;

	for (i = 0; i < fw_generator.depth; i++) {
		generation *= fw_generator.width;
		all += generation;
	}
	if (all > TREE_MOST)
		usage_error("more than 20000 processes by --depth and", "--width");
}

static void parse_arguments(int argc, char **argv, struct arguments *arguments)
{
	int option;

	while ((option = getopt_long(argc, argv, "lo:n:r:s:D:W:t:whV", long_options, NULL)) != -1)
		if (!take_flag(option, arguments))
			take_option(option, optarg, arguments);
	if (!arguments->list && optind != argc - 1)
		usage_error("one scenario is needed, see", "--list");
	arguments->name = argv[optind];
	check_tree();
}

static int list(void)
{
	size_t i;

	for (i = 0; i < fw_event_scenario_count; i++)
		printf("%s\t%lu\t%s\n", fw_event_scenarios[i].name, fw_event_scenarios[i].number,
			fw_event_scenarios[i].description);
	return fflush(stdout) == 0 ? 0 : 1;
}

static const struct fw_event_scenario *scenario_of(const char *name)
{
	size_t i;

	for (i = 0; i < fw_event_scenario_count; i++)
		if (strcmp(fw_event_scenarios[i].name, name) == 0)
			return &fw_event_scenarios[i];
	usage_error("no such scenario, see --list:", name);
}

/* A line, or the end of the input, lets the run go on. */
static void announce_ready(void)
{
	ssize_t got;
	char byte = 0;

	dprintf(STDERR_FILENO, "READY\n");
	do {
		got = read(STDIN_FILENO, &byte, 1);
		fw_event_check_time();
	} while ((got == 1 && byte != '\n') || (got < 0 && errno == EINTR));
}

static int run(const struct fw_event_scenario *scenario, const struct arguments *arguments)
{
	uint64_t began_ns, cpu_ns;

	if (fw_generator.number && !scenario->number)
		usage_error("--number is not for", scenario->name);
	if (fw_generator.number > scenario->most)
		usage_error("the number is too large for", scenario->name);
	if (!fw_generator.number)
		fw_generator.number = scenario->number;
	fw_event_ledger_open();
	fw_event_limit();
	if (arguments->wait)
		announce_ready();
	fw_pace_start();
	began_ns = fw_now_ns();
	cpu_ns = fw_cpu_ns();
	scenario->run();
	began_ns = fw_now_ns() - began_ns;
	cpu_ns = fw_cpu_ns() - cpu_ns;
	fw_event_check_time();
	return fw_event_ledger_print(arguments->output, scenario->name, began_ns, cpu_ns) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	parse_arguments(argc, argv, &arguments);
	if (arguments.list)
		return list();
	return run(scenario_of(arguments.name), &arguments);
}
