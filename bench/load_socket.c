/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void load_die(const char *what)
{
	fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

int load_bind(struct load *load, int type)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) ||
		getsockname(fd, (struct sockaddr *)&address, &length))
		load_die("binding a socket to 127.0.0.1");
	load->port = ntohs(address.sin_port);
	return fd;
}

int load_connect(const struct load *load, int type)
{
	struct sockaddr_in address = loopback(load->port);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		load_die("connecting to 127.0.0.1");
	return fd;
}

bool load_write(int fd, const char *buffer, size_t size)
{
	while (size) {
		ssize_t moved = write(fd, buffer, size);

		if (moved <= 0)
			return false;
		buffer += moved;
		size -= (size_t)moved;
	}
	return true;
}

bool load_read(int fd, char *buffer, size_t size)
{
	while (size) {
		ssize_t moved = read(fd, buffer, size);

		if (moved <= 0)
			return false;
		buffer += moved;
		size -= (size_t)moved;
	}
	return true;
}
