/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fake_protocol.h"

#include "ndis_internal.h"

#define HELD 1024
#define HEADER 14u

struct fake_binding {
	struct fake_binding *next;
	struct fake_protocol *protocol;
	NDIS_HANDLE handle;
	char adapter[NDIS_NAME];
	bool bound, closed;
	unsigned calling; /* NDIS, for a send or request */
	unsigned under_way, sent, failed;
	struct fake_record received;
	PNDIS_PACKET held[HELD];
	unsigned held_count, later_count;
	unsigned pieces, completes;
	bool open_done, close_done, request_done, reset_done;
	unsigned events[NetEventMaximum];
	NDIS_STATUS event_status;
	NDIS_DEVICE_POWER_STATE power;
	NDIS_STATUS open_status, request_status, reset_status, media_status;
	unsigned statuses, status_completes;
};

struct fake_protocol {
	NDIS_HANDLE handle;
	struct fake_protocol_options options;
	NDIS_HANDLE packets, buffers;
	struct fake_binding *bindings;
};

/* A fake's own context, as protocols have no other way to their own from ProtocolBindAdapter. */
static struct fake_protocol *binding_protocol;

/* In the protocol's part of a packet that fetches the rest of a frame. */
struct fetch {
	struct fake_binding *binding;
	uint8_t *bytes;
	uint32_t seen, length;
};

static void send_done(struct fake_binding *binding, PNDIS_PACKET packet, NDIS_STATUS status)
{
	fake_packet_free(packet);
	nt_lock();
	if (status == NDIS_STATUS_SUCCESS)
		binding->sent++;
	else
		binding->failed++;
	binding->under_way--;
	nt_unlock();
}

static void send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status)
{
	send_done(context, packet, status);
}

static PNDIS_PACKET packet_new(struct fake_binding *binding, const void *bytes, uint32_t length,
	const struct fake_shape *shape)
{
	PNDIS_PACKET packet = fake_packet_new(binding->protocol->packets, binding->protocol->buffers, bytes, length,
		shape, false);

	if (!packet)
		return NULL;
	nt_lock();
	binding->under_way++;
	nt_unlock();
	return packet;
}

static KIRQL some_level(void)
{
	bool is_high;
	KIRQL old;

	nt_lock();
	is_high = nt_random(2);
	nt_unlock();
	KeRaiseIrql(is_high ? DISPATCH_LEVEL : KeGetCurrentIrql(), &old);
	return old;
}

/* False: it is being unbound. */
static bool call_begin(struct fake_binding *binding)
{
	bool is_bound;

	nt_lock();
	is_bound = binding->bound;
	binding->calling += is_bound;
	nt_unlock();
	return is_bound;
}

static void call_end(struct fake_binding *binding)
{
	nt_lock();
	binding->calling--;
	nt_unlock();
}

bool fake_binding_send(struct fake_binding *binding, const void *bytes, uint32_t length, const struct fake_shape *shape)
{
	PNDIS_PACKET packet;
	NDIS_STATUS status;
	KIRQL old;

	if (!call_begin(binding))
		return false;
	nt_failures_pause();
	packet = packet_new(binding, bytes, length, shape);
	nt_failures_resume();
	if (packet) {
		old = some_level();
		NdisSend(&status, binding->handle, packet);
		KeLowerIrql(old);
		if (status != NDIS_STATUS_PENDING)
			send_done(binding, packet, status);
	}
	call_end(binding);
	return packet;
}

void fake_binding_send_many(struct fake_binding *binding, const void *bytes, uint32_t length, unsigned count)
{
	PNDIS_PACKET packets[16];
	unsigned index;
	KIRQL old;

	if (!call_begin(binding))
		return;
	nt_failures_pause();
	for (index = 0; index < count && index < 16; index++) {
		packets[index] = packet_new(binding, bytes, length, NULL);
		if (!packets[index])
			break;
	}
	nt_failures_resume();
	old = some_level();
	NdisSendPackets(binding->handle, packets, index);
	KeLowerIrql(old);
	call_end(binding);
}

