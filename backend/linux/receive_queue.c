/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/receive_queue.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of one socket: somebody may go on filling a queue that we may not empty. */
#define MOST_READS 65536
/* One after the other: each takes an error of the socket, but may be our own. */
#define MOST_ERRORS 16
#define READ_BYTES (1 << 20)
#define NO_PROTOCOL 0xffff /* reserved (RFC 1701), never on the wire */

static int family_of(int socket)
{
	int family = AF_UNSPEC;
	socklen_t size = sizeof(family);

	getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
	return family;
}

/* A packet socket may have a ring that is read without any call: it is bound to a protocol that no
 * frame has, for good. */
static void deafen(int socket)
{
	const struct sockaddr_ll nowhere = { .sll_family = AF_PACKET,
		.sll_protocol = htons(NO_PROTOCOL) };

	bind(socket, (const struct sockaddr *)&nowhere, sizeof(nowhere));
}

static bool is_listening(int socket)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	return getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* MSG_DONTWAIT has no counterpart for accept(); poll() would race with the holder. So the
 * descriptor's flags, which the holder shares, are left alone and a timeout does it. */
static void refuse_waiting(int socket)
{
	struct timeval before = { 0 }, brief = { .tv_usec = 1 };
	struct pollfd waiting = { .fd = socket, .events = POLLIN };
	socklen_t size = sizeof(before);
	int accepted;

	if (poll(&waiting, 1, 0) <= 0)
		return; /* so that as few sockets as can be are touched */
	getsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &before, &size);
	setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief));
	while ((accepted = accept(socket, NULL, NULL)) >= 0)
		close(accepted);
	setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &before, sizeof(before));
}

/* A stream is not copied; of a message the rest that finds no room is thrown away too. */
static void empty(int socket)
{
	static char buffer[READ_BYTES];

	for (int reads = 0, errors = 0; reads < MOST_READS && errors < MOST_ERRORS; reads++) {
		ssize_t got = recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT);

		errors = got < 0 ? errors + 1 : 0;
		if (got == 0 || (got < 0 && (errno == EAGAIN || errno == ENOTCONN)))
			break; /* an error of the connection is taken, and what is behind it */
	}
}

static void look_at(int holder, int fd, bool (*wanted)(uint64_t id, void *argument), void *argument)
{
	int socket = (int)syscall(SYS_pidfd_getfd, holder, fd, 0);
	uint64_t id = 0;
	socklen_t size = sizeof(id);
	int family;

	if (socket < 0)
		return;
	family = family_of(socket);
	if ((family == AF_INET || family == AF_INET6 || family == AF_PACKET) &&
		getsockopt(socket, SOL_SOCKET, SO_COOKIE, &id, &size) == 0 &&
		wanted(id, argument)) {
		if (family == AF_PACKET)
			deafen(socket);
		if (is_listening(socket))
			refuse_waiting(socket);
		else
			empty(socket);
	}
	close(socket);
}

static bool is_socket(int directory, const char *name)
{
	char link[64];
	ssize_t length = readlinkat(directory, name, link, sizeof(link));

	return length > 7 && memcmp(link, "socket:", 7) == 0;
}

void fw_receive_queues_empty(
	uint32_t pid, bool (*wanted)(uint64_t id, void *argument), void *argument)
{
	char path[32];
	struct dirent *entry;
	int holder = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	directory = opendir(path);
	while (holder >= 0 && directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && is_socket(dirfd(directory), entry->d_name))
			look_at(holder, atoi(entry->d_name), wanted, argument);
	if (directory)
		closedir(directory);
	if (holder >= 0)
		close(holder);
}
