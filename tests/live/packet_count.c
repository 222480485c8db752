/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket count: frames that arrive, by tag, until SIGINT or SIGTERM. Counted by a socket filter,
 * in the kernel, so that however many come none is lost to a full queue. With a port, a UDP socket
 * as well that throws away what it gets, so that the stack has somewhere to put packets.
 */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "packet_bpf.h"
#include "traffic.h"

#define MARK_OFFSET 6
#define TAG_OFFSET  8

static int make_counters(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 256
	};
	int map = fw_packet_bpf(BPF_MAP_CREATE, &attributes);

	if (map < 0)
		fw_skip("no BPF map here: %s", strerror(errno));
	return map;
}

/* if the frame has the mark: counters[its tag]++; none is queued */
static int make_filter(int map)
{
	struct bpf_insn program[] = {
		FW_INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
		FW_INSTRUCTION(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, MARK_OFFSET),
		FW_INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 10, FW_PACKET_MARK),
		FW_INSTRUCTION(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, TAG_OFFSET),
		FW_INSTRUCTION(BPF_STX | BPF_MEM | BPF_W, 10, 0, -4, 0),
		FW_INSTRUCTION(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
		FW_INSTRUCTION(0, 0, 0, 0, 0),
		FW_INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		FW_INSTRUCTION(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4),
		FW_INSTRUCTION(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		FW_INSTRUCTION(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0),
		FW_INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1),
		FW_INSTRUCTION(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD),
		FW_INSTRUCTION(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
		FW_INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attributes = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = sizeof(program) / sizeof(program[0]), .insns = (uintptr_t)program,
		.license = (uintptr_t) "GPL" };
	int filter = fw_packet_bpf(BPF_PROG_LOAD, &attributes);

	if (filter < 0)
		fw_fail("loading the filter that counts");
	return filter;
}

static void count_type(int filter, const char *device, uint16_t type)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_protocol = htons(type) };
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	link.sll_ifindex = (int)if_nametoindex(device);
	if (descriptor < 0 || !link.sll_ifindex)
		fw_fail(device);
	fw_set_int(descriptor, SOL_SOCKET, SO_ATTACH_BPF, filter);
	if (bind(descriptor, (struct sockaddr *)&link, sizeof(link)) < 0)
		fw_fail("AF_PACKET that counts");
}

/* The filter drops whatever has no mark, and all else too. */
static void swallow(int filter, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	fw_set_int(descriptor, SOL_SOCKET, SO_ATTACH_BPF, filter);
	if (bind(descriptor, (struct sockaddr *)&address, sizeof(address)) < 0)
		fw_fail("a UDP socket");
}

static void print_counters(int map)
{
	bool first = true;

	printf("{");
	for (uint32_t tag = 0; tag < 256; tag++) {
		uint64_t count = 0;
		union bpf_attr attributes = { .map_fd = (uint32_t)map };

		attributes.key = (uintptr_t)&tag;
		attributes.value = (uintptr_t)&count;
		if (fw_packet_bpf(BPF_MAP_LOOKUP_ELEM, &attributes) < 0)
			fw_fail("reading counters");
		if (count)
			printf("%s\"%u\":%llu", first ? "" : ",", tag, (unsigned long long)count);
		first &= !count;
	}
	printf("}\n");
}

int fw_packet_count(void)
{
	int map = make_counters(), filter = make_filter(map), ended;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fw_netns_enter(fw_packet.to_netns);
	if (fw_packet.to_device) {
		count_type(filter, fw_packet.to_device, ETH_P_IP);
		count_type(filter, fw_packet.to_device, ETH_P_IPV6);
		count_type(filter, fw_packet.to_device, ETH_P_ARP);
	}
	if (fw_packet.port)
		swallow(filter, fw_packet.port);
	fprintf(stderr, "ready\n");
	sigwait(&signals, &ended);
	print_counters(map);
	return 0;
}