static bool is_sent(void *context)
{
	return !((struct fake_binding *)context)->under_way;
}

void fake_binding_wait(struct fake_binding *binding)
{
	ndis_wait(is_sent, binding);
}

static void give_one(void *context)
{
	struct fake_binding *binding = context;
	PNDIS_PACKET packet = NULL;

	nt_lock();
	if (binding->held_count)
		packet = binding->held[--binding->held_count];
	nt_unlock();
	if (packet)
		NdisReturnPackets(&packet, 1);
	nt_lock();
	binding->later_count--;
	nt_unlock();
}

/* At any level, and often not before all others wait. */
static void give_late(void *context)
{
	bool sleeps;
	KIRQL old;

	nt_lock();
	sleeps = nt_random(2);
	nt_unlock();
	if (sleeps)
		nt_sleep_ms(1);
	old = some_level();
	give_one(context);
	KeLowerIrql(old);
}

void fake_binding_return_all(struct fake_binding *binding)
{
	PNDIS_PACKET packet = NULL;
	KIRQL old = some_level();

	do {
		nt_lock();
		packet = binding->held_count ? binding->held[--binding->held_count] : NULL;
		nt_unlock();
		if (packet)
			NdisReturnPackets(&packet, 1);
	} while (packet);
	KeLowerIrql(old);
}

/* 0: done with it; 1: kept. */
static INT receive_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	struct fake_binding *binding = context;
	struct fake_protocol_options *options = &binding->protocol->options;
	bool keeps;

	fake_record_packet(&binding->received, packet, true);
	if (NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES)
		return 0;
	nt_lock();
	keeps = binding->bound && binding->held_count < HELD &&
		(options->holds || nt_random(100) < options->keep_chance);
	if (keeps)
		binding->held[binding->held_count++] = packet;
	if (keeps && !options->holds)
		binding->later_count++;
	nt_unlock();
	if (keeps && !options->holds)
		ndis_later(give_one, binding, DISPATCH_LEVEL);
	return keeps;
}

static void fetch_done(struct fake_binding *binding, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred)
{
	struct fetch *fetch = *(struct fetch **)packet->ProtocolReserved;
	PNDIS_BUFFER buffer;

	if (status == NDIS_STATUS_SUCCESS && transferred != fetch->length - fetch->seen)
		nt_violation(NDIS_RULE_COMPLETION, "NdisTransferData brought %u bytes of %u", transferred,
			fetch->length - fetch->seen);
	if (status == NDIS_STATUS_SUCCESS)
		fake_record_bytes(&binding->received, fetch->bytes, fetch->length, NULL, 0);
	NdisUnchainBufferAtFront(packet, &buffer);
	NdisFreeBuffer(buffer);
	NdisFreePacket(packet);
	free(fetch->bytes);
	free(fetch);
}

static void transfer_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred)
{
	fetch_done(context, packet, status, transferred);
}

static void fetch_rest(struct fake_binding *binding, NDIS_HANDLE receive_context, struct fetch *fetch)
{
	PNDIS_PACKET packet;
	PNDIS_BUFFER buffer;
	NDIS_STATUS status;
	UINT transferred = 0;

	nt_failures_pause();
	NdisAllocatePacket(&status, &packet, binding->protocol->packets);
	NdisAllocateBuffer(&status, &buffer, binding->protocol->buffers, fetch->bytes + fetch->seen,
		fetch->length - fetch->seen);
	nt_failures_resume();
	NdisChainBufferAtBack(packet, buffer);
	*(struct fetch **)packet->ProtocolReserved = fetch;
	NdisTransferData(&status, binding->handle, receive_context, fetch->seen - HEADER, fetch->length - fetch->seen,
		packet, &transferred);
	if (status != NDIS_STATUS_PENDING)
		fetch_done(binding, packet, status, transferred);
}

