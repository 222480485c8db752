/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The NDIS part finds what it promises to find: a small driver breaks each rule once, and none is found in what is right. */
#include "fake_adapter.h"
#include "fake_protocol.h"
#include "ndis_through.h"
#include "nt_check.h"

#define FRAME 120u

static DRIVER_OBJECT *driver;
static struct fake_adapter *adapter;
static struct fake_protocol *protocol;
static struct fake_binding *binding;
static uint8_t frame[FRAME];
static bool returns_late; /* the protocol */

static void begin(enum through_fault fault, unsigned stacks, const struct nt_options *kernel)
{
	const struct ndis_options options = { .packet_stacks = stacks };
	const struct fake_protocol_options kept = { .keep_chance = 50, .returns_late = returns_late };
	struct nt_options with = { 0 };
	unsigned index;

	for (index = 0; index < FRAME; index++)
		frame[index] = (uint8_t)index;
	through_fault = fault;
	if (kernel)
		with = *kernel;
	with.free_running = getenv("NT_FREE_RUNNING") != NULL;
	nt_kernel_start(&with);
	ndis_start(&options);
	NT_CHECK_EQUAL(nt_driver_load("Through", through_entry, &driver), STATUS_SUCCESS);
	protocol = fake_protocol_new(&kept);
	adapter = fake_adapter_new(NULL);
	binding = fake_protocol_binding(protocol, "\\Device\\Upper-{A}");
}

static void end(void)
{
	fake_adapter_free(adapter);
	fake_protocol_free(protocol);
	NT_CHECK_EQUAL(nt_driver_unload(driver), STATUS_SUCCESS);
	ndis_stop();
	nt_kernel_stop();
}

static void traffic(void)
{
	const struct fake_shape shape = { .cuts = { 14, 40 }, .vlan = 0x50, .time = 77 };
	uint8_t mac[6];
	uint32_t written;

	NT_CHECK(fake_binding_send(binding, frame, FRAME, &shape));
	fake_binding_send_many(binding, frame, FRAME, 3);
	fake_adapter_packet(adapter, frame, FRAME, &shape, false);
	fake_adapter_packet(adapter, frame, FRAME, &shape, true);
	fake_adapter_packets(adapter, frame, FRAME, 3);
	fake_adapter_lookahead(adapter, frame, FRAME, 30, true);
	fake_adapter_lookahead(adapter, frame, FRAME, FRAME, false);
	NT_CHECK_EQUAL(fake_binding_query(binding, OID_802_3_CURRENT_ADDRESS, mac, sizeof(mac), &written), STATUS_SUCCESS);
	NT_CHECK_EQUAL(written, 6);
	fake_binding_wait(binding);
	ndis_drain();
}

static void right_with(const struct nt_options *kernel, unsigned stacks)
{
	uint32_t filter = NDIS_PACKET_TYPE_DIRECTED;

	begin(THROUGH_NONE, stacks, kernel);
	NT_CHECK(binding != NULL);
	traffic();
	NT_CHECK_EQUAL(fake_adapter_sent(adapter)->count, 4);
	NT_CHECK_EQUAL(fake_binding_sent(binding), 4);
	NT_CHECK_EQUAL(fake_binding_received(binding)->count, 7);
	NT_CHECK_EQUAL(fake_binding_set(binding, OID_GEN_CURRENT_PACKET_FILTER, &filter, 4), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_adapter_packet_filter(adapter), filter);
	fake_adapter_link(adapter, false);
	NT_CHECK_EQUAL(fake_binding_media_status(binding), NDIS_STATUS_MEDIA_DISCONNECT);
	NT_CHECK_EQUAL(fake_binding_reset(binding), STATUS_SUCCESS);
	end();
}

static void right(void)
{
	struct nt_options kernel = { 0 };

	for (nt_seeds_begin(1, 30); nt_seeds_next(&kernel.seed);)
		right_with(&kernel, kernel.seed % 3);
}

static void in_flight(void)
{
	struct nt_options kernel = { 0 };

	for (nt_seeds_begin(1, 20); nt_seeds_next(&kernel.seed);) {
		begin(THROUGH_NONE, kernel.seed % 3, &kernel);
		fake_binding_send_many(binding, frame, FRAME, 5);
		fake_adapter_packets(adapter, frame, FRAME, 5);
		end();
	}
}

static enum through_fault next;
static unsigned next_stacks;

static void wrong(void)
{
	struct nt_options kernel = { 0 };

	/* Some show by chance only. */
	for (kernel.seed = 1; kernel.seed <= 10; kernel.seed++) {
		begin(next, next_stacks, &kernel);
		if (binding)
			traffic();
		end();
	}
}

/* It waits for none of them. */
static void halted_early(void)
{
	struct nt_options kernel = { 0 };

	returns_late = true;
	for (kernel.seed = 1; kernel.seed <= 10; kernel.seed++) {
		begin(THROUGH_NONE, 2, &kernel);
		fake_adapter_packets(adapter, frame, FRAME, 9);
		end();
	}
}

