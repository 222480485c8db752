/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Two ends of measured traffic, in two network namespaces:
 *	wire_peer serve ADDRESS				until killed
 *	wire_peer tcp ADDRESS CONNECTIONS UP DOWN	bytes each way, in one exchange a connection
 *	wire_peer rr ADDRESS COUNT			one byte to and fro
 *	wire_peer udp ADDRESS COUNT SIZE		datagrams, each echoed
 * The server closes TCP connections first, so TIME-WAIT is on its side.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7000
#define LIFETIME_S 300
#define LARGEST 65536
#define SMALL_SOCKETS 4

static char buffer[LARGEST];

struct order {
	uint32_t up;   /* bytes the client sends, this header not counted */
	uint32_t down; /* bytes the server sends */
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static socklen_t parse_address(const char *text, union address *address)
{
	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(PORT);
		return sizeof(address->v4);
	}
	if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) != 1)
		die(text);
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(PORT);
	return sizeof(address->v6);
}

static int open_socket(const char *text, int type, bool server)
{
	union address address;
	socklen_t size = parse_address(text, &address);
	int fd = socket(address.any.sa_family, type | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (server ? bind(fd, &address.any, size) : connect(fd, &address.any, size))
		die(text);
	return fd;
}

static void send_all(int fd, size_t bytes)
{
	while (bytes) {
		ssize_t done = send(fd, buffer, bytes < LARGEST ? bytes : LARGEST, MSG_NOSIGNAL);

		if (done <= 0)
			die("send");
		bytes -= (size_t)done;
	}
}

static void receive_all(int fd, size_t bytes)
{
	while (bytes) {
		ssize_t done = recv(fd, buffer, bytes < LARGEST ? bytes : LARGEST, 0);

		if (done <= 0)
			die("recv");
		bytes -= (size_t)done;
	}
}

/* An order with both numbers 0 asks for single bytes to be echoed until the client is done. */
static void serve_stream(int fd)
{
	struct order order;
	char byte;

	if (recv(fd, &order, sizeof(order), MSG_WAITALL) != sizeof(order))
		die("recv");
	receive_all(fd, order.up);
	send_all(fd, order.down);
	while (!order.up && !order.down && recv(fd, &byte, 1, 0) == 1 && byte)
		send(fd, &byte, 1, MSG_NOSIGNAL);
	close(fd);
}

static void serve_datagram(int fd)
{
	union address from;
	socklen_t size = sizeof(from);
	ssize_t got = recvfrom(fd, buffer, sizeof(buffer), 0, &from.any, &size);

	if (got > 0)
		sendto(fd, buffer, (size_t)got, 0, &from.any, size);
}

static int serve(const char *address)
{
	int stream = open_socket(address, SOCK_STREAM, true);
	int datagram = open_socket(address, SOCK_DGRAM, true);
	struct pollfd sockets[2] = { { stream, POLLIN, 0 }, { datagram, POLLIN, 0 } };

	if (listen(stream, SMALL_SOCKETS))
		die("listen");
	while (poll(sockets, 2, -1) > 0) {
		if (sockets[0].revents)
			serve_stream(accept(stream, NULL, NULL));
		if (sockets[1].revents)
			serve_datagram(datagram);
	}
	return 1;
}

static int run_tcp(const char *address, int connections, uint32_t up, uint32_t down)
{
	const struct order order = { up, down };

	for (int i = 0; i < connections; i++) {
		int fd = open_socket(address, SOCK_STREAM, false);
		char byte;

		if (send(fd, &order, sizeof(order), MSG_NOSIGNAL) != sizeof(order))
			die("send");
		send_all(fd, up);
		receive_all(fd, down);
		if (recv(fd, &byte, 1, 0) != 0) /* the server's FIN */
			die("recv");
		close(fd);
	}
	return 0;
}

static int run_request_response(const char *address, int count)
{
	int fd = open_socket(address, SOCK_STREAM, false);
	const struct order order = { 0, 0 };
	char byte;

	if (send(fd, &order, sizeof(order), MSG_NOSIGNAL) != sizeof(order))
		die("send");
	for (int i = 0; i < count; i++) {
		byte = 1;
		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
			die("exchange");
	}
	byte = 0;
	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 0)
		die("end");
	return 0;
}

static int run_udp(const char *address, int count, size_t size)
{
	int fd = open_socket(address, SOCK_DGRAM, false);

	for (int i = 0; i < count; i++)
		if (send(fd, buffer, size, 0) != (ssize_t)size ||
			recv(fd, buffer, sizeof(buffer), 0) != (ssize_t)size)
			die("exchange");
	return 0;
}

int main(int argc, char **argv)
{
	alarm(LIFETIME_S);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	if (argc == 6 && !strcmp(argv[1], "tcp"))
		return run_tcp(
			argv[2], atoi(argv[3]), (uint32_t)atoi(argv[4]), (uint32_t)atoi(argv[5]));
	if (argc == 4 && !strcmp(argv[1], "rr"))
		return run_request_response(argv[2], atoi(argv[3]));
	if (argc == 5 && !strcmp(argv[1], "udp") && (size_t)atoi(argv[4]) <= LARGEST)
		return run_udp(argv[2], atoi(argv[3]), (size_t)atoi(argv[4]));
	fputs("usage: wire_peer serve|tcp|rr|udp ADDRESS ...\n", stderr);
	return 2;
}
