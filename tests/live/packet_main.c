/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* fwpacket: its commands and options. */
#include "packet.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

struct fw_traffic_options fw_traffic = { .scale = 1.0 };
struct fw_packet_options fw_packet = {
	.payload = 18, .seconds = 1, .cpu = -1, .seed = 1, .by_source = true
};

static const char usage_text[] =
	"Usage: fwpacket COMMAND [OPTION]...\n"
	"Frames of its own making, and what arrives of them.\n"
	"\n"
	"  run     send each kind of frame with each address, and check that exactly those arrive that\n"
	"          are not in --list; a JSON line for each kind and one for all. --device, --to-device\n"
	"  load    send one kind, as fast as it goes, for --seconds or --count; one JSON line. --device\n"
	"  count   count what arrives of load by --tag, until SIGINT. --to-device, --port\n"
	"  fuzz    let the kernel run --program on --count changed frames, and check each verdict\n"
	"  capture write what passes --device to standard output, as a pcap file, until SIGTERM\n"
	"  frames  write each kind with each address, and --count changed ones, the same way\n"
	"  verdicts  let the kernel run --program on each frame of --file; one line a frame\n"
	"  prefixes  --list in the binary form of abi/filter.h, without prefixes inside others\n"
	"  addresses  print what --address names, one a line\n"
	"  kinds   the names of the kinds of frames\n"
	"\n"
	"      --device NAME, --netns PATH         the sending device, and its namespace\n"
	"      --to-device NAME, --to-netns PATH   the receiving one\n"
	"      --address TEXT    an address, a prefix (each of its addresses), random:PREFIX:COUNT, or\n"
	"                        edges:FILE:COUNT (of so many prefixes of a list), in:FILE:COUNT (any\n"
	"                        that are in it), out:FILE:COUNT (that are not); may be repeated\n"
	"      --side source|destination           where the address goes, and is looked up (source)\n"
	"      --other ADDRESS   the other one      --list FILE       an address or prefix a line\n"
	"      --file FILE       pcap\n"
	"      --kinds NAME,...  (all; load: udp4)  --payload BYTES   (18)\n"
	"      --to MAC          (broadcast)        --bypass          past the queue of the device\n"
	"      --count N         --seconds N        --tag N           1 to 254, of load\n"
	"      --cpu N           stay there         --port N          count: a UDP socket that drops\n"
	"      --program ID      of the kernel      --seed N\n"
	"\n"
	"Exit status: 0 all as it should be, 1 not, 2 usage, 77 this kernel cannot do it.\n";

enum option_code {
	OPTION_DEVICE = 256,
	OPTION_NETNS,
	OPTION_TO_DEVICE,
	OPTION_TO_NETNS,
	OPTION_ADDRESS,
	OPTION_SIDE,
	OPTION_OTHER,
	OPTION_LIST,
	OPTION_FILE,
	OPTION_KINDS,
	OPTION_PAYLOAD,
	OPTION_TO,
	OPTION_BYPASS,
	OPTION_COUNT,
	OPTION_SECONDS,
	OPTION_TAG,
	OPTION_CPU,
	OPTION_PORT,
	OPTION_PROGRAM,
	OPTION_SEED,
};

static const struct option options[] = {
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "netns", required_argument, NULL, OPTION_NETNS },
	{ "to-device", required_argument, NULL, OPTION_TO_DEVICE },
	{ "to-netns", required_argument, NULL, OPTION_TO_NETNS },
	{ "address", required_argument, NULL, OPTION_ADDRESS },
	{ "side", required_argument, NULL, OPTION_SIDE },
	{ "other", required_argument, NULL, OPTION_OTHER },
	{ "list", required_argument, NULL, OPTION_LIST },
	{ "file", required_argument, NULL, OPTION_FILE },
	{ "kinds", required_argument, NULL, OPTION_KINDS },
	{ "payload", required_argument, NULL, OPTION_PAYLOAD },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "bypass", no_argument, NULL, OPTION_BYPASS },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "tag", required_argument, NULL, OPTION_TAG },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "program", required_argument, NULL, OPTION_PROGRAM },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ NULL, 0, NULL, 0 },
};

