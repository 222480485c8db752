/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files of the transport: creates, extended attributes, ports, cleanup and close. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_create.h"

static uint32_t counted(bool connections)
{
	struct fw_control_status status = { 0 };

	fw_tdi_status(&status);
	return connections ? status.connections : status.addresses;
}

static void tells_kinds_by_attributes(void **state)
{
	uint8_t address[40], ea[256];
	struct fw_tdi_endpoint local = { .port = 0 };
	uint16_t length = (uint16_t)tdi_lower_address(address, FW_FAMILY_IPV4, NULL, 53);
	void *context = NULL, *value = (void *)0x1234567;
	uint32_t size, first;

	assert_int_equal(fw_tdi_create_kind(NULL, 100, &local, &context), FW_TDI_CONTROL);
	assert_int_equal(fw_tdi_create_kind(ea, 0, &local, &context), FW_TDI_CONTROL);
	size = tdi_ea(ea, TdiTransportAddress, address, length);
	assert_int_equal(fw_tdi_create_kind(ea, size, &local, &context), FW_TDI_ADDRESS);
	assert_int_equal(local.port, 53);
	/* The value lies at an odd address. */
	size = tdi_ea(ea + 1, TdiConnectionContext, &value, sizeof(value));
	assert_int_equal(fw_tdi_create_kind(ea + 1, size, &local, &context), FW_TDI_CONNECTION);
	assert_ptr_equal(context, value);
	/* Behind another attribute. */
	first = (tdi_ea(ea, "Other", address, 3) + 3) & ~3u;
	memcpy(ea, &first, sizeof(first));
	size = tdi_ea(ea + first, TdiConnectionContext, &value, sizeof(value));
	assert_int_equal(fw_tdi_create_kind(ea, first + size, &local, &context), FW_TDI_CONNECTION);
}

/* In a buffer of exactly the length that was given: ASan watches. */
static void claim(const uint8_t *ea, uint32_t given, uint8_t name, uint16_t value)
{
	uint8_t *copy = malloc(given ? given : 1);
	struct fw_tdi_endpoint local;
	void *context;

	memcpy(copy, ea, given);
	if (given > 7) {
		copy[5] = name;
		memcpy(copy + 6, &value, 2);
	}
	fw_tdi_create_kind(copy, given, &local, &context);
	free(copy);
}

/* Each length that is given, and what the parts can claim of theirs. */
static void believes_no_lengths(void **state)
{
	static const uint8_t names[] = { 0, 1, 15, 16, 17, 18, 100, 255 };
	static const uint16_t values[] = { 0, 1, 4, 8, 21, 22, 23, 100, 32768, 65535 };
	uint8_t address[40], ea[2][80];
	uint32_t length = tdi_lower_address(address, FW_FAMILY_IPV4, NULL, 53), given;
	size_t kind, name, value;

	tdi_ea(ea[0], TdiTransportAddress, address, (uint16_t)length);
	tdi_ea(ea[1], TdiConnectionContext, address, 20);
	for (kind = 0; kind < 2; kind++)
		for (given = 0; given <= 9 + 16 + length; given++)
			for (name = 0; name < FW_NT_COUNT(names); name++)
				for (value = 0; value < FW_NT_COUNT(values); value++)
					claim(ea[kind], given, names[name], values[value]);
}

/* Random lists, addresses and where the next one is; none may be read beyond its end or without
 * end. */
static void believes_no_lists(void **state)
{
	uint64_t random = 88172645463325252ull;
	unsigned round, i;

	for (round = 0; round < 20000; round++) {
		uint32_t size = (uint32_t)(round % 97), next;
		uint8_t *bytes = malloc(size ? size : 1);
		struct fw_tdi_endpoint endpoint;
		void *context;

		for (i = 0; i < size; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			bytes[i] = (uint8_t)(random >> 32) % (round % 3 ? 32 : 256);
		}
		if (size > 40) {
			tdi_ea(bytes, round & 1 ? TdiTransportAddress : "Other", &random, 8);
			next = (uint32_t)(random % (size + 4));
			memcpy(bytes, &next, sizeof(next));
		}
		fw_tdi_create_kind(bytes, size, &endpoint, &context);
		fw_tdi_endpoint_read(bytes, (int32_t)size, &endpoint);
		free(bytes);
	}
}

