/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets through the filter: sends, look-ahead and whole packets, with and without room in them. */
#include <string.h>

#include "filter_client.h"

#define FRAME 200u
#define LISTED 0xc0000207u /* 192.0.2.7 */
#define OTHER  0xc6336409u /* 198.51.100.9 */

/* What differs from a driver with room in its packets. */
struct setup {
	struct nt_options kernel;
	struct ndis_options ndis;
	struct fake_protocol_options protocol;
	bool no_stacks;
};

static struct filter_stack stack;
static uint8_t listed_from[FRAME], listed_to[FRAME], other[FRAME];

static void frame_make(uint8_t frame[FRAME], uint32_t source, uint32_t destination)
{
	uint8_t head[128];
	uint32_t index;

	for (index = 0; index < FRAME; index++)
		frame[index] = (uint8_t)index;
	filter_frame4(head, source, destination);
	memcpy(frame, head, 34);
	frame[16] = 0;
	frame[17] = FRAME - 14;
}

static void frames_make(void)
{
	frame_make(listed_from, LISTED, OTHER);
	frame_make(listed_to, OTHER, LISTED);
	frame_make(other, OTHER, OTHER);
}

static NTSTATUS set_prefixes(const struct fw_filter_prefix *prefixes, uint32_t count)
{
	HANDLE handle = filter_open();
	NTSTATUS status;

	if (!handle)
		return STATUS_NO_SUCH_DEVICE;
	status = filter_set(handle, FILTER_ADAPTER, FW_FILTER_BOTH, prefixes, count);
	nt_close(handle);
	return status;
}

static NTSTATUS set_list(void)
{
	struct fw_filter_prefix prefix = filter_prefix4(LISTED & ~0xffu, 24);

	return set_prefixes(&prefix, 1);
}

static struct fw_filter_counters counters_of(enum fw_filter_place place)
{
	HANDLE handle = filter_open();
	struct fw_filter_counters counters;

	NT_CHECK(handle != NULL);
	counters = filter_place(handle, place);
	nt_close(handle);
	return counters;
}

static bool load(const struct setup *setup)
{
	static const struct setup usual;
	struct nt_options kernel;

	if (!setup)
		setup = &usual;
	kernel = setup->kernel;
	memset(&stack, 0, sizeof(stack));
	stack.ndis = setup->ndis;
	stack.ndis.packet_stacks = setup->no_stacks ? 0 : 2;
	stack.above = setup->protocol;
	frames_make();
	kernel.free_running = getenv("NT_FREE_RUNNING") != NULL;
	nt_kernel_start(&kernel);
	if (filter_begin(&stack))
		return true;
	nt_kernel_stop();
	return false;
}

static void begin(const struct setup *setup)
{
	NT_CHECK(load(setup));
	NT_CHECK_EQUAL(set_list(), STATUS_SUCCESS);
}

static void end(void)
{
	filter_end(&stack);
	nt_kernel_stop();
}

static unsigned received(void)
{
	ndis_drain();
	return fake_binding_received(stack.binding)->count;
}

static unsigned sent(void)
{
	return fake_adapter_sent(stack.adapter)->count;
}

static void sends(void)
{
	struct fw_filter_counters counters;

	begin(NULL);
	NT_CHECK(fake_binding_send(stack.binding, listed_to, FRAME, NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_binding_sent(stack.binding), 1);
	NT_CHECK_EQUAL(sent(), 0);
	NT_CHECK(fake_binding_send(stack.binding, listed_from, FRAME, NULL));
	fake_binding_send_many(stack.binding, other, FRAME, 5);
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_binding_sent(stack.binding), 7);
	NT_CHECK_EQUAL(sent(), 6);
	NT_CHECK(fake_frame_is(fake_adapter_sent(stack.adapter)->first, listed_from, FRAME));
	counters = counters_of(FW_FILTER_PLACE_SEND);
	NT_CHECK_EQUAL(counters.packets, 7);
	NT_CHECK_EQUAL(counters.bytes, 7 * (FRAME - 14));
	NT_CHECK_EQUAL(counters.dropped_packets, 1);
	NT_CHECK_EQUAL(counters.dropped_bytes, FRAME - 14);
	end();
}

