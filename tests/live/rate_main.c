// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwrate: how much of a target rate arrives, over how many flows, at what cost. */
#include "rate_run.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher/size.h"
#include "traffic.h"

/* What a run may take beyond its seconds: the rule is made while it waits for its start. */
#define OVERTIME_SECONDS 120u

struct fw_traffic_options fw_traffic = { .scale = 1.0 };
struct fw_rate_options fw_rate = {
	.protocol = IPPROTO_TCP,
	.family = AF_INET,
	.up = true,
	.flows = 1,
	.processes = 1,
	.seconds = 10,
	.warmup = 1,
	.interval_us = 1000,
};

static const char usage_text[] =
	"Usage: fwrate [OPTION]...\n"
	"Moves payload between a limited side and a free side, two processes, and prints one JSON\n"
	"line: the bytes that arrived by second and by flow, what was sent again, and the cost.\n"
	"\n"
	"      --protocol tcp|udp    (tcp)        --family 4|6          (4)\n"
	"      --direction up|down   the limited side sends, or receives (up)\n"
	"      --flows N             (1)          --processes N         of the limited side (1)\n"
	"      --seconds N           (10)         --warmup N            not in the goodput (1)\n"
	"      --size BYTES          a call or a datagram (64KiB, UDP 1400, --latency 1)\n"
	"      --offered RATE        bytes a second that the senders try, all flows together\n"
	"      --target RATE         print the goodput in percent of this too\n"
	"      --uring               send and receive by io_uring\n"
	"      --connect ADDRESS     where the listening side is (loopback); --port N\n"
	"      --listener free|limited   which side that is (free)\n"
	"      --limited-netns NAME, --free-netns NAME   as ip netns names them, or paths\n"
	"      --send-buffer BYTES, --receive-buffer BYTES   (UDP receives: 4MiB)\n"
	"      --existing            the flows are open before the run waits for its start\n"
	"      --limited-pid-file FILE   where the limited side's pid is written\n"
	"      --go-file FILE        await this file before the start\n"
	"      --wait                say 'READY PID' on standard error, await a line\n"
	"      --latency             requests and responses of a bystander; the 'limited' options\n"
	"                            are those of who asks; --interval MICROSECONDS (1000)\n"
	"      --output FILE         write the line to FILE\n"
	"\n"
	"Exit status: 0 it ran, 1 it failed, 2 usage, 77 this kernel cannot do it (with a "
	"reason).\n";

enum option_code {
	OPTION_PROTOCOL = 256,
	OPTION_FAMILY,
	OPTION_DIRECTION,
	OPTION_LISTENER,
	OPTION_NUMBER,			  /* and above: a number of `numbers` */
	OPTION_SIZE = OPTION_NUMBER + 16, /* of `sizes` */
	OPTION_TEXT = OPTION_SIZE + 16,	  /* of `texts` */
};

static unsigned int port;
static const struct {
	unsigned int *place, low, high;
} numbers[] = {
	{ &fw_rate.flows, 1, FW_RATE_FLOWS_MAX },
	{ &fw_rate.processes, 1, 64 },
	{ &fw_rate.seconds, 1, FW_RATE_SECONDS_MAX },
	{ &fw_rate.warmup, 0, FW_RATE_SECONDS_MAX - 1 },
	{ &fw_rate.interval_us, 0, 10000000 },
	{ &port, 1, 65535 },
};
static uint64_t *const sizes[] = { &fw_rate.size, &fw_rate.offered, &fw_rate.target,
	&fw_rate.send_buffer, &fw_rate.receive_buffer };
static const char **const texts[] = { &fw_rate.address, &fw_rate.limited_netns, &fw_rate.free_netns,
	&fw_rate.pid_file, &fw_rate.go_file, &fw_rate.output };

static int latency_flag, existing_flag, uring_flag, wait_flag;
static const struct option long_options[] = {
	{ "protocol", required_argument, NULL, OPTION_PROTOCOL },
	{ "family", required_argument, NULL, OPTION_FAMILY },
	{ "direction", required_argument, NULL, OPTION_DIRECTION },
	{ "listener", required_argument, NULL, OPTION_LISTENER },
	{ "flows", required_argument, NULL, OPTION_NUMBER },
	{ "processes", required_argument, NULL, OPTION_NUMBER + 1 },
	{ "seconds", required_argument, NULL, OPTION_NUMBER + 2 },
	{ "warmup", required_argument, NULL, OPTION_NUMBER + 3 },
	{ "interval", required_argument, NULL, OPTION_NUMBER + 4 },
	{ "port", required_argument, NULL, OPTION_NUMBER + 5 },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "offered", required_argument, NULL, OPTION_SIZE + 1 },
	{ "target", required_argument, NULL, OPTION_SIZE + 2 },
	{ "send-buffer", required_argument, NULL, OPTION_SIZE + 3 },
	{ "receive-buffer", required_argument, NULL, OPTION_SIZE + 4 },
	{ "connect", required_argument, NULL, OPTION_TEXT },
	{ "limited-netns", required_argument, NULL, OPTION_TEXT + 1 },
	{ "free-netns", required_argument, NULL, OPTION_TEXT + 2 },
	{ "limited-pid-file", required_argument, NULL, OPTION_TEXT + 3 },
	{ "go-file", required_argument, NULL, OPTION_TEXT + 4 },
	{ "output", required_argument, NULL, OPTION_TEXT + 5 },
	{ "latency", no_argument, &latency_flag, 1 },
	{ "existing", no_argument, &existing_flag, 1 },
	{ "uring", no_argument, &uring_flag, 1 },
	{ "wait", no_argument, &wait_flag, 1 },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static bool usage_error(const char *what, const char *object)
{
	fprintf(stderr, "fwrate: %s '%s' (try --help)\n", what, object);
	return false;
}

