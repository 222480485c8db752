/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench_hold: keeps N live TCP connections over loopback until its standard input ends. The two
 * ends are held by two processes. Prints "ready" once all are open. With traffic, every tenth of a
 * second 100 bytes go over one connection in a hundred, and come back.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 128
#define MAX_CONNECTIONS 100000
#define ROUND_MS 100
#define ACTIVE_PART 100
#define MESSAGE_SIZE 100
#define OTHER_DESCRIPTORS 16

struct hold {
	int *connections; /* of this process's end, in the same order in both */
	size_t count;
	size_t next;	 /* the connection that has its turn */
	int accepted[2]; /* pipe: a byte for each accept, so that the backlog never overflows */
	bool traffic;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "bench_hold: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void allow_descriptors(size_t count)
{
	struct rlimit limit = { .rlim_cur = count + OTHER_DESCRIPTORS };

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("asking for the limit of open files");
	if (limit.rlim_cur >= count + OTHER_DESCRIPTORS)
		return;
	limit.rlim_cur = count + OTHER_DESCRIPTORS;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("raising the limit of open files (run as root, or raise 'ulimit -n')");
}

static int listen_on_loopback(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)address, length) || listen(fd, BACKLOG) ||
		getsockname(fd, (struct sockaddr *)address, &length))
		die("listening on 127.0.0.1");
	return fd;
}

/* The child process: accepts, answers and ends with the other side. */
static _Noreturn void hold_far_ends(struct hold *hold, int listener)
{
	struct epoll_event event = { .events = EPOLLIN };
	int poller = epoll_create1(EPOLL_CLOEXEC);
	char message[MESSAGE_SIZE];

	for (size_t i = 0; i < hold->count; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		event.data.fd = hold->connections[i] = fd;
		if (fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) ||
			write(hold->accepted[1], "", 1) != 1)
			die("accepting");
	}
	while (epoll_wait(poller, &event, 1, -1) > 0 || errno == EINTR) {
		ssize_t size = read(event.data.fd, message, sizeof(message));

		if (size <= 0)
			break;
		send(event.data.fd, message, (size_t)size, MSG_NOSIGNAL);
	}
	exit(0);
}

static void start_far_ends(struct hold *hold, int listener)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("forking");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO);
	if (getppid() == parent)
		hold_far_ends(hold, listener);
	_exit(1);
}

static void open_connections(struct hold *hold)
{
	struct sockaddr_in address;
	int listener = listen_on_loopback(&address);
	char byte;

	if (pipe2(hold->accepted, O_CLOEXEC))
		die("making a pipe");
	start_far_ends(hold, listener);
	close(hold->accepted[1]);
	for (size_t i = 0; i < hold->count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		hold->connections[i] = fd;
		if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
			die("connecting to 127.0.0.1");
		if (read(hold->accepted[0], &byte, 1) != 1)
			die("waiting for the other end");
	}
	close(listener);
}

/* Resets, so that no TIME_WAIT sockets stay for the next measurement. */
static void close_connections(struct hold *hold)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	for (size_t i = 0; i < hold->count; i++) {
		setsockopt(hold->connections[i], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(hold->connections[i]);
	}
	wait(NULL);
}

static void exchange_some(struct hold *hold)
{
	size_t turns = hold->count < ACTIVE_PART ? 1 : hold->count / ACTIVE_PART;
	char message[MESSAGE_SIZE] = { 0 };

	while (turns--) {
		int fd = hold->connections[hold->next];

		hold->next = (hold->next + 1) % hold->count;
		if (send(fd, message, sizeof(message), MSG_NOSIGNAL) < 0 ||
			recv(fd, message, sizeof(message), MSG_WAITALL) <= 0)
			die("exchanging bytes over a held connection");
	}
}

static void hold_until_end_of_input(struct hold *hold)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	for (;;) {
		int ready = poll(&input, 1, hold->traffic ? ROUND_MS : -1);

		if (ready < 0 && errno != EINTR)
			die("waiting");
		if (ready > 0 && read(STDIN_FILENO, &byte, 1) <= 0)
			return;
		if (ready == 0)
			exchange_some(hold);
	}
}

int main(int argc, char **argv)
{
	struct hold hold = { 0 };
	int option;

	while ((option = getopt(argc, argv, "t")) == 't')
		hold.traffic = true;
	hold.count = option == -1 && argc == optind + 1 ? strtoul(argv[optind], NULL, 10) : 0;
	if (!hold.count || hold.count > MAX_CONNECTIONS) {
		fprintf(stderr,
			"usage: bench_hold [-t] COUNT\n\n"
			"  -t  with a little traffic; COUNT: 1 to %d\n",
			MAX_CONNECTIONS);
		return 2;
	}
	allow_descriptors(hold.count);
	hold.connections = calloc(hold.count, sizeof(*hold.connections));
	if (!hold.connections)
		die("memory");
	open_connections(&hold);
	puts("ready");
	fflush(stdout);
	hold_until_end_of_input(&hold);
	close_connections(&hold);
	free(hold.connections);
	return 0;
}