static void failed_sends(void)
{
	begin(NULL);
	fake_adapter_send_status(stack.adapter, NDIS_STATUS_NO_CABLE);
	NT_CHECK(fake_binding_send(stack.binding, other, FRAME, NULL));
	NT_CHECK(fake_binding_send(stack.binding, listed_to, FRAME, NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_binding_failed(stack.binding), 1);
	NT_CHECK_EQUAL(fake_binding_sent(stack.binding), 1);
	end();
}

static void whole_packets(void)
{
	struct fw_filter_counters counters;

	begin(NULL);
	NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, NULL, false));
	NT_CHECK_EQUAL(fake_adapter_out(stack.adapter), 0);
	NT_CHECK(fake_adapter_packet(stack.adapter, listed_to, FRAME, NULL, false));
	fake_adapter_packets(stack.adapter, other, FRAME, 4);
	NT_CHECK_EQUAL(received(), 5);
	NT_CHECK_EQUAL(fake_adapter_out(stack.adapter), 0);
	NT_CHECK(fake_frame_is(fake_binding_received(stack.binding)->first, listed_to, FRAME));
	counters = counters_of(FW_FILTER_PLACE_PACKET);
	NT_CHECK_EQUAL(counters.packets, 6);
	NT_CHECK_EQUAL(counters.dropped_packets, 1);
	end();
}

static void kept_packets(void)
{
	const struct setup options = { .protocol.holds = true };

	begin(&options);
	fake_adapter_packets(stack.adapter, other, FRAME, 5);
	NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, NULL, false));
	NT_CHECK_EQUAL(received(), 5);
	NT_CHECK_EQUAL(fake_adapter_out(stack.adapter), 5);
	fake_binding_return_all(stack.binding);
	NT_CHECK_EQUAL(fake_adapter_out(stack.adapter), 0);
	end();
}

static void without_resources(void)
{
	static const struct setup kinds[] = {
		{ .ndis.later_chance = 101, .protocol.holds = true },
		{ .ndis.later_chance = 100, .protocol.holds = true }, /* comes as look-ahead */
		{ .ndis.later_chance = 101, .protocol.holds = true, .no_stacks = true },
	};
	unsigned index;

	for (index = 0; index < ARRAYSIZE(kinds); index++) {
		begin(&kinds[index]);
		NT_CHECK(fake_adapter_packet(stack.adapter, other, FRAME, NULL, true));
		NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, NULL, true));
		NT_CHECK_EQUAL(received(), 1);
		NT_CHECK(fake_frame_is(fake_binding_received(stack.binding)->first, other, FRAME));
		end();
	}
}

static void check_shape(const struct fake_frame *frame, const struct fake_shape *shape)
{
	NT_CHECK(fake_frame_is(frame, other, FRAME));
	NT_CHECK_EQUAL(frame->info[Ieee8021QInfo], shape->vlan);
	NT_CHECK_EQUAL(frame->info[TcpIpChecksumPacketInfo], shape->checksum);
	NT_CHECK_EQUAL(frame->time, shape->time);
	NT_CHECK(frame->media_info);
}

/* The fake kernel compares out-of-band data too, when a packet stands for another. */
static void out_of_band(bool no_stacks)
{
	const struct fake_shape shape = { .cuts = { 14, 34 }, .vlan = 0x50, .checksum = 4, .time = 12345, .flags = 2,
		.media_info = true };
	const struct setup options = { .no_stacks = no_stacks };

	begin(&options);
	NT_CHECK(fake_binding_send(stack.binding, other, FRAME, &shape));
	fake_binding_wait(stack.binding);
	check_shape(fake_adapter_sent(stack.adapter)->first, &shape);
	NT_CHECK(fake_adapter_packet(stack.adapter, other, FRAME, &shape, false));
	NT_CHECK_EQUAL(received(), 1);
	check_shape(fake_binding_received(stack.binding)->first, &shape);
	end();
}

static void own_packets(void)
{
	out_of_band(true);
}

static void same_packets(void)
{
	out_of_band(false);
}

/* Each cut of the first two, in turn. */
static void split_headers(void)
{
	struct fake_shape shape = { 0 };
	uint32_t first, second;
	unsigned passed = 0;

	begin(NULL);
	for (first = 1; first < 60; first++)
		for (second = first + 1; second < 60; second += 7) {
			shape.cuts[0] = first;
			shape.cuts[1] = second;
			NT_CHECK(fake_binding_send(stack.binding, listed_to, FRAME, &shape));
			NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, &shape, false));
			NT_CHECK(fake_binding_send(stack.binding, listed_from, FRAME, &shape));
			NT_CHECK(fake_adapter_packet(stack.adapter, listed_to, FRAME, &shape, false));
			fake_binding_wait(stack.binding);
			passed++;
			NT_CHECK_EQUAL(sent(), passed);
			NT_CHECK_EQUAL(received(), passed);
		}
	end();
}

