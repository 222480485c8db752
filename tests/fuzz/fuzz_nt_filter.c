/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The packet filter between a fake adapter and a fake protocol: any sequence of requests on two
 * handles, of requests by NDIS and WMI, of frames of any bytes on every path, and of adapters that
 * go and come. Each step of an input is a byte that says what, and what that needs.
 */
#include "fuzz_nt_input.h"

#include "abi/filter_wmi.h"
#include "tests/nt/filter_client.h"

enum { HANDLES = 2, FOLLOWS = 4, STEPS = 16, ROOM = 3000, FRAME = 200 };

struct asked {
	struct nt_request *request; /* NULL: free */
	uint32_t room;
	uint8_t *output; /* of exactly so many bytes: ASan watches */
};

static struct filter_stack stack;
static HANDLE handles[HANDLES];
static struct asked follows[FOLLOWS];

static void start(void)
{
	memset(&stack, 0, sizeof(stack));
	stack.ndis.packet_stacks = 1;
	nt_kernel_start(NULL);
	fuzz_expect(filter_begin(&stack));
}

static void stop(void)
{
	filter_end(&stack);
	nt_kernel_stop();
}

static void end(struct asked *asked)
{
	ULONG_PTR bytes = 0;
	NTSTATUS status = nt_request_end(asked->request, &bytes);

	fuzz_expect(status != STATUS_PENDING && bytes <= asked->room);
	fuzz_expect(NT_SUCCESS(status) || !bytes);
	free(asked->output);
	memset(asked, 0, sizeof(*asked));
}

/* Only a follow may pend; it is kept, or cancelled at once when there are many. */
static void keep(struct asked *asked, uint32_t code)
{
	unsigned index;

	fuzz_expect(code == fw_filter_control_code(FW_FILTER_CONTROL_FOLLOW));
	for (index = 0; index < FOLLOWS && follows[index].request; index++)
		;
	if (index < FOLLOWS) {
		follows[index] = *asked;
		return;
	}
	nt_request_cancel(asked->request);
	end(asked);
}

/* What a request of this function begins with, as far as the choice does not say otherwise: random
 * bytes are seldom a size and a name that are taken. */
static void begin(uint32_t function, uint8_t choice, uint8_t *in, uint32_t size)
{
	static const uint8_t sizes[] = { 8, 16, 16, 16, 16, 16, 8, 0, 72, 8, 0, 16, 16 };
	uint32_t header = sizes[(function - FW_FILTER_CONTROL_HELLO) % sizeof(sizes)];
	struct fw_filter_control_draft *draft = (void *)in;
	struct fw_filter_control_change *change = (void *)(in + 8);

	if (choice & 4 && size >= 4)
		memcpy(in, &header, 4);
	if (choice & 8 && function == FW_FILTER_CONTROL_OPEN && size >= 72)
		memcpy(in + 8, FILTER_ADAPTER, sizeof(FILTER_ADAPTER));
	if (choice & 8 && function == FW_FILTER_CONTROL_COMMIT && size >= 8 + sizeof(*change))
		memcpy(change->adapter, "{*}", 4);
	/* More would only be slow. */
	if (function == FW_FILTER_CONTROL_DRAFT && size >= 16 && draft->ipv4 <= FW_FILTER_MAX_IPV4)
		draft->ipv4 &= 0xff;
	if (function == FW_FILTER_CONTROL_DRAFT && size >= 16 && draft->ipv6 <= FW_FILTER_MAX_IPV6)
		draft->ipv6 &= 0xff;
}

static void ask(struct fuzz_input *input, uint32_t function)
{
	uint8_t choice = fuzz_8(input);
	uint32_t code = fw_filter_control_code(function), in_size = fuzz_16(input) % ROOM;
	struct asked asked = { .room = fuzz_16(input) % ROOM };
	uint8_t *in = malloc(in_size + 16);
	uint32_t count = fuzz_8(input);

	fuzz_bytes(input, count, in, in_size, choice & 2 ? 0xff : 0);
	begin(function, choice, in, in_size);
	asked.output = malloc(asked.room ? asked.room : 1);
	asked.request =
		nt_ioctl_start(handles[choice & 1], code, in, in_size, asked.output, asked.room);
	free(in);
	if (function != FW_FILTER_CONTROL_FOLLOW || nt_request_done(asked.request))
		end(&asked);
	else
		keep(&asked, code);
}

