/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket fuzz: a program that is in the kernel already is run by the kernel on frames that were
 * changed at random; each verdict is compared with what the frame's bytes say.
 */
#include "packet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#include "packet_bpf.h"
#include "traffic.h"

#define MOST_BYTES 1500u
#define MOST_PAYLOAD 600u
#define MOST_CHANGES 4u
#define TOLD 5
#define XDP_DROPS 1
#define TC_SHOT 2
#define TC_STOLEN 4

struct fuzz {
	struct fw_packet_list list;
	int program;
	bool is_xdp;
	uint64_t runs, dropped, dropped_bytes, refused, wrong;
};

static void open_program(struct fuzz *fuzz)
{
	union bpf_attr attributes = { .prog_id = fw_packet.program };
	struct bpf_prog_info info = { 0 };

	fuzz->program = fw_packet_bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
	if (fuzz->program < 0)
		fw_fail("the program to be run");
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = (uint32_t)fuzz->program;
	attributes.info.info = (uintptr_t)&info;
	attributes.info.info_len = sizeof(info);
	if (fw_packet_bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) < 0)
		fw_fail("what the program is");
	fuzz->is_xdp = info.type == BPF_PROG_TYPE_XDP;
}

static uint32_t below(uint32_t most)
{
	return (uint32_t)(fw_packet_random() >> 32) % most;
}

/* Bits, bytes and words that are special, mostly in the headers; or the end is cut off. */
static size_t change(uint8_t *frame, size_t length)
{
	static const uint8_t special[] = { 0x00, 0xff, 0x08, 0x06, 0x81, 0x88, 0x86, 0xa8, 0xdd,
		0x45, 0x60, 0x4f, 0xaa, 0x03, 0x05, 0xdc };
	size_t place = 12 + below((uint32_t)(length < 76 ? length - 12 : 64));

	switch (below(4)) {
	case 0:
		frame[place] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		frame[place] = (uint8_t)fw_packet_random();
		break;
	case 2:
		frame[place] = special[below(sizeof(special))];
		break;
	default:
		if (below(4) == 0)
			return ETH_HLEN + below((uint32_t)(length - ETH_HLEN + 1));
		break;
	}
	return length;
}

size_t fw_packet_changed(uint8_t *frame)
{
	const struct fw_packet_pool *pool = &fw_packet.pool;
	struct fw_packet_order order = {
		.kind = &fw_packet_kinds[below((uint32_t)fw_packet_kind_count)],
		.is_source = fw_packet.by_source,
		.payload = below(MOST_PAYLOAD)
	};
	size_t length;

	if (below(16) == 0) {
		length = ETH_HLEN + below(MOST_BYTES - ETH_HLEN);
		for (size_t i = 0; i < length; i++)
			frame[i] = (uint8_t)fw_packet_random();
		return length;
	}
	do
		order.address = &pool->addresses[below((uint32_t)pool->count)];
	while (order.address->family != order.kind->family);
	length = fw_packet_make(&order, frame);
	for (uint32_t left = below(MOST_CHANGES + 1); left > 0; left--)
		length = change(frame, length);
	return length;
}

static void explain(const uint8_t *frame, size_t length, uint32_t returned)
{
	fprintf(stderr, "# returned %u, %zu bytes:", returned, length);
	for (size_t i = 12; i < length && i < 80; i++)
		fprintf(stderr, " %02x", frame[i]);
	fprintf(stderr, "\n");
}

static void run_one(struct fuzz *fuzz)
{
	static uint8_t frame[MOST_BYTES + FW_PACKET_HEADERS];
	size_t length = fw_packet_changed(frame);
	union bpf_attr attributes = { 0 };
	struct fw_packet_verdict verdict;
	bool listed, dropped;

	attributes.test.prog_fd = (uint32_t)fuzz->program;
	attributes.test.data_in = (uintptr_t)frame;
	attributes.test.data_size_in = (uint32_t)length;
	attributes.test.repeat = 1;
	if (fw_packet_bpf(BPF_PROG_TEST_RUN, &attributes) < 0) {
		fuzz->refused++;
		return;
	}
	fuzz->runs++;
	fw_packet_judge(frame, length, &verdict);
	listed = fw_packet_is_listed(&verdict, &fuzz->list, fw_packet.by_source);
	dropped = fuzz->is_xdp ? attributes.test.retval == XDP_DROPS
			       : attributes.test.retval == TC_SHOT ||
					 attributes.test.retval == TC_STOLEN;
	fuzz->dropped += dropped;
	fuzz->dropped_bytes += dropped ? verdict.bytes : 0;
	if (listed != dropped && ++fuzz->wrong <= TOLD)
		explain(frame, length, attributes.test.retval);
}

static bool has_both_families(const struct fw_packet_pool *pool)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < pool->count; i++)
		seen |= pool->addresses[i].family == 4 ? 1 : 2;
	return seen == 3;
}

int fw_packet_fuzz(void)
{
	struct fuzz fuzz = { 0 };

	if (!fw_packet.list || !has_both_families(&fw_packet.pool)) {
		fprintf(stderr, "fwpacket: fuzz needs a list, and addresses of IPv4 and of IPv6\n");
		return 2;
	}
	fw_packet_list_read(&fuzz.list, fw_packet.list);
	open_program(&fuzz);
	while (fuzz.runs + fuzz.refused < fw_packet.count)
		run_one(&fuzz);
	printf("{\"seed\":%llu,\"runs\":%llu,\"refused\":%llu,"
	       "\"dropped\":%llu,\"dropped_bytes\":%llu,\"wrong\":%llu}\n",
		(unsigned long long)fw_packet.seed, (unsigned long long)fuzz.runs,
		(unsigned long long)fuzz.refused, (unsigned long long)fuzz.dropped,
		(unsigned long long)fuzz.dropped_bytes, (unsigned long long)fuzz.wrong);
	return fuzz.wrong ? 1 : 0;
}