/* What is between the addresses of Ethernet and IP. */
struct link_header {
	uint8_t bytes[18];
	uint32_t size, cut; /* the frame ends so many bytes behind it; 0: it is whole */
	bool is6, drops, is_outside; /* its outer tag is not in the bytes */
	uint32_t bytes_counted;
};

#define TAG_OUTER 0x88, 0xa8, 0, 5
#define TAG 0x81, 0, 0, 6
#define SNAP 0xaa, 0xaa, 3, 0, 0, 0
#define IPV4 8, 0
#define IPV6 0x86, 0xdd
#define REST(header) (FRAME - 12 - (header))

static const struct link_header link_headers[] = {
	{ { 0, 100, SNAP, IPV4 }, 10, .drops = true, .bytes_counted = 46 },
	{ { 0, 100, SNAP, IPV6 }, 10, .is6 = true, .drops = true, .bytes_counted = 60 },
	{ { TAG, 0, 100, SNAP, IPV4 }, 14, .drops = true, .bytes_counted = 46 },
	{ { TAG_OUTER, TAG, 0, 100, SNAP, IPV4 }, 18, .drops = true, .bytes_counted = 46 },
	{ { TAG_OUTER, TAG, 0, 100, SNAP, IPV6 }, 18, .is6 = true, .drops = true, .bytes_counted = 60 },
	{ { TAG, 0, 100, SNAP, IPV6 }, 14, .is6 = true, .is_outside = true, .drops = true, .bytes_counted = 60 },
	{ { 0, 0, SNAP, IPV4 }, 10, .drops = true, .bytes_counted = 46 },
	{ { 0x05, 0xff, SNAP, IPV4 }, 10, .drops = true, .bytes_counted = 46 },
	{ { 0, 100, 0xaa, 0xaa, 3, 0, 0, 0xf8, IPV4 }, 10, .drops = true, .bytes_counted = 46 },
	{ { 0, 100, 0xaa, 0xaa, 3, 1, 0, 0, IPV6 }, 10, .is6 = true, .drops = true, .bytes_counted = 60 },
	{ { 0, 100, SNAP, IPV4 }, 10, .cut = 20, .drops = true, .bytes_counted = 20 },
	{ { TAG_OUTER, TAG, 0, 100, SNAP, IPV6 }, 18, .cut = 40, .is6 = true, .drops = true, .bytes_counted = 40 },
	/* None of IP: counted from behind the length. */
	{ { 0x06, 0x00, SNAP, IPV4 }, 10, .bytes_counted = REST(2) },
	{ { 0, 100, 0xaa, 0xaa, 0xe3, 0, 0, 0, IPV6 }, 10, .is6 = true, .bytes_counted = REST(2) },
	{ { 0, 100, 0xaa, 0xab, 3, 0, 0, 0, IPV4 }, 10, .bytes_counted = REST(2) },
	{ { 0, 100, SNAP, 8, 6 }, 10, .bytes_counted = REST(2) },
	{ { 0, 100, SNAP, TAG, IPV4 }, 14, .bytes_counted = REST(2) },
	{ { TAG, TAG, 0, 100, SNAP, IPV4 }, 18, .is_outside = true, .bytes_counted = REST(6) },
	/* Of IP, but it is none: from behind the header. */
	{ { 0, 100, SNAP, IPV6 }, 10, .bytes_counted = REST(10) },
	{ { 0, 100, SNAP, IPV4 }, 10, .cut = 19, .bytes_counted = 19 },
	{ { TAG_OUTER, TAG, 0, 100, SNAP, IPV6 }, 18, .cut = 39, .is6 = true, .bytes_counted = 39 },
};

static uint32_t link_frame(const struct link_header *header, uint8_t frame[FRAME])
{
	uint8_t plain[128];

	memset(frame, 0, FRAME);
	if (header->is6)
		filter_frame6(plain, LISTED, LISTED);
	else
		filter_frame4(plain, LISTED, LISTED);
	memcpy(frame + 12, header->bytes, header->size);
	memcpy(frame + 12 + header->size, plain + 14, 60);
	return header->cut ? 12 + header->size + header->cut : FRAME;
}

