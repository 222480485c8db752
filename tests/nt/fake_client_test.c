/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Clients of the fake transport whose event handlers break a rule are found, each once. */
#include "fake_socket.h"
#include "nt_check.h"

#define BYTES 1000

/* What the bad handler does. */
static ULONG more_taken;
static NTSTATUS answer;

static NTSTATUS on_receive(PVOID context, CONNECTION_CONTEXT connection, ULONG flags, ULONG indicated, ULONG available,
	ULONG *taken, PVOID data, PIRP *irp)
{
	(void)context;
	(void)connection;
	(void)flags;
	(void)available;
	(void)data;
	(void)irp;
	*taken = indicated + more_taken;
	return answer;
}

static NTSTATUS on_chained(PVOID context, CONNECTION_CONTEXT connection, ULONG flags, ULONG length, ULONG offset, PMDL data,
	PVOID descriptor)
{
	(void)context;
	(void)connection;
	(void)flags;
	(void)length;
	(void)offset;
	(void)data;
	(void)descriptor;
	return answer;
}

static NTSTATUS on_connect(PVOID context, LONG address_length, PVOID address, LONG data_length, PVOID data,
	LONG options_length, PVOID options, CONNECTION_CONTEXT *connection, PIRP *irp)
{
	(void)context;
	(void)address_length;
	(void)address;
	(void)data_length;
	(void)data;
	(void)options_length;
	(void)options;
	(void)connection;
	(void)irp;
	return answer;
}

static NTSTATUS on_datagram(PVOID context, LONG source_length, PVOID source, LONG options_length, PVOID options, ULONG flags,
	ULONG indicated, ULONG available, ULONG *taken, PVOID data, PIRP *irp)
{
	(void)source_length;
	(void)source;
	(void)options_length;
	(void)options;
	return on_receive(context, NULL, flags, indicated, available, taken, data, irp);
}

static void replace(struct fake_socket *socket, int event, PVOID handler)
{
	TDI_REQUEST_KERNEL_SET_EVENT request = { event, handler, NULL };

	NT_CHECK_EQUAL(fake_socket_call(socket, socket->address, TDI_SET_EVENT_HANDLER, &request, sizeof(request)),
		STATUS_SUCCESS);
}

static struct fake_socket *open_one(enum fake_protocol protocol)
{
	NTSTATUS status;
	struct fake_socket *socket = fake_socket_open(protocol, FAKE_BY_EVENTS, 0, &status);

	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	return socket;
}

/* A listener with this handler in the place of its own, and what somebody sends it. */
static void stream(int event, PVOID handler, unsigned chained)
{
	const struct fake_policy policy = { .dispatch = 1, .chained = chained };
	static const UCHAR bytes[BYTES];
	struct fake_socket *listener, *client;
	size_t sent;

	nt_kernel_start(NULL);
	NT_CHECK_EQUAL(fake_transport_start(1u << FAKE_TCP, &policy), STATUS_SUCCESS);
	listener = open_one(FAKE_TCP);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 2), STATUS_SUCCESS);
	replace(listener, event, handler);
	client = open_one(FAKE_TCP);
	if (NT_SUCCESS(fake_socket_connect(client, fake_socket_port(listener))))
		NT_CHECK_EQUAL(fake_socket_send(client, bytes, sizeof(bytes), &sent), STATUS_SUCCESS);
	nt_sleep_ms(1000);
}

static void datagram(void)
{
	static const UCHAR bytes[BYTES];
	struct fake_socket *socket;

	nt_kernel_start(NULL);
	NT_CHECK_EQUAL(fake_transport_start(1u << FAKE_UDP, NULL), STATUS_SUCCESS);
	socket = open_one(FAKE_UDP);
	replace(socket, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, NULL);
	replace(socket, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram);
	NT_CHECK_EQUAL(fake_socket_send_to(socket, fake_socket_port(socket), bytes, sizeof(bytes)), STATUS_SUCCESS);
	nt_sleep_ms(1000);
}

static void receives(NTSTATUS status, ULONG more)
{
	answer = status;
	more_taken = more;
	stream(TDI_EVENT_RECEIVE, on_receive, 0);
}

static void takes_too_much(void)
{
	receives(STATUS_SUCCESS, 1);
}

static void answers_oddly(void)
{
	receives(STATUS_UNSUCCESSFUL, 0);
}

static void takes_and_refuses(void)
{
	receives(STATUS_DATA_NOT_ACCEPTED, 0);
}

static void promises_a_request(void)
{
	receives(STATUS_MORE_PROCESSING_REQUIRED, 0);
}

static void chained_oddly(void)
{
	answer = STATUS_UNSUCCESSFUL;
	stream(TDI_EVENT_CHAINED_RECEIVE, on_chained, 100);
}

static void connects(NTSTATUS status)
{
	answer = status;
	stream(TDI_EVENT_CONNECT, on_connect, 0);
}

static void connects_oddly(void)
{
	connects(STATUS_SUCCESS);
}

static void promises_an_accept(void)
{
	connects(STATUS_MORE_PROCESSING_REQUIRED);
}

static void datagram_too_long(void)
{
	answer = STATUS_SUCCESS;
	more_taken = 1;
	datagram();
}

static void datagram_oddly(void)
{
	answer = STATUS_PENDING;
	datagram();
}

static void files_left(void)
{
	nt_kernel_start(NULL);
	NT_CHECK_EQUAL(fake_transport_start(1u << FAKE_UDP, NULL), STATUS_SUCCESS);
	open_one(FAKE_UDP);
	fake_transport_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test_violation("NT-13: a receive handler takes more than there is", 13, "took 1", takes_too_much);
	nt_test_violation("NT-13: a receive handler answers oddly", 13, "receive handler returned", answers_oddly);
	nt_test_violation("NT-13: a receive handler takes and refuses", 13, "did not accept", takes_and_refuses);
	nt_test_violation("NT-13: a receive handler promises a request", 13, "without a request", promises_a_request);
	nt_test_violation("NT-14: a chained receive handler answers oddly", 14, "chained", chained_oddly);
	nt_test_violation("NT-13: a connect handler answers oddly", 13, "connect handler returned 0x0", connects_oddly);
	nt_test_violation("NT-13: a connect handler promises an accept", 13, "without a request", promises_an_accept);
	nt_test_violation("NT-13: a datagram handler takes more than there is", 13, "datagram handler took", datagram_too_long);
	nt_test_violation("NT-13: a datagram handler answers oddly", 13, "datagram handler returned", datagram_oddly);
	nt_test_violation("NT-23: files of the transport left at its end", 23, "files of the transport", files_left);
	return nt_tests_end();
}