static NDIS_STATUS receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header, UINT header_size,
	PVOID lookahead, UINT lookahead_size, UINT packet_size)
{
	struct fake_binding *binding = context;
	struct fetch *fetch;

	binding->pieces++;
	if (lookahead_size == packet_size) {
		fake_record_bytes(&binding->received, header, header_size, lookahead, lookahead_size);
		return NDIS_STATUS_SUCCESS;
	}
	fetch = ndis_new(sizeof(*fetch));
	fetch->binding = binding;
	fetch->length = header_size + packet_size;
	fetch->seen = header_size + lookahead_size;
	fetch->bytes = ndis_new(fetch->length);
	memcpy(fetch->bytes, header, header_size);
	memcpy(fetch->bytes + header_size, lookahead, lookahead_size);
	fetch_rest(binding, receive_context, fetch);
	return NDIS_STATUS_SUCCESS;
}

static void receive_complete(NDIS_HANDLE context)
{
	((struct fake_binding *)context)->completes++;
}

static void status_told(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT length)
{
	struct fake_binding *binding = context;

	(void)buffer;
	(void)length;
	binding->statuses++;
	if (status == NDIS_STATUS_MEDIA_CONNECT || status == NDIS_STATUS_MEDIA_DISCONNECT)
		binding->media_status = status;
}

static void status_complete(NDIS_HANDLE context)
{
	((struct fake_binding *)context)->status_completes++;
}

static void open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_status)
{
	struct fake_binding *binding = context;

	(void)open_status;
	nt_lock();
	binding->open_status = status;
	binding->open_done = true;
	nt_unlock();
}

static void close_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	struct fake_binding *binding = context;

	(void)status;
	nt_lock();
	binding->close_done = true;
	nt_unlock();
}

static void request_complete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status)
{
	struct fake_binding *binding = context;

	(void)request;
	nt_lock();
	binding->request_status = status;
	binding->request_done = true;
	nt_unlock();
}

static void reset_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	struct fake_binding *binding = context;

	nt_lock();
	binding->reset_status = status;
	binding->reset_done = true;
	nt_unlock();
}

static bool is_open_done(void *context)
{
	return ((struct fake_binding *)context)->open_done;
}

static bool is_close_done(void *context)
{
	return ((struct fake_binding *)context)->close_done;
}

static bool is_request_done(void *context)
{
	return ((struct fake_binding *)context)->request_done;
}

static bool is_reset_done(void *context)
{
	return ((struct fake_binding *)context)->reset_done;
}

static void bind(PNDIS_STATUS status, NDIS_HANDLE handle, PNDIS_STRING device, PVOID specific1, PVOID specific2)
{
	struct fake_binding *binding = ndis_new(sizeof(*binding));
	NDIS_MEDIUM media[] = { NdisMedium802_3 };
	NDIS_STATUS open_status;
	UINT selected;

	(void)handle;
	(void)specific1;
	(void)specific2;
	binding->protocol = binding_protocol;
	fake_record_init(&binding->received);
	nt_utf8(device, binding->adapter, sizeof(binding->adapter));
	nt_failures_pause();
	NdisOpenAdapter(status, &open_status, &binding->handle, &selected, media, 1, binding->protocol->handle, binding,
		device, 0, NULL);
	nt_failures_resume();
	if (*status == NDIS_STATUS_PENDING) {
		ndis_wait(is_open_done, binding);
		*status = binding->open_status;
	}
	if (*status != NDIS_STATUS_SUCCESS) {
		free(binding);
		return;
	}
	nt_lock();
	binding->bound = true;
	binding->next = binding->protocol->bindings;
	binding->protocol->bindings = binding;
	nt_unlock();
}

static bool is_not_calling(void *context)
{
	return !((struct fake_binding *)context)->calling;
}

