/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The TDI filter between a client and a transport that are both the input: files with any extended
 * attributes, requests with any addresses, of the kernel and (with any bytes for parameters) of
 * users, answers with any status and length, rules. Events are fuzz_nt_event.c's. Each step of an
 * input is a byte that says what, and what that needs.
 */
#include "fuzz_nt_transport.h"

enum { STEPS = 24, BLOCKS = 128, BLOCK = 96 };

struct fuzz_transport fuzz_transport;

static struct fuzz_block *blocks;
static unsigned block_count;
static uint8_t said[BLOCK]; /* the addresses that the transport reports */

static void start(void)
{
	tdi_world_start(TDI_ALL);
}

void *fuzz_block(const void *bytes, size_t size)
{
	struct fuzz_block *block = malloc(sizeof(*block));

	block->memory = malloc(size ? size : 1);
	memcpy(block->memory, bytes, size);
	block->next = blocks;
	blocks = block;
	block_count++;
	return block->memory;
}

static void free_blocks(void)
{
	struct fuzz_block *block;

	while ((block = blocks) != NULL) {
		blocks = block->next;
		free(block->memory);
		free(block);
	}
	block_count = 0;
}

/* A real address with some bytes changed, or any bytes. */
static uint32_t address_bytes(struct fuzz_input *input, uint8_t *bytes)
{
	static const uint8_t peer[16] = { 192, 0, 2, 9, 1 };
	uint8_t choice = fuzz_8(input), where, i;
	uint32_t length = choice >> 2;

	if (choice & 3) {
		length = tdi_lower_address(
			bytes, choice & 1 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6, peer, fuzz_16(input));
		for (i = 0; i < choice >> 6; i++) {
			where = fuzz_8(input) % length;
			bytes[where] = fuzz_8(input);
		}
		return choice & 32 ? length - fuzz_8(input) % (length + 1) : length;
	}
	fuzz_bytes(input, length, bytes, BLOCK, 0);
	return length;
}

void *fuzz_address(struct fuzz_input *input, LONG *length)
{
	uint8_t bytes[BLOCK] = { 0 };
	uint8_t choice = fuzz_8(input);
	uint32_t size = address_bytes(input, bytes);

	*length = (LONG)size;
	if (choice & 1)
		*length = (LONG)(fuzz_32(input) | 1u << 31);
	return choice & 2 ? NULL : fuzz_block(bytes, size);
}

static TDI_CONNECTION_INFORMATION *information(struct fuzz_input *input)
{
	TDI_CONNECTION_INFORMATION made = { 0 };

	if (fuzz_8(input) % 8 == 7)
		return NULL;
	made.RemoteAddress = fuzz_address(input, &made.RemoteAddressLength);
	made.UserDataLength = made.OptionsLength = (LONG)fuzz_8(input) - 128;
	return fuzz_block(&made, sizeof(made));
}

/* One that the transport fills in. */
static TDI_CONNECTION_INFORMATION *room(struct fuzz_input *input)
{
	TDI_CONNECTION_INFORMATION made = { 0 };
	uint8_t bytes[BLOCK] = { 0 };

	made.RemoteAddressLength = fuzz_8(input) % BLOCK;
	made.RemoteAddress = fuzz_block(bytes, (size_t)made.RemoteAddressLength);
	return fuzz_block(&made, sizeof(made));
}

static NTSTATUS answer_of(uint8_t choice)
{
	static const NTSTATUS answers[] = { STATUS_SUCCESS, STATUS_SUCCESS, STATUS_BUFFER_OVERFLOW,
		STATUS_CONNECTION_REFUSED, STATUS_CANCELLED, STATUS_INSUFFICIENT_RESOURCES,
		STATUS_INVALID_PARAMETER, STATUS_SUCCESS };

	return answers[choice % FW_NT_COUNT(answers)];
}

struct tdi_request *fuzz_request(void)
{
	unsigned index;

	for (index = 0; index < FUZZ_REQUESTS; index++)
		if (!fuzz_transport.requests[index].irp)
			return &fuzz_transport.requests[index];
	return NULL;
}

PFILE_OBJECT fuzz_file(uint8_t which)
{
	return fuzz_transport.files[which % FUZZ_FILES];
}

/* Those that are done; all of them are waited for at the end of an input. */
static void collect(bool all)
{
	unsigned index;

	for (index = 0; index < FUZZ_REQUESTS; index++) {
		struct tdi_request *request = &fuzz_transport.requests[index];

		if (request->irp && (all || request->done)) {
			tdi_end(request);
			request->irp = NULL;
		}
	}
}

static bool all_done(void)
{
	unsigned index;

	for (index = 0; index < FUZZ_REQUESTS; index++)
		if (fuzz_transport.requests[index].irp && !fuzz_transport.requests[index].done)
			return false;
	return true;
}