static void check_places(const struct link_header *header, const unsigned packets[FW_FILTER_PLACES])
{
	enum fw_filter_place place;

	for (place = 0; place < FW_FILTER_PLACES; place++) {
		struct fw_filter_counters counters = counters_of(place);

		NT_CHECK_EQUAL(counters.packets, packets[place]);
		NT_CHECK_EQUAL(counters.bytes, packets[place] * header->bytes_counted);
		NT_CHECK_EQUAL(counters.dropped_packets, header->drops ? packets[place] : 0);
	}
}

static void link_header(const struct link_header *header)
{
	const struct fw_filter_prefix prefixes[] = { filter_prefix4(LISTED, 32), filter_prefix6(LISTED, 128) };
	struct fake_shape shape = { .vlan = header->is_outside ? 0x50 : 0 };
	unsigned packets[FW_FILTER_PLACES] = { 0 };
	uint8_t frame[FRAME];
	uint32_t length = link_frame(header, frame), size;

	NT_CHECK(load(NULL));
	NT_CHECK_EQUAL(set_prefixes(prefixes, 2), STATUS_SUCCESS);
	for (shape.cuts[0] = 1; shape.cuts[0] < 76 && shape.cuts[0] < length; shape.cuts[0]++) {
		NT_CHECK(fake_binding_send(stack.binding, frame, length, &shape));
		NT_CHECK(fake_adapter_packet(stack.adapter, frame, length, &shape, false));
		packets[FW_FILTER_PLACE_SEND]++;
		packets[FW_FILTER_PLACE_PACKET]++;
	}
	for (size = 40; size < 76 && !header->is_outside; size++) { /* which have no tag outside */
		fake_adapter_lookahead(stack.adapter, frame, length, size, false);
		packets[FW_FILTER_PLACE_LOOKAHEAD]++;
	}
	ndis_drain();
	fake_binding_wait(stack.binding);
	check_places(header, packets);
	end();
}

static void link_headers_judged(void)
{
	unsigned index;

	for (index = 0; index < ARRAYSIZE(link_headers); index++)
		link_header(&link_headers[index]);
}

static void lookahead(void)
{
	unsigned passed = 0;
	uint32_t size;

	begin(NULL);
	for (size = 0; size <= FRAME - 14; size++) {
		fake_adapter_lookahead(stack.adapter, listed_from, FRAME, size, size % 2);
		fake_adapter_lookahead(stack.adapter, listed_to, FRAME, size, size % 2);
		passed++;
		NT_CHECK_EQUAL(received(), passed);
		NT_CHECK_EQUAL(fake_binding_pieces(stack.binding) > fake_binding_completes(stack.binding), 0);
	}
	NT_CHECK_EQUAL(counters_of(FW_FILTER_PLACE_LOOKAHEAD).dropped_packets, passed);
	NT_CHECK_EQUAL(counters_of(FW_FILTER_PLACE_LOOKAHEAD).packets, 2 * passed);
	end();
}

static void pieces_above(void)
{
	const struct setup options = { .protocol.pieces_only = true };

	begin(&options);
	NT_CHECK(fake_adapter_packet(stack.adapter, other, FRAME, NULL, false));
	NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, NULL, false));
	fake_adapter_lookahead(stack.adapter, other, FRAME, 60, false);
	NT_CHECK_EQUAL(received(), 2);
	NT_CHECK(fake_frame_is(fake_binding_received(stack.binding)->first, other, FRAME));
	end();
}

/* Frames that end in a header pass, as they do on Linux: there is no address to judge by. */
static void short_frames(void)
{
	unsigned passed = 0;
	uint32_t length;

	begin(NULL);
	for (length = 14; length < 34; length++) {
		NT_CHECK(fake_binding_send(stack.binding, listed_to, length, NULL));
		NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, length, NULL, false));
		fake_adapter_lookahead(stack.adapter, listed_from, length, 2, false);
		passed++;
		fake_binding_wait(stack.binding);
		NT_CHECK_EQUAL(sent(), passed);
		NT_CHECK_EQUAL(received(), 2 * passed);
	}
	end();
}

/* Lists that are set one after another. */
static struct fw_filter_prefix whole[2][2];
static LONG stop;

static void replace(void *context)
{
	unsigned round;

	(void)context;
	for (round = 0; round < 6; round++)
		NT_CHECK_EQUAL(set_prefixes(whole[round % 2], 2), STATUS_SUCCESS);
	InterlockedExchange(&stop, 1);
}