static bool is_returned(void *context)
{
	struct fake_binding *binding = context;

	return !binding->later_count && !binding->held_count;
}

/* What arrives meanwhile is kept for a while as well, so once is not enough. */
static void return_before_close(struct fake_binding *binding)
{
	bool is_over;

	do {
		fake_binding_return_all(binding);
		ndis_wait(is_returned, binding);
		nt_lock();
		binding->protocol->options.keep_chance = 0;
		is_over = is_returned(binding);
		nt_unlock();
	} while (!is_over);
}

static void unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE handle)
{
	struct fake_binding *binding = context;
	unsigned late = 0;

	(void)handle;
	nt_lock();
	binding->bound = false;
	if (binding->protocol->options.returns_late && binding->protocol->options.holds)
		late = binding->held_count;
	binding->later_count += late;
	binding->protocol->options.holds = false;
	nt_unlock();
	while (late--)
		ndis_later(give_late, binding, PASSIVE_LEVEL);
	ndis_wait(is_not_calling, binding);
	if (!binding->protocol->options.returns_late)
		return_before_close(binding);
	NdisCloseAdapter(status, binding->handle);
	if (*status == NDIS_STATUS_PENDING)
		ndis_wait(is_close_done, binding);
	*status = NDIS_STATUS_SUCCESS;
	nt_lock();
	binding->closed = true;
	nt_unlock();
}

static NDIS_STATUS pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT event)
{
	struct fake_binding *binding = context;

	if (!binding)
		return NDIS_STATUS_SUCCESS;
	binding->events[event->NetEvent]++;
	if (event->NetEvent == NetEventSetPower)
		memcpy(&binding->power, event->Buffer, sizeof(binding->power));
	return binding->event_status;
}

struct fake_protocol *fake_protocol_new(const struct fake_protocol_options *options)
{
	NDIS_PROTOCOL_CHARACTERISTICS calls = {
		.MajorNdisVersion = 5, .MinorNdisVersion = 0, .OpenAdapterCompleteHandler = open_complete,
		.CloseAdapterCompleteHandler = close_complete, .SendCompleteHandler = send_complete,
		.TransferDataCompleteHandler = transfer_complete, .ResetCompleteHandler = reset_complete,
		.RequestCompleteHandler = request_complete, .ReceiveHandler = receive,
		.ReceiveCompleteHandler = receive_complete, .StatusHandler = status_told,
		.StatusCompleteHandler = status_complete, .ReceivePacketHandler = receive_packet,
		.BindAdapterHandler = bind, .UnbindAdapterHandler = unbind, .PnPEventHandler = pnp_event,
	};
	struct fake_protocol *protocol = ndis_new(sizeof(*protocol));
	NDIS_STATUS status;

	if (options)
		protocol->options = *options;
	if (protocol->options.pieces_only)
		calls.ReceivePacketHandler = NULL;
	nt_failures_pause();
	NdisAllocatePacketPool(&status, &protocol->packets, 4096, PROTOCOL_RESERVED_SIZE_IN_PACKET);
	NdisAllocateBufferPool(&status, &protocol->buffers, 4096);
	nt_failures_resume();
	ndis_pool_own(protocol->packets);
	ndis_pool_own(protocol->buffers);
	binding_protocol = protocol;
	ndis_protocol_register(&protocol->handle, "Fake Protocol", &calls);
	return protocol;
}

void fake_protocol_free(struct fake_protocol *protocol)
{
	struct fake_binding *binding;

	ndis_protocol_deregister(protocol->handle);
	while ((binding = protocol->bindings)) {
		protocol->bindings = binding->next;
		ndis_wait(is_returned, binding);
		fake_record_clear(&binding->received);
		free(binding);
	}
	NdisFreePacketPool(protocol->packets);
	NdisFreeBufferPool(protocol->buffers);
	binding_protocol = NULL;
	free(protocol);
}