/* A small list that is in order, so that packets meet one. */
static void set(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input), length = fuzz_8(input) % 33;
	uint32_t address = length ? fuzz_32(input) & UINT32_MAX << (32 - length) : 0;
	struct fw_filter_prefix prefixes[] = { filter_prefix4(address, length),
		filter_prefix6(fuzz_8(input), 128) };
	HANDLE handle = filter_open();

	fuzz_expect(handle != NULL);
	(void)filter_set(handle, choice & 4 ? FILTER_ADAPTER : "*", choice % 4, prefixes,
		choice & 8 ? 2 : 0);
	nt_close(handle);
}

static void frame(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input), bytes[FRAME];
	struct fake_shape shape = { .cuts = { fuzz_8(input) % 70 }, .vlan = choice & 64 ? 5 : 0 };
	uint32_t length = 15 + fuzz_8(input) % (FRAME - 15);

	fuzz_bytes(input, length, bytes, length, 0);
	if (choice & 8) /* of a kind that is looked at */
		memcpy(bytes + 12, choice & 16 ? "\x08\0\x45" : "\x86\xdd\x60", 3);
	if (shape.cuts[0] >= length)
		shape.cuts[0] = 0;
	if (!stack.adapter)
		return;
	switch (choice % 4) {
	case 0:
		(void)fake_binding_send(stack.binding, bytes, length, &shape);
		break;
	case 1:
		fake_adapter_lookahead(
			stack.adapter, bytes, length, fuzz_8(input) % 80, choice & 32);
		break;
	default:
		(void)fake_adapter_packet(stack.adapter, bytes, length, &shape, choice & 1);
	}
}

/* Requests of NDIS, of WMI among them. */
static void information(struct fuzz_input *input)
{
	static const NDIS_OID oids[] = { FW_FILTER_WMI_OID_STATISTICS, FW_FILTER_WMI_OID_LISTS,
		FW_FILTER_WMI_OID_SET, OID_GEN_SUPPORTED_GUIDS, OID_GEN_CURRENT_LOOKAHEAD,
		OID_PNP_CAPABILITIES, OID_GEN_MAC_OPTIONS, OID_PNP_QUERY_POWER };
	uint8_t choice = fuzz_8(input);
	ULONG written, size = fuzz_8(input);
	uint8_t *bytes = malloc(size ? size : 1);

	fuzz_bytes(input, size, bytes, size, 0);
	if (choice & 8)
		(void)ndis_system_set(
			ndis_adapter_find(FILTER_UPPER), oids[choice % 3 + 2], bytes, size);
	else
		(void)ndis_system_query(
			ndis_adapter_find(FILTER_UPPER), oids[choice % 8], bytes, size, &written);
	free(bytes);
}

static void cancel(uint8_t which)
{
	struct asked *asked = &follows[which % FOLLOWS];

	if (!asked->request)
		return;
	nt_request_cancel(asked->request);
	end(asked);
}

static void reopen(uint8_t which)
{
	nt_close(handles[which % HANDLES]);
	handles[which % HANDLES] = filter_open();
	fuzz_expect(handles[which % HANDLES] != NULL);
}

/* The cable is pulled, and another adapter of the same name comes. */
static void replug(void)
{
	fake_binding_return_all(stack.binding);
	fake_adapter_free(stack.adapter);
	stack.adapter = fake_adapter_new(&stack.below);
	stack.binding = fake_protocol_binding(stack.protocol, FILTER_UPPER);
	fuzz_expect(stack.binding != NULL);
}

static void step(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input);

	switch (choice % 8) {
	case 0:
	case 1:
		frame(input);
		break;
	case 2:
		set(input);
		break;
	case 3:
		information(input);
		break;
	case 4:
		cancel(choice >> 3);
		break;
	case 5:
		if (choice & 8)
			replug();
		else
			reopen(choice >> 4);
		break;
	default:
		ask(input, FW_FILTER_CONTROL_HELLO + choice / 8u % 13);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	unsigned index, steps;

	fuzz_world(start, stop);
	for (index = 0; index < HANDLES; index++)
		handles[index] = filter_open();
	for (steps = 0; steps < STEPS && input.left; steps++)
		step(&input);
	/* Half of what still pends is cancelled, the close ends the rest. */
	for (index = 0; index < FOLLOWS / 2; index++)
		cancel((uint8_t)index);
	for (index = 0; index < HANDLES; index++)
		nt_close(handles[index]);
	for (index = 0; index < FOLLOWS; index++)
		if (follows[index].request)
			end(&follows[index]);
	fake_binding_wait(stack.binding);
	ndis_drain();
	fake_binding_return_all(stack.binding);
	return 0;
}
