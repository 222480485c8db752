// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Network and pid namespaces, cgroups, reused pids. Everything made is removed again. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool fw_try_write_file(const char *path, const char *text)
{
	int descriptor = open(path, O_WRONLY | O_CLOEXEC);
	bool done;

	if (descriptor < 0)
		return false;
	done = write(descriptor, text, strlen(text)) == (ssize_t)strlen(text);
	close(descriptor);
	return done;
}

void fw_write_file(const char *path, const char *text)
{
	if (!fw_try_write_file(path, text))
		fw_fail(path);
}

void fw_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0 || ioctl(descriptor, SIOCGIFFLAGS, &request) < 0)
		fw_fail("lo");
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(descriptor, SIOCSIFFLAGS, &request) < 0)
		fw_fail("bringing lo up");
	close(descriptor);
}

void fw_netns_new(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		fw_skip("no network namespace can be made here: %s", strerror(errno));
	fw_loopback_up();
}

void fw_netns_enter(const char *path)
{
	int descriptor;

	if (!path)
		return;
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 || setns(descriptor, CLONE_NEWNET) < 0)
		fw_fail(path);
	close(descriptor);
}

/* The same port in two namespaces: two connections with equal addresses. */
void fw_run_netns(const struct fw_scenario *scenario)
{
	struct sockaddr_storage address;
	struct fw_pair *pair;
	socklen_t length;
	int i;

	for (i = 0; i < 2; i++) {
		fw_netns_new();
		pair = fw_pair_new(scenario, SOCK_STREAM, 0);
		fw_loopback(scenario->family, 5001, &address, &length);
		pair->address = address;
		pair->argument = i;
		fw_pair_run(pair, fw_plain_server, fw_plain_client);
	}
}

/* The mount point of cgroup v2; an own private mount when the machine shows none. */
static void find_cgroup_mount(char *path, size_t size)
{
	char line[1024], where[512], type[64];
	FILE *mounts = fopen("/proc/self/mounts", "r");

	path[0] = '\0';
	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %511s %63s", where, type) == 2 &&
			strcmp(type, "cgroup2") == 0)
			snprintf(path, size, "%s", where);
	if (mounts)
		fclose(mounts);
	if (path[0])
		return;
	/* The private mount goes with this process; an empty tmpfs keeps the disk untouched. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "/mnt", "tmpfs", 0, NULL) < 0 || mkdir("/mnt/cgroup", 0700) < 0 ||
		mount("none", "/mnt/cgroup", "cgroup2", 0, NULL) < 0)
		fw_skip("cgroup v2 cannot be mounted here: %s", strerror(errno));
	snprintf(path, size, "/mnt/cgroup");
}

static char cgroup_path[640];

static void remove_cgroup(void)
{
	int tries;

	/* The kernel may take a moment to empty it after the last process was reaped. */
	for (tries = 0; tries < 1000 && rmdir(cgroup_path) < 0 && errno == EBUSY; tries++)
		usleep(1000);
}

static void cgroup_member(void *argument)
{
	struct fw_pair *pair = argument;
	char procs[700];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup_path);
	fw_write_file(procs, "0");
	fw_plain_client(fw_pair_connect(pair), pair);
}

static void outside_server(void *argument)
{
	struct fw_pair *pair = argument;

	fw_pair_listen(pair);
	fw_plain_server(fw_pair_accept(pair), pair);
}

void fw_run_cgroup(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	char mount_path[512];

	find_cgroup_mount(mount_path, sizeof(mount_path));
	snprintf(cgroup_path, sizeof(cgroup_path), "%s/fwtraffic.%d", mount_path, getpid());
	if (mkdir(cgroup_path, 0755) < 0)
		fw_skip("no cgroup can be made in %s: %s", mount_path, strerror(errno));
	atexit(remove_cgroup);
	fw_spawn("server", outside_server, pair, NULL);
	fw_spawn("client in its cgroup", cgroup_member, pair, NULL);
	fw_reap_all();
}

static void idle(void *argument)
{
	for (;;)
		pause();
}

/* Processes that call themselves 2 and 3; the ledger has their numbers outside. */
void fw_run_pid_namespace(const struct fw_scenario *scenario)
{
	pid_t init;

	if (unshare(CLONE_NEWPID) < 0)
		fw_skip("no pid namespace can be made here: %s", strerror(errno));
	init = fw_spawn("init", idle, NULL, NULL);
	fw_tcp_run(scenario, fw_plain_server, fw_plain_client);
	fw_kill(init);
}

struct reuse {
	struct fw_pair *pair;
	size_t bytes;
};

static void reuse_server(void *argument)
{
	struct reuse *reuse = argument;
	int i, descriptor;

	fw_pair_listen(reuse->pair);
	for (i = 0; i < reuse->pair->argument; i++) {
		descriptor = fw_pair_accept(reuse->pair);
		fw_receive_end(descriptor);
		close(descriptor);
	}
}

static void reuse_client(void *argument)
{
	struct reuse *reuse = argument;

	fw_send_all(fw_pair_connect(reuse->pair), reuse->bytes);
}

/* A process with exactly this pid, after many tries if others are forking too. */
static bool fork_as(pid_t wanted, struct reuse *reuse)
{
	struct fw_row *row;
	char text[16];
	int tries;
	pid_t pid;

	snprintf(text, sizeof(text), "%d", wanted - 1);
	for (tries = 0; tries < 1000; tries++) {
		if (!fw_try_write_file("/proc/sys/kernel/ns_last_pid", text))
			fw_skip("kernel.ns_last_pid cannot be set here");
		pid = fork();
		if (pid < 0)
			fw_fail("fork");
		if (pid == 0 && getpid() != wanted)
			_exit(0);
		if (pid == 0) {
			fw_process_bound();
			row = fw_row_new("reused pid");
			fw_row_set_pid(row, wanted);
			fw_row_use(row);
			reuse_client(reuse);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		if (pid == wanted)
			return true;
	}
	return false;
}

void fw_run_pid_reuse(const struct fw_scenario *scenario)
{
	struct reuse reuse = { fw_pair_new(scenario, SOCK_STREAM, 0), 1009 };
	pid_t first;
	int i;

	reuse.pair->argument = 4;
	fw_spawn("server", reuse_server, &reuse, NULL);
	first = fw_spawn("first of its pid", reuse_client, &reuse, NULL);
	fw_reap(first);
	for (i = 1; i < reuse.pair->argument; i++) {
		reuse.bytes = 2000u * (unsigned int)i + 3;
		if (!fork_as(first, &reuse))
			fw_skip("another process took pid %d every time", first);
	}
	fw_reap_all();
}