static void reads_addresses(void **state)
{
	const uint8_t six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	uint8_t bytes[64];
	struct fw_tdi_endpoint endpoint;
	uint32_t size = tdi_lower_address(bytes, FW_FAMILY_IPV6, six, 443);

	assert_true(fw_tdi_endpoint_read(bytes, (int32_t)size, &endpoint));
	assert_int_equal(endpoint.family, FW_FAMILY_IPV6);
	assert_int_equal(endpoint.port, 443);
	assert_memory_equal(endpoint.address, six, 16);
	assert_false(fw_tdi_endpoint_read(bytes, (int32_t)size - 1, &endpoint));
	assert_false(fw_tdi_endpoint_read(bytes, -1, &endpoint));
	assert_false(fw_tdi_endpoint_read(NULL, 64, &endpoint));
	bytes[6] = TDI_ADDRESS_TYPE_NETBIOS;
	assert_false(fw_tdi_endpoint_read(bytes, (int32_t)size, &endpoint));
}

static void tells_ports(void **state)
{
	const struct fw_port_record *taken, *released;
	struct fw_port rows[8];
	PFILE_OBJECT tcp, udp, raw;

	tdi_world_start(TDI_ALL4);
	tdi_lower.port = 49152; /* what the transport chose */
	tcp = tdi_open_address(TDI_TCP, 0);
	udp = tdi_open_address(TDI_UDP, 53);
	raw = tdi_open_address(TDI_RAW, 0);
	assert_int_equal(tdi_ports(rows, 8), 2);
	assert_int_equal(rows[0].port, 49152);
	assert_int_equal(rows[0].protocol, 6);
	assert_int_equal(rows[0].family, FW_FAMILY_IPV4);
	assert_int_equal(rows[0].address[0], 10);
	assert_int_equal(rows[0].owner_pid, TDI_CLIENT_PID);
	assert_string_equal(rows[0].comm, "double.exe");
	assert_int_equal(rows[1].port, 53);
	assert_int_equal(rows[1].protocol, 17);
	tdi_close(tcp);
	tdi_close(udp);
	tdi_close(raw);
	assert_int_equal(tdi_ports(rows, 8), 0);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_TAKEN), 2);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_RELEASED), 2);
	taken = &tdi_doubles_record(FW_RECORD_PORT_TAKEN, 0)->port;
	released = &tdi_doubles_record(FW_RECORD_PORT_RELEASED, 0)->port;
	assert_int_equal(taken->header.size, sizeof(*taken));
	assert_int_equal(taken->port.port, 49152);
	assert_memory_equal(&taken->port, &released->port, sizeof(taken->port));
	tdi_world_stop();
}

/* Every change, however many there are. */
static void tells_every_port(void **state)
{
	PFILE_OBJECT file;
	unsigned i;

	tdi_world_start(TDI_ALL4);
	for (i = 0; i < 100; i++) {
		file = tdi_open_address(TDI_UDP, (uint16_t)(2000 + i));
		tdi_close(file);
		assert_int_equal(
			tdi_doubles_record(FW_RECORD_PORT_TAKEN, i)->port.port.port, 2000 + i);
		assert_int_equal(
			tdi_doubles_record(FW_RECORD_PORT_RELEASED, i)->port.port.port, 2000 + i);
	}
	tdi_world_stop();
}

static void complete_late(void *context)
{
	while (!tdi_lower_complete(*(unsigned *)context, STATUS_SUCCESS, 0))
		nt_sleep_ms(1);
}

/* The create and the query pend, and are completed at DISPATCH_LEVEL by other threads. */
static void holds_the_create(void **state)
{
	static unsigned create = TDI_LOWER_CREATE, query = TDI_QUERY_INFORMATION;
	struct fw_port row;
	PETHREAD first, second;
	PFILE_OBJECT file;

	tdi_world_start(TDI_ALL4);
	tdi_lower.hold[TDI_LOWER_CREATE] = true;
	tdi_lower.hold[TDI_QUERY_INFORMATION] = true;
	first = nt_thread_start("create", NULL, complete_late, &create);
	second = nt_thread_start("query", NULL, complete_late, &query);
	file = tdi_open_address(TDI_TCP, 80);
	assert_non_null(file);
	assert_int_equal(tdi_ports(&row, 1), 1);
	assert_int_equal(row.port, 80);
	nt_thread_join(first);
	nt_thread_join(second);
	tdi_close(file);
	tdi_world_stop();
}

static void frees_after_a_failed_create(void **state)
{
	PFILE_OBJECT file;

	tdi_world_start(TDI_ALL4);
	tdi_lower.status[TDI_LOWER_CREATE] = STATUS_ADDRESS_ALREADY_EXISTS;
	assert_null(tdi_open_address(TDI_TCP, 80));
	assert_null(tdi_open_connection(TDI_TCP, NULL));
	assert_int_equal(tdi_open(TDI_TCP, NULL, 0, &file), STATUS_ADDRESS_ALREADY_EXISTS);
	assert_int_equal(counted(false), 0);
	assert_int_equal(counted(true), 0);
	assert_int_equal(tdi_lower.calls[TDI_QUERY_INFORMATION], 0);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_TAKEN), 0);
	tdi_world_stop(); /* the fake kernel reports every byte that is left */
}

