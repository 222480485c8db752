/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sockets of this machine's loopback, and addresses as transports write them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_internal.h"

union wire_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

bool fake_wire_is_stream(enum fake_protocol protocol)
{
	return protocol == FAKE_TCP || protocol == FAKE_TCP6;
}

/* TRANSPORT_ADDRESS: the count, then length, type and bytes of the first. Any address of ours is the loopback's. */
static socklen_t read_address(const void *address, ULONG size, union wire_address *wire)
{
	const UCHAR *bytes = address;
	USHORT length, type;
	LONG count;

	memset(wire, 0, sizeof(*wire));
	if (size < 8)
		return 0;
	memcpy(&count, bytes, 4);
	memcpy(&length, bytes + 4, 2);
	memcpy(&type, bytes + 6, 2);
	if (count < 1 || length > size - 8)
		return 0;
	if (type == TDI_ADDRESS_TYPE_IP && length >= 6) {
		wire->v4.sin_family = AF_INET;
		memcpy(&wire->v4.sin_port, bytes + 8, 2);
		memcpy(&wire->v4.sin_addr, bytes + 10, 4);
		if (!wire->v4.sin_addr.s_addr)
			wire->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(wire->v4);
	}
	if (type == TDI_ADDRESS_TYPE_IP6 && length >= sizeof(TDI_ADDRESS_IP6)) {
		wire->v6.sin6_family = AF_INET6;
		memcpy(&wire->v6.sin6_port, bytes + 8, 2);
		memcpy(&wire->v6.sin6_addr, bytes + 14, 16);
		if (IN6_IS_ADDR_UNSPECIFIED(&wire->v6.sin6_addr))
			wire->v6.sin6_addr = in6addr_loopback;
		return sizeof(wire->v6);
	}
	return 0;
}

static ULONG write_address(const union wire_address *wire, UCHAR *bytes)
{
	bool v6 = wire->any.sa_family == AF_INET6;
	USHORT length = v6 ? sizeof(TDI_ADDRESS_IP6) : sizeof(TDI_ADDRESS_IP);
	USHORT type = v6 ? TDI_ADDRESS_TYPE_IP6 : TDI_ADDRESS_TYPE_IP;
	LONG count = 1;

	memset(bytes, 0, FAKE_ADDRESS_MAX);
	memcpy(bytes, &count, 4);
	memcpy(bytes + 4, &length, 2);
	memcpy(bytes + 6, &type, 2);
	if (v6) {
		memcpy(bytes + 8, &wire->v6.sin6_port, 2);
		memcpy(bytes + 14, &wire->v6.sin6_addr, 16);
	} else {
		memcpy(bytes + 8, &wire->v4.sin_port, 2);
		memcpy(bytes + 10, &wire->v4.sin_addr, 4);
	}
	return 8u + length;
}

NTSTATUS fake_wire_status(int error)
{
	switch (error) {
	case 0:
		return STATUS_SUCCESS;
	case ECONNREFUSED:
		return STATUS_CONNECTION_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return STATUS_CONNECTION_RESET;
	case EADDRINUSE:
		return STATUS_ADDRESS_ALREADY_EXISTS;
	case ENETUNREACH:
	case EHOSTUNREACH:
		return STATUS_NETWORK_UNREACHABLE;
	default: /* the machine's doing, such as a firewall's: no test asks for it */
		fprintf(stderr, "fake transport: a socket of this machine failed: %s\n", strerror(error));
		return STATUS_UNSUCCESSFUL;
	}
}

int fake_wire_open(enum fake_protocol protocol, const void *address, ULONG length, NTSTATUS *status)
{
	int type = fake_wire_is_stream(protocol) ? SOCK_STREAM : SOCK_DGRAM, on = 1, fd;
	union wire_address wire;
	socklen_t size = read_address(address, length, &wire);

	*status = STATUS_INVALID_ADDRESS;
	if (!size || (wire.any.sa_family == AF_INET6) != (protocol >= FAKE_TCP6))
		return -1;
	fd = socket(wire.any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*status = STATUS_INSUFFICIENT_RESOURCES;
		return -1;
	}
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &wire.any, size)) {
		*status = fake_wire_status(errno);
		close(fd);
		return -1;
	}
	*status = STATUS_SUCCESS;
	return fd;
}

ULONG fake_wire_local(int fd, UCHAR *address)
{
	union wire_address wire = { 0 };
	socklen_t size = sizeof(wire);

	getsockname(fd, &wire.any, &size);
	return write_address(&wire, address);
}

ULONG fake_wire_remote(int fd, UCHAR *address)
{
	union wire_address wire = { 0 };
	socklen_t size = sizeof(wire);

	getpeername(fd, &wire.any, &size);
	return write_address(&wire, address);
}

NTSTATUS fake_wire_connect(int fd, const void *address, ULONG length)
{
	union wire_address wire;
	socklen_t size = read_address(address, length, &wire);
	int on = 1;

	if (!size)
		return STATUS_INVALID_ADDRESS;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!connect(fd, &wire.any, size))
		return STATUS_SUCCESS;
	return errno == EINPROGRESS ? STATUS_PENDING : fake_wire_status(errno);
}

NTSTATUS fake_wire_result(int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return fake_wire_status(error);
}

NTSTATUS fake_wire_send_to(int fd, const void *data, size_t size, const void *address, ULONG length)
{
	union wire_address wire;
	socklen_t wire_size = read_address(address, length, &wire);

	if (!wire_size)
		return STATUS_INVALID_ADDRESS;
	if (sendto(fd, data, size, MSG_NOSIGNAL, &wire.any, wire_size) == (ssize_t)size)
		return STATUS_SUCCESS;
	return errno == EMSGSIZE ? STATUS_BUFFER_OVERFLOW : fake_wire_status(errno);
}

ssize_t fake_wire_receive_from(int fd, void *data, size_t size, UCHAR *address, ULONG *length)
{
	union wire_address wire = { 0 };
	socklen_t wire_size = sizeof(wire);
	ssize_t count = recvfrom(fd, data, size, MSG_TRUNC, &wire.any, &wire_size);

	if (count >= 0)
		*length = write_address(&wire, address);
	return count;
}

void fake_wire_abort(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	/* Resets the connection, also when an address shares the socket. */
	connect(fd, &none, sizeof(none));
	close(fd);
}