static void traffic_while_replaced(void)
{
	PETHREAD thread;
	unsigned rounds = 0;

	stop = 0;
	thread = nt_thread_start("lists", NULL, replace, NULL);
	for (; !InterlockedCompareExchange(&stop, 0, 0) && rounds < 400; rounds++) {
		NT_CHECK(fake_binding_send(stack.binding, listed_to, FRAME, NULL));
		NT_CHECK(fake_adapter_packet(stack.adapter, listed_from, FRAME, NULL, false));
		fake_adapter_lookahead(stack.adapter, listed_from, FRAME, 40, false);
		NT_CHECK(fake_binding_send(stack.binding, other, FRAME, NULL));
		NT_CHECK(fake_adapter_packet(stack.adapter, other, FRAME, NULL, false));
	}
	nt_thread_join(thread);
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(sent(), rounds);
	NT_CHECK_EQUAL(received(), rounds);
}

/* 192.0.2.7 is in both, by another prefix in each: no packet finds a time without. */
static void lists_replaced(void)
{
	uint64_t seed;

	whole[0][0] = filter_prefix4(LISTED & ~0xffu, 24);
	whole[0][1] = filter_prefix4(0xcb007101, 32);
	whole[1][0] = filter_prefix4(LISTED, 32);
	whole[1][1] = filter_prefix4(0xcb007102, 32);
	for (nt_seeds_begin(1, 20); nt_seeds_next(&seed);) {
		const struct setup options = { .kernel.seed = seed, .protocol.keep_chance = 30 };

		begin(&options);
		NT_CHECK_EQUAL(set_prefixes(whole[1], 2), STATUS_SUCCESS);
		traffic_while_replaced();
		end();
	}
}

static void counters_of_adapter(void)
{
	struct fake_adapter_options second = { .name = "\\Device\\{B}", .instance = "Second Adapter" };
	struct fake_adapter *adapter;
	struct fake_binding *binding;

	begin(NULL);
	adapter = fake_adapter_new(&second);
	binding = fake_protocol_binding(stack.protocol, "\\Device\\Upper-{B}");
	NT_CHECK(binding != NULL);
	NT_CHECK(fake_binding_send(binding, listed_to, FRAME, NULL));
	fake_binding_wait(binding);
	NT_CHECK_EQUAL(fake_adapter_sent(adapter)->count, 1);
	NT_CHECK(fake_binding_send(stack.binding, listed_to, FRAME, NULL));
	fake_binding_wait(stack.binding);
	fake_adapter_free(adapter);
	NT_CHECK_EQUAL(counters_of(FW_FILTER_PLACE_SEND).dropped_packets, 1);
	end();
}

static void unplug(void *context)
{
	(void)context;
	fake_adapter_let_go(stack.adapter);
}

/* Sends that are below, and packets that are above, when the adapter goes: all come back. */
static void unbound_in_flight(void)
{
	uint64_t seed;

	for (nt_seeds_begin(1, 30); nt_seeds_next(&seed);) {
		const struct setup options = { .kernel.seed = seed, .protocol.keep_chance = 50,
			.no_stacks = seed % 2, .protocol.holds = seed % 3 == 0,
			.protocol.returns_late = seed % 4 < 2 };
		PETHREAD thread;

		begin(&options);
		fake_adapter_hold(stack.adapter);
		fake_binding_send_many(stack.binding, other, FRAME, 6);
		fake_adapter_packets(stack.adapter, other, FRAME, 6);
		thread = nt_thread_start("wire", NULL, unplug, NULL);
		ndis_unbind(fake_adapter_ndis(stack.adapter));
		nt_thread_join(thread);
		end();
	}
}

static void pump(void *context)
{
	unsigned round;

	(void)context;
	for (round = 0; round < 12; round++) {
		fake_adapter_packet(stack.adapter, round % 3 ? other : listed_from, FRAME, NULL, round % 4 == 3);
		fake_adapter_lookahead(stack.adapter, round % 3 ? other : listed_from, FRAME, round * 9, round % 2);
	}
}

/* Receives go on while the protocol above and then the adapter's binding go away. */
static void halted_while_receiving(void)
{
	uint64_t seed;

	for (nt_seeds_begin(1, 40); nt_seeds_next(&seed);) {
		const struct setup options = { .kernel.seed = seed, .protocol.keep_chance = 50,
			.no_stacks = seed % 2, .protocol.returns_late = seed % 4 < 2 };
		PETHREAD thread;

		begin(&options);
		thread = nt_thread_start("wire", NULL, pump, NULL);
		ndis_unbind(fake_adapter_ndis(stack.adapter));
		nt_thread_join(thread);
		end();
	}
}