static void cleanup_held(void *context)
{
	tdi_close(context);
}

static bool cleanup_is_below(void *context)
{
	return tdi_lower.held[0] != NULL;
}

/* It is there until the lower driver has cleaned it up, and its memory until it has closed it. */
static void lives_until_closed_below(void **state)
{
	struct fw_port row;
	PETHREAD closer;
	PFILE_OBJECT file;

	tdi_world_start(TDI_ALL4);
	file = tdi_open_address(TDI_UDP, 53);
	tdi_lower.hold[TDI_LOWER_CLEANUP] = true;
	tdi_lower.hold[TDI_LOWER_CLOSE] = true;
	closer = nt_thread_start("closer", NULL, cleanup_held, file);
	assert_true(nt_wait_for(cleanup_is_below, NULL, 1000));
	assert_int_equal(tdi_ports(&row, 1), 1);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_RELEASED), 0);
	assert_true(tdi_lower_complete(TDI_LOWER_CLEANUP, STATUS_SUCCESS, 0));
	assert_int_equal(tdi_ports(&row, 1), 0);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_RELEASED), 1);
	assert_true(nt_wait_for(cleanup_is_below, NULL, 1000));
	assert_int_equal(counted(false), 1);
	assert_true(tdi_lower_complete(TDI_LOWER_CLOSE, STATUS_SUCCESS, 0));
	nt_thread_join(closer);
	assert_int_equal(counted(false), 0);
	tdi_world_stop();
}

/* As where nobody sends a cleanup. */
static void closes_without_cleanup(void **state)
{
	uint8_t address[40], ea[80];
	uint32_t length = tdi_lower_address(address, FW_FAMILY_IPV4, NULL, 99);
	PFILE_OBJECT file;

	tdi_world_start(TDI_ALL4);
	length = tdi_ea(ea, TdiTransportAddress, address, (uint16_t)length);
	assert_int_equal(nt_file_open(TDI_UDP, 0, ea, length, KernelMode, &file), STATUS_SUCCESS);
	ObDereferenceObject(file);
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_RELEASED), 1);
	assert_int_equal(counted(false), 0);
	tdi_world_stop();
}

/* A program says a number that is a handle of the kernel's. */
static void associates_in_the_mode_of_the_request(void **state)
{
	TDI_REQUEST_KERNEL_ASSOCIATE parameters;
	struct tdi_request request;
	struct fw_connection row;
	PFILE_OBJECT address, connection;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_TCP, 1030);
	connection = tdi_open_connection(TDI_TCP, NULL);
	parameters.AddressHandle = tdi_handle(address);
	tdi_returned(&request, connection, TDI_ASSOCIATE_ADDRESS, &parameters, sizeof(parameters));
	request.irp->RequestorMode = UserMode;
	IoSkipCurrentIrpStackLocation(request.irp);
	IoCallDriver(IoGetRelatedDeviceObject(connection), request.irp);
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS); /* says the scripted transport */
	tdi_lower.status[TDI_QUERY_INFORMATION] = STATUS_UNSUCCESSFUL;
	tdi_connect(connection, 80);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.local_port, 0);
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

static void associates_by_handle(void **state)
{
	TDI_REQUEST_KERNEL_ASSOCIATE parameters = { (HANDLE)(uintptr_t)0x7000 };
	struct fw_connection row;
	PFILE_OBJECT address, connection;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_TCP, 1030);
	connection = tdi_open_connection(TDI_TCP, NULL);
	/* No handle: the lower driver says so. */
	tdi_lower.status[TDI_ASSOCIATE_ADDRESS] = STATUS_INVALID_HANDLE;
	assert_int_equal(tdi_send_request(connection, TDI_ASSOCIATE_ADDRESS, &parameters,
				 sizeof(parameters)),
		STATUS_INVALID_HANDLE);
	/* Refused: not associated, so it does not know the port. */
	assert_int_equal(tdi_associate(connection, address), STATUS_INVALID_HANDLE);
	tdi_lower.hold[TDI_QUERY_INFORMATION] = false;
	tdi_lower.status[TDI_QUERY_INFORMATION] = STATUS_UNSUCCESSFUL;
	assert_int_equal(tdi_connect(connection, 80), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.local_port, 0);
	tdi_lower.status[TDI_ASSOCIATE_ADDRESS] = STATUS_SUCCESS;
	assert_int_equal(tdi_associate(connection, address), STATUS_SUCCESS);
	assert_int_equal(tdi_connect(connection, 80), STATUS_SUCCESS);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.local_port, 1030);
	assert_int_equal(
		tdi_send_request(connection, TDI_DISASSOCIATE_ADDRESS, NULL, 0), STATUS_SUCCESS);
	assert_int_equal(tdi_connections(&row, 1), 0);
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

