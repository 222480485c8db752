// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who does the I/O: processes that live briefly, share, pass on or inherit their sockets. */
#include "traffic.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* Serves pair->argument connections one after another: 10 bytes in, 20 out, until each one's end.
 */
static void serving(void *argument)
{
	struct fw_pair *pair = argument;
	int i, descriptor;

	fw_pair_listen(pair);
	for (i = 0; i < pair->argument; i++) {
		descriptor = fw_pair_accept(pair);
		fw_receive_exact(descriptor, 10);
		fw_send_all(descriptor, 20);
		fw_receive_end(descriptor);
		close(descriptor);
	}
}

static void brief(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor = fw_pair_connect(pair);

	fw_send_all(descriptor, 10);
	fw_receive_exact(descriptor, 20);
	fw_send_all(descriptor, (size_t)getpid() % 100);
}

void fw_run_short_lived(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	int i;

	pair->argument = (int)fw_scaled(200);
	fw_spawn("server", serving, pair, NULL);
	for (i = 0; i < pair->argument; i++)
		fw_reap(fw_spawn("brief", brief, pair, NULL));
	fw_reap_all();
}

static void vforking(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor = fw_pair_connect(pair), i, status;
	pid_t pid;

	fw_send_all(descriptor, 10);
	for (i = 0; i < 5; i++) {
		/* The child only execs; what it inherits must not be charged to it. */
		pid = vfork();
		if (pid == 0) {
			execl("/proc/self/exe", "fwtraffic", "--after-exec", "nothing",
				(char *)NULL);
			_exit(127);
		}
		waitpid(pid, &status, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			errno = ECHILD;
			fw_fail("exec after vfork");
		}
		fw_send_all(descriptor, 1003);
	}
	fw_receive_exact(descriptor, 20);
}

void fw_run_vfork(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	pair->argument = 1;
	fw_spawn("server", serving, pair, NULL);
	fw_spawn("client", vforking, pair, NULL);
	fw_reap_all();
}

static void sharing_child(void *argument)
{
	int descriptor = *(int *)argument;

	fw_send_pieces(descriptor, 10, 1007);
	fw_receive_exact(descriptor, 3001);
}

/* Parent and child send at the same time, then receive one after the other. */
static void shared_client(int descriptor, struct fw_pair *pair)
{
	pid_t child = fw_spawn("child of client", sharing_child, &descriptor, NULL);

	fw_send_pieces(descriptor, 20, 2003);
	fw_reap(child);
	fw_receive_exact(descriptor, 7001);
}

static void sharing_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_exact(descriptor, 10 * 1007 + 20 * 2003);
	fw_send_all(descriptor, 3001 + 7001);
}

void fw_run_fork_shared(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, sharing_server, shared_client);
}

/* A descriptor and 5 bytes through a UNIX socket. Nothing of this is network traffic. */
static void pass_descriptor(int channel, int descriptor)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { "hello", 5 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	if (sendmsg(channel, &message, 0) != 5)
		fw_fail("sendmsg with SCM_RIGHTS");
}

static int take_descriptor(int channel)
{
	char control[CMSG_SPACE(sizeof(int))], text[8];
	struct iovec part = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	int descriptor;

	if (recvmsg(channel, &message, 0) != 5 || !CMSG_FIRSTHDR(&message))
		fw_fail("recvmsg with SCM_RIGHTS");
	memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return descriptor;
}

static int channel_ends[2];

static void taker(void *argument)
{
	int descriptor;

	descriptor = take_descriptor(channel_ends[1]);
	fw_send_all(descriptor, 4001);
	fw_receive_exact(descriptor, 6007);
	fw_send_all(descriptor, 1);
}

static void giver(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor = fw_pair_connect(pair);

	fw_send_all(descriptor, 1009);
	pass_descriptor(channel_ends[0], descriptor);
}

static void giver_server(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	fw_pair_listen(pair);
	descriptor = fw_pair_accept(pair);
	fw_receive_exact(descriptor, 5010);
	fw_send_all(descriptor, 6007);
	fw_receive_end(descriptor);
}

void fw_run_scm_rights(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, channel_ends) < 0)
		fw_fail("socketpair");
	fw_spawn("server", giver_server, pair, NULL);
	fw_spawn("taker", taker, pair, NULL);
	fw_spawn("giver", giver, pair, NULL);
	fw_reap_all();
}

static void lender(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor = fw_pair_connect(pair);

	fw_send_all(descriptor, 1009);
	pair->argument = descriptor;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	fw_step_done(pair, 0);
	fw_step_await(pair, 1); /* alive until the borrower has taken it */
}

static void borrower(void *argument)
{
	struct fw_pair *pair = argument;
	int process, descriptor;

	fw_step_await(pair, 0);
	process = (int)syscall(SYS_pidfd_open, pair->client_pid, 0);
	if (process < 0)
		fw_skip("no pidfd_open here: %s", strerror(errno));
	descriptor = (int)syscall(SYS_pidfd_getfd, process, pair->argument, 0);
	if (descriptor < 0)
		fw_skip("pidfd_getfd is not possible here: %s", strerror(errno));
	fw_send_all(descriptor, 4001);
	fw_receive_exact(descriptor, 6007);
	fw_step_done(pair, 1);
}

/* One process takes a descriptor out of another that goes on living. */
void fw_run_pidfd_getfd(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	fw_spawn("server", giver_server, pair, NULL);
	pair->client_pid = fw_spawn("lender", lender, pair, NULL);
	fw_spawn("borrower", borrower, pair, NULL);
	fw_reap_all();
}

