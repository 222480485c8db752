// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Flows in motion: a thread each, in blocking calls, so that what slows a sender is seen as such.
 */
#include "rate_run.h"

#include <errno.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define BATCH 32u
#define SECOND_NS INT64_C(1000000000)
#define STACK_BYTES (256u << 10)
#define ERROR_PAUSE_US 1000

struct flow_thread {
	pthread_t thread;
	struct fw_rate_side *side;
	struct fw_rate_flow *flow;
	int descriptor;
};

static char sent_data[FW_RATE_BUFFER_BYTES];
/* What arrives is only counted, so all threads may write to the same place. */
static char received_data[FW_RATE_BUFFER_BYTES];

static void sleep_until(int64_t time_ns)
{
	struct timespec time = { time_ns / SECOND_NS, time_ns % SECOND_NS };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
}

static int64_t end_ns(const struct flow_thread *thread)
{
	return thread->side->shared->start_ns + fw_rate.seconds * SECOND_NS;
}

/* UDP goes on after an error (a refused port, a dropped packet), without spinning on it. */
static bool send_failed(struct fw_rate_flow *flow, int64_t end)
{
	if (errno == EINTR)
		return true;
	/* The run is over, and the other side perhaps gone. */
	if (fw_rate_now_ns() >= end)
		return false;
	flow->send_errors++;
	flow->send_error = errno;
	usleep(ERROR_PAUSE_US);
	return fw_rate.protocol == IPPROTO_UDP;
}

static void *send_flow(void *argument)
{
	struct flow_thread *thread = argument;
	struct fw_rate_flow *flow = thread->flow;
	struct fw_rate_ring *ring = fw_rate.uring ? fw_rate_ring_new() : NULL;
	int64_t due = thread->side->shared->start_ns, end = end_ns(thread), step_ns = 0;
	ssize_t got;

	if (fw_rate.offered)
		step_ns = (int64_t)((double)fw_rate.size * fw_rate.flows * 1e9 /
				    (double)fw_rate.offered);
	while (fw_rate_now_ns() < end) {
		if (step_ns) {
			sleep_until(due);
			due += step_ns;
		}
		got = ring ? fw_rate_ring_send(ring, thread->descriptor, sent_data, fw_rate.size)
			   : send(thread->descriptor, sent_data, fw_rate.size, MSG_NOSIGNAL);
		if (got >= 0) {
			flow->sent += (uint64_t)got;
			flow->datagrams_sent++;
		} else if (!send_failed(flow, end)) {
			break;
		}
	}
	return NULL;
}

/* The number of datagrams, or of pieces of a stream, and their bytes; -1 with errno. */
static int receive_some(
	const struct flow_thread *thread, struct fw_rate_ring *ring, uint64_t *bytes)
{
	struct iovec part = { received_data, sizeof(received_data) };
	struct mmsghdr messages[BATCH] = { 0 };
	ssize_t got;
	int i, count;

	*bytes = 0;
	if (ring || fw_rate.protocol == IPPROTO_TCP) {
		got = ring ? fw_rate_ring_receive(
				     ring, thread->descriptor, received_data, sizeof(received_data))
			   : recv(thread->descriptor, received_data, sizeof(received_data), 0);
		*bytes = got > 0 ? (uint64_t)got : 0;
		return got < 0 ? -1 : got > 0;
	}
	for (i = 0; i < (int)BATCH; i++) {
		messages[i].msg_hdr.msg_iov = &part;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	count = recvmmsg(thread->descriptor, messages, BATCH, MSG_WAITFORONE, NULL);
	for (i = 0; i < count; i++)
		*bytes += messages[i].msg_len;
	return count;
}

static void *receive_flow(void *argument)
{
	struct flow_thread *thread = argument;
	struct fw_rate_flow *flow = thread->flow;
	struct fw_rate_ring *ring = fw_rate.uring ? fw_rate_ring_new() : NULL;
	int64_t start = thread->side->shared->start_ns, end = end_ns(thread), now;
	uint64_t bytes;
	int count;

	do {
		count = receive_some(thread, ring, &bytes);
		now = fw_rate_now_ns();
		if (count < 0 && errno != EINTR && now < end) {
			flow->receive_error = errno;
			if (fw_rate.protocol == IPPROTO_TCP)
				break;
			usleep(ERROR_PAUSE_US);
		}
		if (count > 0 && now >= start && now < end) {
			flow->seconds[(now - start) / SECOND_NS] += bytes;
			flow->datagrams_received += (uint64_t)count;
		}
	} while (now < end && (count != 0 || fw_rate.protocol == IPPROTO_UDP));
	return NULL;
}

static void start_thread(struct flow_thread *thread)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	errno = pthread_create(&thread->thread, &attributes,
		thread->side->sends ? send_flow : receive_flow, thread);
	if (errno)
		fw_fail("pthread_create");
	pthread_attr_destroy(&attributes);
}

static void collect(const struct flow_thread *thread)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (!thread->side->sends || fw_rate.protocol != IPPROTO_TCP)
		return;
	if (getsockopt(thread->descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		fw_fail("getsockopt TCP_INFO");
	thread->flow->segments = info.tcpi_data_segs_out;
	thread->flow->retransmitted = info.tcpi_total_retrans;
}

/* The threads may still sit in a call that nothing ends; they go with the process. */
void fw_rate_run_flows(struct fw_rate_side *side, unsigned int first, unsigned int step)
{
	struct flow_thread *threads = calloc(fw_rate.flows, sizeof(*threads));
	unsigned int i;

	if (!threads)
		fw_fail("memory for flows");
	for (i = first; i < fw_rate.flows; i += step) {
		threads[i].side = side;
		threads[i].flow = &side->shared->flows[i];
		threads[i].descriptor = side->descriptors[i];
		start_thread(&threads[i]);
	}
	sleep_until(side->shared->start_ns + fw_rate.seconds * SECOND_NS);
	for (i = first; i < fw_rate.flows; i += step)
		collect(&threads[i]);
}