/* Whatever is held is cancelled, again and again: what a rule refused may have gone down once more.
 */
static void finish_requests(void)
{
	unsigned minor;

	tdi_doubles.refuse_operations = 0;
	while (!all_done()) {
		for (minor = 0; minor < TDI_LOWER_MINORS; minor++)
			while (tdi_lower_complete(minor, STATUS_CANCELLED, 0))
				;
		if (!all_done())
			nt_sleep_ms(1);
	}
	collect(true);
}

/* Sent, and awaited where the transport answers at once. */
static void send_request(PFILE_OBJECT file, uint8_t minor, const void *parameters, size_t size)
{
	struct tdi_request *request = fuzz_request();

	if (!request || !file)
		return;
	tdi_begin(request, file, minor, parameters, size);
	collect(false);
}

static void close_file(uint8_t which)
{
	PFILE_OBJECT *file = &fuzz_transport.files[which % FUZZ_FILES];

	finish_requests();
	tdi_close(*file);
	*file = NULL;
}

static void open_file(struct fuzz_input *input, uint8_t which)
{
	static const char *const names[] = { TDI_TCP, TDI_UDP, TDI_RAW, TDI_TCP6, "\\Device\\Udp6",
		"\\Device\\RawIp6\\300", "\\Device\\RawIp\\x", "\\Device\\RawIp" };
	static const char *const attributes[] = { TdiTransportAddress, TdiConnectionContext,
		"Other" };
	uint8_t bytes[BLOCK] = { 0 }, ea[2 * BLOCK] = { 0 }, choice = fuzz_8(input), where;
	uint32_t size = address_bytes(input, bytes);

	close_file(which);
	if (choice % 4 == 3) {
		memcpy(ea, bytes, size);
	} else {
		size = tdi_ea(ea, attributes[choice % 4], bytes, (uint16_t)size);
		where = fuzz_8(input) % 8; /* 0: nothing is changed */
		if (where)
			ea[where] = fuzz_8(input);
	}
	tdi_lower.status[TDI_LOWER_CREATE] = answer_of(choice >> 5);
	tdi_open(names[choice >> 2 & 7], ea, size, &fuzz_transport.files[which % FUZZ_FILES]);
}

static void associate(struct fuzz_input *input, PFILE_OBJECT file)
{
	uint8_t which = fuzz_8(input);
	PFILE_OBJECT address = fuzz_file(which);
	TDI_REQUEST_KERNEL_ASSOCIATE parameters = { (HANDLE)(uintptr_t)(fuzz_8(input) * 4u) };

	if (which < 128)
		parameters.AddressHandle = address ? tdi_handle(address) : NULL;
	send_request(file, which & 64 ? TDI_DISASSOCIATE_ADDRESS : TDI_ASSOCIATE_ADDRESS,
		&parameters, sizeof(parameters));
}

static void connection_request(struct fuzz_input *input, PFILE_OBJECT file)
{
	static const uint8_t minors[] = { TDI_CONNECT, TDI_ACCEPT, TDI_LISTEN, TDI_DISCONNECT };
	uint8_t minor = minors[fuzz_8(input) % 4];
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = fuzz_16(input) };
	TDI_REQUEST_KERNEL_ACCEPT accept = { NULL, NULL };

	parameters.RequestConnectionInformation = accept.RequestConnectionInformation =
		information(input);
	if (minor == TDI_LISTEN)
		parameters.ReturnConnectionInformation = room(input);
	if (minor == TDI_ACCEPT)
		send_request(file, minor, &accept, sizeof(accept));
	else
		send_request(file, minor, &parameters, sizeof(parameters));
}

static void transfer_request(struct fuzz_input *input, PFILE_OBJECT file)
{
	TDI_REQUEST_KERNEL_SEND parameters = { fuzz_32(input), fuzz_16(input) };

	send_request(file, parameters.SendFlags & 0x8000 ? TDI_SEND : TDI_RECEIVE, &parameters,
		sizeof(parameters));
}

static void datagram_request(struct fuzz_input *input, PFILE_OBJECT file)
{
	TDI_REQUEST_KERNEL_SENDDG send = { fuzz_32(input), NULL };
	TDI_REQUEST_KERNEL_RECEIVEDG receive = { send.SendLength, NULL, NULL, fuzz_16(input) };

	if (receive.ReceiveFlags & 0x8000) {
		send.SendDatagramInformation = information(input);
		send_request(file, TDI_SEND_DATAGRAM, &send, sizeof(send));
	} else {
		receive.ReturnDatagramInformation = room(input);
		send_request(file, TDI_RECEIVE_DATAGRAM, &receive, sizeof(receive));
	}
}