/* More files than lie in one page, so in several of the trees that they are found in. */
static void finds_each_of_many_files(void **state)
{
	enum { MANY = 60 };
	struct fw_connection rows[MANY];
	PFILE_OBJECT files[MANY];

	tdi_world_start(TDI_ALL4);
	for (unsigned i = 0; i < MANY; i++)
		files[i] = tdi_open_address(TDI_UDP, (uint16_t)(2000 + i));
	for (unsigned i = 0; i < MANY; i++)
		tdi_datagram(files[i], TDI_SEND_DATAGRAM, 100 + i, 9);
	assert_int_equal(tdi_connections(rows, MANY), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(rows[i].local_port, 2000 + i);
		assert_int_equal(rows[i].counters.sent, 100 + i);
	}
	for (unsigned i = 0; i < MANY; i += 2)
		tdi_close(files[i]);
	assert_int_equal(tdi_connections(rows, MANY), MANY / 2);
	for (unsigned i = 1; i < MANY; i += 2)
		tdi_datagram(files[i], TDI_SEND_DATAGRAM, 1000, 9);
	assert_int_equal(tdi_connections(rows, MANY), MANY / 2);
	for (unsigned i = 1; i < MANY; i += 2) {
		assert_int_equal(rows[i / 2].counters.sent, 1100 + i);
		tdi_close(files[i]);
	}
	tdi_world_stop();
}

/* A file whose memory another one has now: it went without having been closed through us. */
static void forgets_a_file_for_its_successor(void **state)
{
	struct fw_tdi_device device = { .protocol = FW_TDI_PROTOCOL_UDP };
	struct fw_tdi_object *first, *second, *found;
	FILE_OBJECT file = { 0 };

	tdi_world_start(TDI_ALL4);
	first = fw_tdi_object_new(&device, FW_TDI_ADDRESS);
	second = fw_tdi_object_new(&device, FW_TDI_ADDRESS);
	fw_tdi_object_open(first, &file);
	fw_tdi_object_open(second, &file);
	assert_true(first->retired);
	assert_int_equal(first->references, 1);
	fw_tdi_object_close(first);
	found = fw_tdi_object_get(&file);
	assert_ptr_equal(found, second);
	fw_tdi_object_put(found);
	fw_tdi_object_put(first);
	fw_tdi_object_retire(second);
	fw_tdi_object_close(second);
	assert_null(fw_tdi_object_get(&file));
	fw_tdi_object_put(second);
	assert_int_equal(counted(false), 0);
	tdi_world_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "NT-7: kinds by extended attributes", tells_kinds_by_attributes, NULL, NULL,
			NULL },
		{ "NT-7: lengths of attributes are not believed", believes_no_lengths, NULL, NULL,
			NULL },
		{ "NT-7: lists of attributes are not believed", believes_no_lists, NULL, NULL,
			NULL },
		{ "transport addresses", reads_addresses, NULL, NULL, NULL },
		{ "system 2: ports taken and released", tells_ports, NULL, NULL, NULL },
		{ "system 2, defect 1: every change of a port is told", tells_every_port, NULL,
			NULL, NULL },
		{ "NT-10: the create is held until its port is known", holds_the_create, NULL, NULL,
			NULL },
		{ "NT-11, system 2, defect 6: nothing is left of a create that fails",
			frees_after_a_failed_create, NULL, NULL, NULL },
		{ "NT-11, system 2, defect 4: objects live until the lower driver is done",
			lives_until_closed_below, NULL, NULL, NULL },
		{ "NT-11: a close without a cleanup", closes_without_cleanup, NULL, NULL, NULL },
		{ "NT-9: associated by handle", associates_by_handle, NULL, NULL, NULL },
		{ "NT-9: the handle is the requester's", associates_in_the_mode_of_the_request,
			NULL, NULL, NULL },
		{ "NT-11: each of many files is found", finds_each_of_many_files, NULL, NULL,
			NULL },
		{ "NT-11: a file in the place of another", forgets_a_file_for_its_successor, NULL,
			NULL, NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
