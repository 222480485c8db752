/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the packet filter of Windows costs a packet: its sources as tests/nt compiles them for this machine, without
 * the checks of the fake kernel. Usage: bench_packet_filter [ROUNDS]. See docs/benchmarks-windows.md.
 *
 * There is an adapter for each size of list, and one without; they take turns, round by round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare_ndis.h"
#include "bench_figures.h"
#include "filter_client.h"
#include "kernel/windows/filter/im_packet.h"

#define PACKETS	  100000u
#define ADDRESSES (1u << 18) /* a stream */
#define MOST	  1000000u
#define BYTES	  1514u
#define HEADER	  14u
#define LOOKAHEAD 128u

static const uint32_t sizes[] = { 0, 1, 1000, 100000, MOST };
#define SIZES FW_ARRAY_SIZE(sizes)

enum path { PATH_SEND, PATH_PACKET, PATH_LOOKAHEAD, PATHS };
static const char *const paths[] = { "sent", "received whole", "received by look-ahead" };

enum stream { STREAM_PASSED, STREAM_DROPPED, STREAMS };

struct lane {
	struct fw_im_adapter *adapter;
	struct fake_adapter *below; /* NULL: the stack's own */
	uint32_t *stream[STREAMS];
	double ns[PATHS][STREAMS][BENCH_MOST_ROUNDS];
};
static struct lane lanes[SIZES];

static struct fw_filter_prefix prefixes[MOST];
static uint32_t listed[MOST];
static uint8_t frame[BYTES];
static uint64_t state = 1;

static uint32_t chance(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 32);
}

static int order(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static bool is_listed(uint32_t address, uint32_t count)
{
	return bsearch(&address, listed, count, sizeof(*listed), order) != NULL;
}

/* Single addresses, anywhere: so many of them, but for the few that came twice. */
static uint32_t make_list(uint32_t wanted)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < wanted; i++)
		listed[i] = chance();
	qsort(listed, wanted, sizeof(*listed), order);
	for (uint32_t i = 0; i < wanted; i++)
		if (!count || listed[i] != listed[count - 1])
			listed[count++] = listed[i];
	for (uint32_t i = 0; i < count; i++)
		prefixes[i] = filter_prefix4(listed[i], 32);
	return count;
}

static void make_streams(struct lane *lane, uint32_t count)
{
	for (int stream = 0; stream < STREAMS; stream++) {
		lane->stream[stream] = malloc(ADDRESSES * sizeof(uint32_t));
		bench_check(lane->stream[stream] != NULL, "there is no memory");
	}
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		uint32_t address = chance();

		while (is_listed(address, count))
			address = chance();
		lane->stream[STREAM_PASSED][i] = address;
		lane->stream[STREAM_DROPPED][i] = count ? listed[chance() % count] : address;
	}
}

static void lane_begin(struct filter_stack *stack, size_t index)
{
	char name[8], device[32], upper[32];
	struct lane *lane = &lanes[index];
	uint32_t count = make_list(sizes[index]);
	HANDLE handle = filter_open();

	snprintf(name, sizeof(name), "{%c}", (char)('A' + index));
	snprintf(device, sizeof(device), "\\Device\\%s", name);
	snprintf(upper, sizeof(upper), "\\Device\\Upper-%s", name);
	if (index) {
		lane->below = fake_adapter_new(&(struct fake_adapter_options){ .name = device });
		bench_check(fake_protocol_binding(stack->protocol, upper) != NULL, "an adapter was not bound");
	}
	bench_check(!count || NT_SUCCESS(filter_set(handle, name, FW_FILTER_BOTH, prefixes, count)),
		"a list was refused");
	nt_close(handle);
	lane->adapter = fw_im_adapter_named(name);
	bench_check(lane->adapter != NULL, "the driver does not know an adapter");
	make_streams(lane, count);
}

static void lane_end(struct lane *lane)
{
	fw_im_adapter_put(lane->adapter);
	if (lane->below)
		fake_adapter_free(lane->below);
	for (int stream = 0; stream < STREAMS; stream++)
		free(lane->stream[stream]);
}

static void give(struct fw_im_adapter *adapter, enum path path, NDIS_PACKET *packet)
{
	switch (path) {
	case PATH_SEND:
		fw_im_send_packets(adapter, &packet, 1);
		break;
	case PATH_PACKET:
		if (fw_im_receive_packet(adapter, packet))
			fw_im_return_packet(adapter, packet); /* who is above needs it no longer */
		break;
	default:
		fw_im_receive(adapter, NULL, frame, HEADER, frame + HEADER, LOOKAHEAD, BYTES - HEADER);
	}
}