static void exec_serving(void *argument)
{
	fw_exec_self("serve", *(int *)argument);
}

/* Accepts and lets another program serve on its standard input and output. */
static void inetd_server(int descriptor, struct fw_pair *pair)
{
	fw_reap(fw_spawn("served by exec", exec_serving, &descriptor, NULL));
}

static void inetd_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 40009);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_inetd(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, inetd_server, inetd_client);
}

static void fork_serving(void *argument)
{
	int descriptor = *(int *)argument;

	fw_receive_end(descriptor);
	fw_send_all(descriptor, 5003);
}

static void fork_server(int descriptor, struct fw_pair *pair)
{
	fw_reap(fw_spawn("worker", fork_serving, &descriptor, NULL));
}

void fw_run_accept_fork(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, fork_server, inetd_client);
}

static void prefork_worker(void *argument)
{
	struct fw_pair *pair = argument;
	int i, descriptor;

	for (i = 0; i < 5; i++) {
		descriptor = fw_pair_accept(pair);
		fw_receive_exact(descriptor, 10);
		fw_send_all(descriptor, 20);
		fw_receive_end(descriptor);
		close(descriptor);
	}
}

/* The parent listens, three children accept from the same socket. */
void fw_run_prefork(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	int i;

	fw_pair_listen(pair);
	for (i = 0; i < 3; i++)
		fw_spawn("worker", prefork_worker, pair, NULL);
	for (i = 0; i < 15; i++)
		fw_reap(fw_spawn("client", brief, pair, NULL));
	fw_reap_all();
}

/* Double fork and setsid: init's child by the time it does anything. */
static void become_daemon(int alive[2])
{
	struct fw_row *row;
	pid_t pid = fork();

	if (pid < 0)
		fw_fail("fork");
	if (pid > 0) {
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	if (setsid() < 0 || (pid = fork()) < 0)
		fw_fail("setsid and fork");
	if (pid > 0)
		_exit(0);
	fw_process_bound();
	close(alive[0]);
	row = fw_row_new("daemon");
	fw_row_set_pid(row, getpid());
	fw_row_use(row);
}

static int alive_ends[2];

static void daemon_client(void *argument)
{
	struct fw_pair *pair = argument;

	become_daemon(alive_ends);
	fw_plain_client(fw_pair_connect(pair), pair);
}

static void daemon_server(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	close(alive_ends[1]);
	fw_pair_listen(pair);
	descriptor = fw_pair_accept(pair);
	fw_plain_server(descriptor, pair);
	fw_receive_end(descriptor);
}

void fw_run_daemon(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	char byte;

	if (pipe(alive_ends) < 0)
		fw_fail("pipe");
	fw_spawn("server", daemon_server, pair, NULL);
	fw_spawn("parent of daemon", daemon_client, pair, NULL);
	close(alive_ends[1]);
	fw_reap_all();
	/* The daemon is no child: its end shows as the end of this pipe. */
	if (read(alive_ends[0], &byte, 1) != 0)
		fw_fail("waiting for the daemon");
}

#define THREADS 4

static void *client_thread(void *argument)
{
	struct fw_pair *pair = argument;
	int i, descriptor = fw_pair_connect(pair);

	fw_step_await(pair, 0);
	fw_send_all(descriptor, 10);
	fw_receive_exact(descriptor, 20);
	for (i = 0; i < 10; i++)
		fw_send_all(descriptor, 501);
	close(descriptor);
	return NULL;
}

/* The main thread leaves first; the process lives on under its id. */
static void threaded_client(void *argument)
{
	struct fw_pair *pair = argument;
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, client_thread, pair) != 0)
			fw_fail("pthread_create");
	pthread_exit(NULL);
}

static void await_zombie_leader(pid_t pid)
{
	char path[64], text[512];
	FILE *file;
	int tries;
	bool zombie = false;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (tries = 0; tries < 10000 && !zombie; tries++) {
		file = fopen(path, "r");
		zombie = file && fgets(text, sizeof(text), file) && strstr(text, ") Z ");
		if (file)
			fclose(file);
		if (!zombie)
			usleep(1000);
	}
	if (!zombie) {
		errno = ETIMEDOUT;
		fw_fail("waiting for the main thread's end");
	}
}

void fw_run_threads(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	pid_t client;
	int i;

	pair->argument = THREADS;
	fw_spawn("server", serving, pair, NULL);
	client = fw_spawn("threads", threaded_client, pair, NULL);
	await_zombie_leader(client);
	for (i = 0; i < THREADS; i++)
		fw_step_done(pair, 0);
	fw_reap_all();
}

/* The same process before and after an exec. */
static void exec_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 5003);
	fw_exec_self("continue", descriptor);
}

static void exec_client_process(void *argument)
{
	struct fw_pair *pair = argument;

	exec_client(fw_pair_connect(pair), pair);
}

static void exec_server_process(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	fw_pair_listen(pair);
	descriptor = fw_pair_accept(pair);
	fw_receive_exact(descriptor, 5003 + 7001);
	fw_send_all(descriptor, 3001);
	fw_receive_end(descriptor);
}

void fw_run_exec(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	fw_spawn("server", exec_server_process, pair, NULL);
	fw_spawn("client", exec_client_process, pair, NULL);
	fw_reap_all();
}
