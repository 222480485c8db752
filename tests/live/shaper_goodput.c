/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwgoodput: how much payload arrives in each second. For the live tests of the shaper.
 *
 *   fwgoodput receive tcp|udp PORT SECONDS               "listening"; total and each second's bytes
 *   fwgoodput send tcp|udp ADDRESS PORT FLOWS SECONDS    one line: total, and calls that failed
 *
 * The receiver counts from the first byte on.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_FLOWS 256
#define MOST_SECONDS 120
#define DATAGRAM_SIZE 1200
#define PIECE_SIZE 65536

static char piece[PIECE_SIZE];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static socklen_t parse_address(struct sockaddr_storage *address, const char *host, int port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	inet_pton(AF_INET6, host, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	return sizeof(*v6);
}

static int listen_at(bool tcp, int port)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(&address, "::", port);
	int fd = socket(AF_INET6, tcp ? SOCK_STREAM : SOCK_DGRAM, 0), on = 1, off = 0;
	int room = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!tcp)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&address, size) || (tcp && listen(fd, MOST_FLOWS))) {
		perror("fwgoodput: bind");
		exit(1);
	}
	return fd;
}

static void receive(bool tcp, int port, int seconds)
{
	static uint64_t bins[MOST_SECONDS + 1];
	struct pollfd at[MOST_FLOWS + 1] = { { listen_at(tcp, port), POLLIN, 0 } };
	double begin = 0, patience = now() + 10;
	uint64_t total = 0;
	nfds_t count = 1;

	printf("listening\n");
	fflush(stdout);
	while (now() < (begin > 0 ? begin + seconds : patience)) {
		poll(at, count, 100);
		if (tcp && at[0].revents & POLLIN && count <= MOST_FLOWS)
			at[count++] = (struct pollfd){ accept(at[0].fd, NULL, NULL), POLLIN, 0 };
		for (nfds_t i = tcp; i < count; i++) {
			ssize_t got;

			if (!(at[i].revents & (POLLIN | POLLHUP)))
				continue;
			got = recv(at[i].fd, piece, sizeof(piece), MSG_DONTWAIT);
			if (tcp && (got == 0 || (got < 0 && errno != EAGAIN)))
				at[i].fd = -1;
			if (got <= 0)
				continue;
			if (begin == 0)
				begin = now();
			if (now() - begin < seconds) {
				bins[(int)(now() - begin)] += (uint64_t)got;
				total += (uint64_t)got;
			}
		}
	}
	printf("%llu", (unsigned long long)total);
	for (int i = 0; i < seconds; i++)
		printf(" %llu", (unsigned long long)bins[i]);
	printf("\n");
}

static void send_one(struct pollfd *at, size_t size, uint64_t *sent, uint64_t *failed)
{
	ssize_t done;

	if (!(at->revents & POLLOUT))
		return;
	done = send(at->fd, piece, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done > 0)
		*sent += (uint64_t)done;
	else if (errno != EAGAIN)
		(*failed)++;
}

static void send_flows(bool tcp, const char *host, int port, int flows, int seconds)
{
	struct pollfd at[MOST_FLOWS];
	struct sockaddr_storage address;
	socklen_t size = parse_address(&address, host, port);
	uint64_t sent = 0, failed = 0;
	double end;

	for (int i = 0; i < flows; i++) {
		at[i] = (struct pollfd){
			socket(address.ss_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0), POLLOUT, 0
		};
		if (connect(at[i].fd, (struct sockaddr *)&address, size)) {
			perror("fwgoodput: connect");
			exit(1);
		}
	}
	end = now() + seconds;
	while (now() < end) {
		poll(at, (nfds_t)flows, 100);
		for (int i = 0; i < flows; i++)
			send_one(&at[i], tcp ? sizeof(piece) : DATAGRAM_SIZE, &sent, &failed);
	}
	printf("%llu %llu\n", (unsigned long long)sent, (unsigned long long)failed);
}

int main(int count, char **words)
{
	bool tcp = count > 2 && !strcmp(words[2], "tcp");

	signal(SIGPIPE, SIG_IGN);
	if (count == 5 && !strcmp(words[1], "receive"))
		receive(tcp, atoi(words[3]),
			atoi(words[4]) < MOST_SECONDS ? atoi(words[4]) : MOST_SECONDS);
	else if (count == 7 && !strcmp(words[1], "send"))
		send_flows(tcp, words[3], atoi(words[4]),
			atoi(words[5]) < MOST_FLOWS ? atoi(words[5]) : MOST_FLOWS, atoi(words[6]));
	else
		return 2;
	return 0;
}