static int print_addresses(void)
{
	const struct fw_packet_pool *pool = &fw_packet.pool;
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < pool->count; i++)
		puts(inet_ntop(pool->addresses[i].family == 4 ? AF_INET : AF_INET6,
			pool->addresses[i].bytes, text, sizeof(text)));
	return 0;
}

static int print_kinds(void)
{
	for (size_t i = 0; i < fw_packet_kind_count; i++)
		puts(fw_packet_kinds[i].name);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
	bool needs_device, needs_to_device, needs_list, needs_file;
} commands[] = {
	{ "addresses", print_addresses },
	{ "kinds", print_kinds },
	{ "run", fw_packet_run, true, true },
	{ "load", fw_packet_load, true },
	{ "count", fw_packet_count },
	{ "fuzz", fw_packet_fuzz },
	{ "capture", fw_packet_capture, true },
	{ "frames", fw_packet_frames },
	{ "prefixes", fw_packet_prefixes, .needs_list = true },
	{ "verdicts", fw_packet_verdicts, .needs_file = true },
};

static bool take_other(const char *text)
{
	struct fw_packet_pool pool = { 0 };

	fw_packet_pool_add(&pool, text);
	if (!pool.count)
		return false;
	fw_packet.other = pool.addresses[0];
	free(pool.addresses);
	return true;
}

static bool take_mac(const char *text)
{
	static uint8_t mac[6];

	fw_packet.to = mac;
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		       &mac[4], &mac[5]) == 6;
}

static bool take_number(int code)
{
	unsigned long long number = strtoull(optarg, NULL, 10);

	switch (code) {
	case OPTION_PAYLOAD: fw_packet.payload = number; return number <= 60000;
	case OPTION_COUNT: fw_packet.count = number; return number > 0;
	case OPTION_TAG:
		fw_packet.tag = (uint8_t)number;
		return number > 0 && number < FW_PACKET_LAST_TAG;
	case OPTION_CPU: fw_packet.cpu = (int)number; return true;
	case OPTION_PORT: fw_packet.port = (int)number; return number > 0 && number < 65536;
	case OPTION_PROGRAM: fw_packet.program = (uint32_t)number; return number > 0;
	case OPTION_SEED: fw_packet_seed(fw_packet.seed = number); return true;
	default: return false;
	}
}

static bool take_option(int code)
{
	switch (code) {
	case OPTION_DEVICE: fw_packet.device = optarg; return true;
	case OPTION_NETNS: fw_packet.from_netns = optarg; return true;
	case OPTION_TO_DEVICE: fw_packet.to_device = optarg; return true;
	case OPTION_TO_NETNS: fw_packet.to_netns = optarg; return true;
	case OPTION_ADDRESS: fw_packet_pool_add(&fw_packet.pool, optarg); return true;
	case OPTION_SIDE: fw_packet.by_source = strcmp(optarg, "destination") != 0; return true;
	case OPTION_OTHER: return take_other(optarg);
	case OPTION_LIST: fw_packet.list = optarg; return true;
	case OPTION_FILE: fw_packet.file = optarg; return true;
	case OPTION_KINDS: fw_packet.kinds = optarg; return true;
	case OPTION_TO: return take_mac(optarg);
	case OPTION_BYPASS: fw_packet.bypass = true; return true;
	case OPTION_SECONDS: fw_packet.seconds = atof(optarg); return fw_packet.seconds > 0;
	case '?': return false; /* unknown, or without its value: said already */
	default: return take_number(code);
	}
}

static int usage(void)
{
	fputs(usage_text, stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int code;

	if (argc < 2)
		return usage();
	optind = 2;
	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(code))
			return usage();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if ((commands[i].needs_device && !fw_packet.device) ||
			(commands[i].needs_to_device && !fw_packet.to_device) ||
			(commands[i].needs_list && !fw_packet.list) ||
			(commands[i].needs_file && !fw_packet.file))
			return usage();
		return commands[i].run();
	}
	return usage();
}
