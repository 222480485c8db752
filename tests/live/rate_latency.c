// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A bystander: requests and responses one after the other, and how long each took. */
#include "rate_run.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define SECOND_NS INT64_C(1000000000)
#define SAMPLES_MAX (1u << 22)
#define ANSWER_TIMEOUT_MS 500

struct latency {
	struct fw_rate_side client, server;
	struct fw_rate_shared *shared;
	uint32_t *samples; /* microseconds would be too coarse: ns, at most 4 s */
	_Atomic unsigned int count, lost;
};

static void set_prompt(int descriptor)
{
	struct timeval timeout = { 0, ANSWER_TIMEOUT_MS * 1000 };

	if (fw_rate.protocol == IPPROTO_TCP)
		fw_set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
	else if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		fw_fail("setsockopt SO_RCVTIMEO");
}

static void run_server(void *argument)
{
	struct latency *latency = argument;
	int descriptor;
	ssize_t got;

	prctl(PR_SET_NAME, "fwrate-echo");
	fw_netns_enter(fw_rate.free_netns);
	fw_rate_open_flows(&latency->server);
	descriptor = latency->server.descriptors[0];
	if (fw_rate.protocol == IPPROTO_TCP)
		set_prompt(descriptor);
	do {
		got = recv(descriptor, fw_buffer, sizeof(fw_buffer), 0);
		if (got > 0)
			send(descriptor, fw_buffer, (size_t)got, MSG_NOSIGNAL);
	} while (got > 0 || (fw_rate.protocol == IPPROTO_UDP && errno != EINTR));
}

/* The number is in the request: a datagram that was given up may still come. */
static bool answered(int descriptor, unsigned int number)
{
	uint8_t answer[64];
	size_t have = 0;
	ssize_t got;

	do {
		got = recv(descriptor, answer + have, fw_rate.size - have, 0);
		if (got <= 0)
			return false;
		have += (size_t)got;
		if (fw_rate.protocol == IPPROTO_UDP && answer[0] != (uint8_t)number)
			have = 0;
	} while (have < fw_rate.size);
	return true;
}

static void request(struct latency *latency, int descriptor, unsigned int number)
{
	uint8_t data[64] = { (uint8_t)number };
	int64_t begin = fw_rate_now_ns(), took;

	if (send(descriptor, data, fw_rate.size, MSG_NOSIGNAL) != (ssize_t)fw_rate.size ||
		!answered(descriptor, number)) {
		latency->lost++;
		if (fw_rate.protocol == IPPROTO_TCP)
			fw_fail("a request over TCP");
		return;
	}
	took = fw_rate_now_ns() - begin;
	if (latency->count < SAMPLES_MAX)
		latency->samples[latency->count++] =
			took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
}

static void run_client(void *argument)
{
	struct latency *latency = argument;
	struct timespec pause = { fw_rate.interval_us / 1000000,
		fw_rate.interval_us % 1000000 * 1000 };
	unsigned int number = 0;
	int64_t end;

	prctl(PR_SET_NAME, "fwrate-asks");
	fw_netns_enter(fw_rate.limited_netns);
	fw_rate_open_flows(&latency->client);
	set_prompt(latency->client.descriptors[0]);
	sem_post(&latency->shared->arrived);
	fw_semaphore_await(&latency->shared->go);
	end = fw_rate_now_ns() + fw_rate.seconds * SECOND_NS;
	while (fw_rate_now_ns() < end) {
		request(latency, latency->client.descriptors[0], number++);
		if (fw_rate.interval_us)
			nanosleep(&pause, NULL);
	}
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static void report(struct latency *latency, FILE *out)
{
	static const double marks[] = { 50, 90, 99, 99.9, 100 };
	unsigned int i, count = latency->count;
	double sum = 0;

	qsort(latency->samples, count, sizeof(*latency->samples), compare);
	for (i = 0; i < count; i++)
		sum += latency->samples[i];
	fprintf(out,
		"{\"type\":\"latency\",\"protocol\":\"%s\",\"family\":%d,\"size\":%llu,"
		"\"seconds\":%u,\"requests\":%u,\"lost\":%u,\"mean_ns\":%.0f",
		fw_rate.protocol == IPPROTO_TCP ? "tcp" : "udp", fw_rate.family == AF_INET ? 4 : 6,
		(unsigned long long)fw_rate.size, fw_rate.seconds, count, latency->lost,
		count ? sum / count : 0);
	for (i = 0; count && i < sizeof(marks) / sizeof(marks[0]); i++)
		fprintf(out, ",\"p%g_ns\":%u", marks[i],
			latency->samples[(unsigned int)((count - 1) * marks[i] / 100)]);
	fputs("}\n", out);
}

void fw_rate_run_latency(FILE *out)
{
	struct latency *latency = fw_shared(sizeof(*latency));
	struct fw_rate_shared *shared = fw_shared(sizeof(*shared));
	pid_t server, client;

	latency->samples = fw_shared(SAMPLES_MAX * sizeof(*latency->samples));
	latency->shared = latency->client.shared = latency->server.shared = shared;
	latency->server.listens = true;
	fw_rate.flows = 1;
	sem_init(&shared->arrived, 1, 0);
	sem_init(&shared->go, 1, 0);
	sem_init(&shared->listening, 1, 0);
	sem_init(&shared->bound, 1, 0);
	server = fw_spawn("echo", run_server, latency, NULL);
	client = fw_spawn("asks", run_client, latency, NULL);
	fw_semaphore_await_children(&shared->arrived);
	fw_rate_announce(client);
	sem_post(&shared->go);
	fw_reap(client);
	fw_kill(server);
	report(latency, out);
}