/* Any bytes for parameters, as a user may send them: nothing they point to may be looked at. The
 * transport looks neither: it refuses. */
static void user_request(struct fuzz_input *input, PFILE_OBJECT file)
{
	uint8_t parameters[32], minor = fuzz_8(input) % TDI_LOWER_CLEANUP;
	struct tdi_request *request = fuzz_request();
	bool held = tdi_lower.hold[minor];
	NTSTATUS before = tdi_lower.status[minor];

	fuzz_bytes(input, sizeof(parameters), parameters, sizeof(parameters), 0xff);
	if (!request || !file)
		return;
	tdi_returned(request, file, minor, parameters, sizeof(parameters));
	request->irp->RequestorMode = UserMode;
	tdi_lower.hold[minor] = false;
	tdi_lower.status[minor] = minor & 1 ? STATUS_BUFFER_OVERFLOW : STATUS_INVALID_PARAMETER;
	IoSkipCurrentIrpStackLocation(request->irp);
	IoCallDriver(IoGetRelatedDeviceObject(file), request->irp);
	tdi_lower.hold[minor] = held;
	tdi_lower.status[minor] = before;
	collect(false);
}

/* What the transport does from now on, or with a request that it has. */
static void script(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input), minor = fuzz_8(input) % 16, bytes[BLOCK] = { 0 };
	uint32_t moved = fuzz_32(input);

	if (choice & 16) {
		tdi_lower_complete(minor, answer_of(choice), moved);
		collect(false);
	} else if (choice & 32) {
		tdi_lower.said_size = address_bytes(input, bytes);
		memcpy(said, bytes, sizeof(said));
		tdi_lower.port = (uint16_t)moved;
	} else {
		tdi_lower.status[minor] = answer_of(choice);
		tdi_lower.information[minor] = moved;
		/* What a rule may send down again must not be answered at once, for ever. */
		tdi_lower.hold[minor] =
			choice & 64 || minor == TDI_RECEIVE_DATAGRAM || minor == TDI_LISTEN;
		/* These are waited for where they are made. */
		if (!minor || minor == TDI_QUERY_INFORMATION || minor == TDI_DISCONNECT)
			tdi_lower.hold[minor] = false;
	}
}

static void rule(struct fuzz_input *input)
{
	tdi_doubles.refuse_operations = fuzz_8(input);
	tdi_doubles.refuse_family = fuzz_8(input) % 4;
	tdi_doubles.refuse_port = fuzz_8(input);
	fw_tdi_cut_refused();
}

static void look(void)
{
	struct fw_connection connections[FUZZ_FILES * 2];
	struct fw_port ports[FUZZ_FILES * 2];

	fuzz_expect(tdi_connections(connections, FUZZ_FILES * 2) <= FUZZ_FILES);
	fuzz_expect(tdi_ports(ports, FUZZ_FILES * 2) <= FUZZ_FILES);
}

static void step(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input), which = choice >> 4;
	PFILE_OBJECT file = fuzz_file(which);

	switch (choice % 16) {
	case 0:
		close_file(which);
		break;
	case 1:
	case 2:
		open_file(input, which);
		break;
	case 3:
		associate(input, file);
		break;
	case 4:
	case 5:
		connection_request(input, file);
		break;
	case 6:
		transfer_request(input, file);
		break;
	case 7:
		datagram_request(input, file);
		break;
	case 8:
		user_request(input, file);
		break;
	case 9:
		script(input);
		break;
	case 10:
		rule(input);
		break;
	case 11:
		look();
		break;
	case 12:
		fuzz_set_handler(input, file);
		break;
	default:
		fuzz_raise(input, which);
	}
}

static void begin(void)
{
	static const uint8_t address[4] = { 192, 0, 2, 1 };

	memset(&tdi_lower, 0, sizeof(tdi_lower));
	tdi_lower.family = FW_FAMILY_IPV4;
	tdi_lower.hold[TDI_RECEIVE_DATAGRAM] = tdi_lower.hold[TDI_LISTEN] = true;
	tdi_lower.said = said;
	tdi_lower.said_size = tdi_lower_address(said, FW_FAMILY_IPV4, address, 1025);
}

static void settle(void)
{
	struct fw_control_status status = { 0 };
	uint8_t which;

	for (which = 0; which < FUZZ_FILES; which++)
		close_file(which);
	tdi_settle();
	fw_tdi_status(&status);
	fuzz_expect(
		!status.addresses && !status.connections && !status.handlers && !status.requests);
	fuzz_expect(!tdi_doubles.processes);
	tdi_doubles_reset();
	free_blocks();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	unsigned steps;

	fuzz_world(start, tdi_world_stop);
	begin();
	for (steps = 0; steps < STEPS && input.left && block_count < BLOCKS; steps++)
		step(&input);
	settle();
	return 0;
}