struct fake_binding *fake_protocol_binding(struct fake_protocol *protocol, const char *adapter)
{
	struct fake_binding *binding;

	ndis_drain();
	nt_lock();
	for (binding = protocol->bindings; binding; binding = binding->next)
		if (binding->bound && !strcmp(binding->adapter, adapter))
			break;
	nt_unlock();
	return binding;
}

unsigned fake_protocol_bindings(struct fake_protocol *protocol)
{
	struct fake_binding *binding;
	unsigned count = 0;

	for (binding = protocol->bindings; binding; binding = binding->next)
		count += binding->bound;
	return count;
}

unsigned fake_binding_sent(struct fake_binding *binding)
{
	return binding->sent;
}

unsigned fake_binding_failed(struct fake_binding *binding)
{
	return binding->failed;
}

struct fake_record *fake_binding_received(struct fake_binding *binding)
{
	return &binding->received;
}

unsigned fake_binding_held(struct fake_binding *binding)
{
	return binding->held_count;
}

unsigned fake_binding_pieces(struct fake_binding *binding)
{
	return binding->pieces;
}

unsigned fake_binding_completes(struct fake_binding *binding)
{
	return binding->completes;
}

static NDIS_STATUS request(struct fake_binding *binding, PNDIS_REQUEST request)
{
	NDIS_STATUS status;
	KIRQL old;

	if (!call_begin(binding))
		return NDIS_STATUS_CLOSING;
	binding->request_done = false;
	old = some_level();
	NdisRequest(&status, binding->handle, request);
	KeLowerIrql(old);
	call_end(binding);
	if (status == NDIS_STATUS_PENDING) {
		ndis_wait(is_request_done, binding);
		status = binding->request_status;
	}
	return status;
}

NDIS_STATUS fake_binding_query(struct fake_binding *binding, NDIS_OID oid, void *buffer, uint32_t length, uint32_t *written)
{
	NDIS_REQUEST asked = { .RequestType = NdisRequestQueryInformation };
	NDIS_STATUS status;

	asked.DATA.QUERY_INFORMATION.Oid = oid;
	asked.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	asked.DATA.QUERY_INFORMATION.InformationBufferLength = length;
	status = request(binding, &asked);
	if (written)
		*written = asked.DATA.QUERY_INFORMATION.BytesWritten;
	return status;
}

NDIS_STATUS fake_binding_set(struct fake_binding *binding, NDIS_OID oid, void *buffer, uint32_t length)
{
	NDIS_REQUEST asked = { .RequestType = NdisRequestSetInformation };

	asked.DATA.SET_INFORMATION.Oid = oid;
	asked.DATA.SET_INFORMATION.InformationBuffer = buffer;
	asked.DATA.SET_INFORMATION.InformationBufferLength = length;
	return request(binding, &asked);
}

NDIS_STATUS fake_binding_reset(struct fake_binding *binding)
{
	NDIS_STATUS status;

	binding->reset_done = false;
	NdisReset(&status, binding->handle);
	if (status == NDIS_STATUS_PENDING) {
		ndis_wait(is_reset_done, binding);
		status = binding->reset_status;
	}
	return status;
}

unsigned fake_binding_events(struct fake_binding *binding, NET_PNP_EVENT_CODE code)
{
	return binding->events[code];
}

void fake_binding_event_status(struct fake_binding *binding, NDIS_STATUS status)
{
	binding->event_status = status;
}

NDIS_DEVICE_POWER_STATE fake_binding_power(struct fake_binding *binding)
{
	return binding->power;
}

NDIS_STATUS fake_binding_media_status(struct fake_binding *binding)
{
	return binding->media_status;
}

unsigned fake_binding_statuses(struct fake_binding *binding)
{
	return binding->statuses;
}

unsigned fake_binding_status_completes(struct fake_binding *binding)
{
	return binding->status_completes;
}