/* True for the second word, false for the first; anything else ends the program. */
static bool choose(const char *text, const char *first, const char *second, int *chosen)
{
	if (strcmp(text, first) != 0 && strcmp(text, second) != 0) {
		fprintf(stderr, "fwrate: '%s' must be %s or %s\n", text, first, second);
		return false;
	}
	*chosen = strcmp(text, second) == 0;
	return true;
}

static bool take_number(const char *text, size_t which)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || text[0] == '-' || value < numbers[which].low ||
		value > numbers[which].high) {
		fprintf(stderr, "fwrate: '%s' must be a number from %u to %u\n", text,
			numbers[which].low, numbers[which].high);
		return false;
	}
	*numbers[which].place = (unsigned int)value;
	return true;
}

static bool take_size(const char *text, uint64_t *place)
{
	struct fw_error error;

	if (fw_size_parse(text, place, &error) != FW_OK || *place == 0 || *place > 1ull << 40)
		return usage_error("a number of bytes from 1 to 1TiB is needed, not", text);
	return true;
}

static bool take(int option, const char *text)
{
	int chosen;

	if (option >= OPTION_TEXT)
		*texts[option - OPTION_TEXT] = text;
	else if (option >= OPTION_SIZE)
		return take_size(text, sizes[option - OPTION_SIZE]);
	else if (option >= OPTION_NUMBER)
		return take_number(text, (size_t)(option - OPTION_NUMBER));
	else if (option == OPTION_PROTOCOL && choose(text, "tcp", "udp", &chosen))
		fw_rate.protocol = chosen ? IPPROTO_UDP : IPPROTO_TCP;
	else if (option == OPTION_FAMILY && choose(text, "4", "6", &chosen))
		fw_rate.family = chosen ? AF_INET6 : AF_INET;
	else if (option == OPTION_DIRECTION && choose(text, "down", "up", &chosen))
		fw_rate.up = chosen;
	else if (option == OPTION_LISTENER && choose(text, "free", "limited", &chosen))
		fw_rate.limited_listens = chosen;
	else
		return false;
	return true;
}

static bool size_fits(void)
{
	uint64_t low = 1, high = FW_RATE_BUFFER_BYTES;

	if (fw_rate.latency)
		high = 64;
	else if (fw_rate.protocol == IPPROTO_UDP)
		low = 64, high = 32000;
	if (!fw_rate.size)
		fw_rate.size = fw_rate.latency			 ? 1
			       : fw_rate.protocol == IPPROTO_UDP ? 1400
								 : 1 << 16;
	if (fw_rate.size >= low && fw_rate.size <= high)
		return true;
	fprintf(stderr, "fwrate: --size must be from %llu to %llu here\n", (unsigned long long)low,
		(unsigned long long)high);
	return false;
}

static bool check(void)
{
	if (!fw_rate.latency && fw_rate.warmup >= fw_rate.seconds)
		return usage_error("nothing is left to measure: lower", "--warmup");
	if (fw_rate.processes > fw_rate.flows)
		return usage_error("more processes than flows: raise", "--flows");
	if (fw_rate.send_buffer > INT32_MAX / 2 || fw_rate.receive_buffer > INT32_MAX / 2)
		return usage_error("too large for a socket:", "--send-buffer, --receive-buffer");
	if (fw_rate.port && fw_rate.port + fw_rate.flows > 65536)
		return usage_error("no ports left for all flows: lower", "--port");
	return size_fits();
}

/* As `ip netns` names them, below its folder, unless it is a path. */
static const char *netns_path(const char *name)
{
	char *path;

	if (!name || strchr(name, '/'))
		return name;
	if (asprintf(&path, "/run/netns/%s", name) < 0)
		fw_fail("memory for a path");
	return path;
}

/* -1: go on; else the exit code. */
static int parse_arguments(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 0;
		}
		if (option == '?' || (option != 0 && !take(option, optarg)))
			return 2;
	}
	if (optind != argc) {
		usage_error("takes no", argv[optind]);
		return 2;
	}
	fw_rate.latency = latency_flag;
	fw_rate.existing = existing_flag;
	fw_rate.uring = uring_flag;
	fw_rate.wait = wait_flag;
	fw_rate.port = (uint16_t)port;
	return check() ? -1 : 2;
}

static void prepare(void)
{
	if (fw_rate.protocol == IPPROTO_UDP && !fw_rate.receive_buffer && !fw_rate.latency)
		fw_rate.receive_buffer = 4u << 20;
	fw_rate.limited_netns = netns_path(fw_rate.limited_netns);
	fw_rate.free_netns = netns_path(fw_rate.free_netns);
	fw_traffic.seconds = fw_rate.seconds + OVERTIME_SECONDS;
	signal(SIGPIPE, SIG_IGN);
	fw_end_by_signals();
	alarm(fw_traffic.seconds);
	fw_ledger_open();
}

int main(int argc, char **argv)
{
	struct fw_rate_shared *shared;
	int code = parse_arguments(argc, argv);
	FILE *out = stdout;

	if (code >= 0)
		return code;
	prepare();
	if (fw_rate.output && !(out = fopen(fw_rate.output, "w")))
		fw_fail(fw_rate.output);
	if (fw_rate.latency) {
		fw_rate_run_latency(out);
	} else {
		shared = fw_shared(sizeof(*shared));
		fw_rate_run(shared);
		fw_rate_report(shared, out);
	}
	if (fflush(out) != 0 || ferror(out))
		fw_fail("writing the result");
	return 0;
}