static double packet_ns(struct lane *lane, enum path path, enum stream stream, NDIS_PACKET *packet, uint32_t from)
{
	const uint32_t *addresses = lane->stream[stream];
	uint8_t *place = frame + (path == PATH_SEND ? 30 : 26);
	uint64_t out = bare_ndis_above + bare_ndis_below, begin = bench_now_ns();

	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t address = addresses[(from + i) % ADDRESSES];

		for (int byte = 0; byte < 4; byte++)
			place[byte] = (uint8_t)(address >> (24 - 8 * byte));
		give(lane->adapter, path, packet);
	}
	begin = bench_now_ns() - begin;
	out = bare_ndis_above + bare_ndis_below - out;
	bench_check(out == (stream == STREAM_DROPPED && lane != lanes ? 0 : PACKETS), "a packet was misjudged");
	return (double)begin / PACKETS;
}

/* The first round is not counted. */
static void measure(NDIS_PACKET *packet, int rounds)
{
	bare_kernel_on(true);
	for (int round = -1; round < rounds; round++)
		for (int path = 0; path < PATHS; path++)
			for (int stream = 0; stream < STREAMS; stream++)
				for (size_t size = 0; size < SIZES; size++) {
					double ns = packet_ns(&lanes[size], path, stream, packet,
						(uint32_t)(round + 1) * PACKETS);

					if (round >= 0)
						lanes[size].ns[path][stream][round] = ns;
				}
	bare_kernel_on(false);
}

static void print_row(enum path path, size_t size, int rounds)
{
	struct bench_text text[2 * STREAMS];

	for (int stream = 0; stream < STREAMS; stream++) {
		double added[BENCH_MOST_ROUNDS];

		for (int i = 0; i < rounds; i++)
			added[i] = lanes[size].ns[path][stream][i] - lanes[0].ns[path][stream][i];
		text[2 * stream + 1] = bench_spread(added, rounds, 0);
	}
	for (int stream = 0; stream < STREAMS; stream++) {
		double whole[BENCH_MOST_ROUNDS];

		memcpy(whole, lanes[size].ns[path][stream], sizeof(whole));
		text[2 * stream] = bench_spread(whole, rounds, 0);
	}
	printf("| %s | %u | %s | %s | %s | %s |\n", paths[path], sizes[size], text[0].text, text[1].text,
		size ? text[2].text : "", size ? text[3].text : "");
}

static void print(int rounds)
{
	printf("\n### A packet\n\n"
	       "Nanoseconds of the processor in fwfilter.sys for a packet of %u bytes: median of %d interleaved rounds of\n"
	       "%u packets, with the least and the most. Prefixes are single addresses, anywhere; the packets' addresses\n"
	       "are by chance, of none of them (passed) or of one of them (dropped, and counted). What is received whole is also\n"
	       "given back. \"Added\" is what is more than on an adapter without a list, in the same round.\n\n"
	       "| | prefixes | passed | added | dropped | added |\n"
	       "|---|---:|---:|---:|---:|---:|\n",
		BYTES, rounds, PACKETS);
	for (int path = 0; path < PATHS; path++)
		for (size_t size = 0; size < SIZES; size++)
			print_row(path, size, rounds);
	printf("\nEach of these packets was judged rightly.\n");
}

static NDIS_PACKET *make_packet(NDIS_HANDLE *packets, NDIS_HANDLE *buffers)
{
	NDIS_STATUS status;
	NDIS_BUFFER *buffer;
	NDIS_PACKET *packet;

	filter_frame4(frame, 0, 0);
	NdisAllocatePacketPoolEx(&status, packets, 1, 0, PROTOCOL_RESERVED_SIZE_IN_PACKET);
	NdisAllocateBufferPool(&status, buffers, 1);
	NdisAllocatePacket(&status, &packet, *packets);
	bench_check(status == NDIS_STATUS_SUCCESS, "there is no packet");
	NdisAllocateBuffer(&status, &buffer, *buffers, frame, BYTES);
	bench_check(status == NDIS_STATUS_SUCCESS, "there is no buffer");
	NdisChainBufferAtFront(packet, buffer);
	return packet;
}

static void run(int rounds)
{
	static struct filter_stack stack = { .ndis.packet_stacks = 2 };
	NDIS_HANDLE packets, buffers;
	NDIS_PACKET *packet;
	NDIS_BUFFER *buffer;

	bench_check(filter_begin(&stack), "the driver did not load");
	for (size_t i = 0; i < SIZES; i++)
		lane_begin(&stack, i);
	packet = make_packet(&packets, &buffers);
	measure(packet, rounds);
	print(rounds);
	NdisUnchainBufferAtFront(packet, &buffer);
	NdisFreeBuffer(buffer);
	NdisFreePacket(packet);
	NdisFreeBufferPool(buffers);
	NdisFreePacketPool(packets);
	for (size_t i = 0; i < SIZES; i++)
		lane_end(&lanes[i]);
	filter_end(&stack);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 11;

	if (argc > 2 || rounds < 1 || rounds > BENCH_MOST_ROUNDS) {
		fprintf(stderr, "Usage: bench_packet_filter [ROUNDS (1 to %d)]\n", BENCH_MOST_ROUNDS);
		return 2;
	}
	nt_kernel_start(&(struct nt_options){ .switch_chance = 1 });
	run(rounds);
	nt_kernel_stop();
	return 0;
}