static const struct fault {
	enum through_fault fault;
	int rule;
	unsigned stacks;
	const char *name, *part;
} faults[] = {
	{ THROUGH_COMPLETES_TWICE, 30, 2, "a send completed twice", "NdisMSendComplete" },
	{ THROUGH_COMPLETES_PENDING, 30, 2, "a send completed as pending", "with NDIS_STATUS_PENDING" },
	{ THROUGH_COMPLETES_FIRST, 30, 0, "a send completed while it is below", "NdisMSendComplete" },
	{ THROUGH_IGNORES_ROOM, 29, 0, "a packet without room is used", "no room" },
	{ THROUGH_FORGETS_TAG, 29, 0, "the VLAN tag is forgotten", "without the VLAN tag" },
	{ THROUGH_WRITES_SENT, 31, 2, "the data of a send is written", "was changed" },
	{ THROUGH_WRITES_RESERVED, 29, 2, "the protocol's part is written", "protocol's part" },
	{ THROUGH_SENDS_LOCKED, 22, 2, "a send under a lock", "NdisSend with 1 spin locks" },
	{ THROUGH_FREES_SENT, 29, 0, "a packet is freed while it is below", "NdisFreePacket" },
	{ THROUGH_SENDS_TWICE, 29, 2, "a packet is sent twice", "NdisSend of" },
	{ THROUGH_TAKES_BELOW, 22, 0, "NdisDprAllocatePacket at PASSIVE_LEVEL", "below DISPATCH_LEVEL" },
	{ THROUGH_MAPS_UNSAFELY, 31, 2, "a mapping that may not fail", "NdisQueryBuffer" },
	{ THROUGH_KEEPS_RESOURCES, 30, 2, "a packet without resources is kept", "NDIS_STATUS_RESOURCES" },
	{ THROUGH_RETURNS_NONE, 30, 2, "no references to a packet that is above", "" },
	{ THROUGH_RETURNS_TWICE, 30, 2, "a packet is returned twice", "" },
	{ THROUGH_PROMOTES, 30, 2, "a packet without resources is given as one to keep", "one to keep" },
	{ THROUGH_WRITES_PIECES, 31, 2, "look-ahead is written", "changed the data" },
	{ THROUGH_FETCHES_LATE, 30, 2, "the rest is fetched when it is gone", "outside of ProtocolReceive" },
	{ THROUGH_FORGETS_TIME, 29, 0, "the time of receiving is forgotten", "the time it was received" },
	{ THROUGH_RETURNS_LOCKED, 22, 2, "a packet is returned under a lock", "NdisReturnPackets with 1 spin locks" },
	{ THROUGH_ANSWERS_TWICE, 19, 2, "a request completed twice", "no request to complete" },
	{ THROUGH_ANSWERS_TOO_MUCH, 24, 2, "more answered than there is room", "there is room for" },
	{ THROUGH_LEAVES_OPEN, 23, 2, "a bind that fails leaves its binding", "left its binding" },
	{ THROUGH_LEAVES_PROTOCOL, 23, 2, "a protocol is left", "a protocol is left" },
	{ THROUGH_LEAVES_MINIPORT, 23, 2, "a miniport driver is left", "a miniport driver is left" },
	{ THROUGH_LEAVES_POOL, 23, 2, "a pool is left", "a pool of packets is left" },
	{ THROUGH_FREES_POOL_EARLY, 29, 2, "a pool is freed with packets out", "packets out" },
	{ THROUGH_OPENS_HIGH, 22, 2, "an open at DISPATCH_LEVEL", "NdisOpenAdapter at IRQL 2" },
	{ THROUGH_SENDS_CLOSED, 23, 2, "a send on a closed binding", "was closed" },
	{ THROUGH_FREES_TWICE, 29, 0, "a packet is freed twice", "a freed one" },
	{ THROUGH_UNLOADS_EARLY, 23, 2, "an unload routine before the miniport", "before a miniport is registered" },
	{ THROUGH_NO_ATTRIBUTES, 29, 2, "a miniport without attributes", "NdisMSetAttributesEx" },
};

static void wrapper_left(void)
{
	through_fault = THROUGH_LEAVES_WRAPPER;
	nt_kernel_start(NULL);
	ndis_start(NULL);
	nt_driver_load("Through", through_entry, &driver);
}

int main(int argc, char **argv)
{
	unsigned index;
	char name[160];

	nt_tests_begin(argc, argv);
	nt_test("a driver that keeps the rules", right);
	nt_test("packets in flight when the adapter goes", in_flight);
	for (index = 0; index < ARRAYSIZE(faults); index++) {
		next = faults[index].fault;
		next_stacks = faults[index].stacks;
		snprintf(name, sizeof(name), "found: %s", faults[index].name);
		nt_test_violation(name, faults[index].rule, faults[index].part, wrong);
	}
	nt_test_violation("found: a halt with packets above", 30, "of its packets above", halted_early);
	nt_test_violation("found: a DriverEntry that fails leaves its wrapper", 23, "wrapper", wrapper_left);
	return nt_tests_end();
}