static void send_some(void *context)
{
	struct fake_binding *binding = context;
	unsigned round;
	uint8_t mac[6];

	for (round = 0; round < 10; round++) {
		fake_binding_send(binding, round % 2 ? other : listed_to, FRAME, NULL);
		fake_binding_send_many(binding, listed_from, FRAME, 2);
		if (round % 4 == 0)
			fake_binding_query(binding, OID_802_3_CURRENT_ADDRESS, mac, sizeof(mac), NULL);
	}
}

static void set_some(void *context)
{
	struct fw_filter_prefix prefix = filter_prefix4(LISTED, 32);
	unsigned round;

	(void)context;
	for (round = 0; round < 8; round++)
		set_prefixes(&prefix, round % 2);
}

/* Sends, receives and new lists go on while the adapter is unbound and bound again. */
static void all_at_once(void)
{
	uint64_t seed;

	for (nt_seeds_begin(1, 40); nt_seeds_next(&seed);) {
		const struct setup options = { .kernel.seed = seed, .protocol.keep_chance = 40, .no_stacks = seed % 2 };
		PETHREAD threads[3];
		unsigned index;

		begin(&options);
		threads[0] = nt_thread_start("wire", NULL, pump, NULL);
		threads[1] = nt_thread_start("sender", NULL, send_some, stack.binding);
		threads[2] = nt_thread_start("lists", NULL, set_some, NULL);
		nt_sleep_ms(seed % 5);
		ndis_unbind(fake_adapter_ndis(stack.adapter));
		ndis_bind_all(fake_adapter_ndis(stack.adapter));
		for (index = 0; index < ARRAYSIZE(threads); index++)
			nt_thread_join(threads[index]);
		ndis_drain();
		stack.binding = fake_protocol_binding(stack.protocol, FILTER_UPPER);
		NT_CHECK(stack.binding != NULL);
		NT_CHECK(fake_binding_send(stack.binding, other, FRAME, NULL));
		end();
	}
}

static void everything_once(void *context)
{
	const struct setup options = { .ndis.later_chance = 101, .no_stacks = context != NULL };
	struct fake_shape shape = { .cuts = { 20 } };

	if (!load(&options))
		return;
	set_list();
	fake_binding_send(stack.binding, other, FRAME, &shape);
	fake_binding_send(stack.binding, listed_to, FRAME, &shape);
	fake_binding_wait(stack.binding);
	fake_adapter_packet(stack.adapter, other, FRAME, &shape, false);
	fake_adapter_packet(stack.adapter, other, FRAME, &shape, true);
	fake_adapter_lookahead(stack.adapter, other, FRAME, 4, true);
	fake_adapter_lookahead(stack.adapter, other, FRAME, 100, false);
	end();
}

static void failures(void)
{
	NT_CHECK(nt_each_failure(everything_once, NULL) > 20);
	NT_CHECK(nt_each_failure(everything_once, &stack) > 20);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("NT-30: a dropped send is completed once, as sent", sends);
	nt_test("NT-30: a send that fails below fails above, a dropped one does not", failed_sends);
	nt_test("NT-30: a dropped packet is not kept", whole_packets);
	nt_test("NT-30: packets that are kept above are returned once", kept_packets);
	nt_test("NT-30: packets without resources are not kept", without_resources);
	nt_test("NT-29: without room there are own packets, with all that belongs to them", own_packets);
	nt_test("NT-29: with room it is the same packet", same_packets);
	nt_test("NT-31: a header is judged alike wherever it is cut", split_headers);
	nt_test("NT-31: IP in IEEE 802.3 frames is judged alike", link_headers_judged);
	nt_test("NT-31: pieces of any length are judged alike", lookahead);
	nt_test("NT-31: frames that end in a header", short_frames);
	nt_test("NT-30: a protocol that takes pieces only", pieces_above);
	nt_test("NT-32: lists are replaced between packets", lists_replaced);
	nt_test("NT-32: counters are the adapter's", counters_of_adapter);
	nt_test("NT-30: packets in flight when the adapter goes", unbound_in_flight);
	nt_test("NT-30: receives while the binding goes", halted_while_receiving);
	nt_test("NT-32: sends, receives, lists and bindings at once", all_at_once);
	nt_test("NT-29: every allocation and every status below fails once", failures);
	return nt_tests_end();
}
