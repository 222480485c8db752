/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket load: as many frames as go, all made beforehand, their addresses in random order. With a
 * list, frames that are in it have the tag that follows.
 */
#include "packet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "traffic.h"

#define BATCH	  64u
#define MOST_MADE (1u << 18) /* frames */

struct load {
	struct fw_packet_sender sender;
	struct iovec *frames;
	bool *listed;
	size_t made, next;
	uint64_t sent, sent_listed, refused;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void shuffle(struct fw_packet_pool *pool)
{
	for (size_t i = pool->count; i > 1; i--) {
		size_t other = fw_packet_random() % i;
		struct fw_packet_address held = pool->addresses[i - 1];

		pool->addresses[i - 1] = pool->addresses[other];
		pool->addresses[other] = held;
	}
}

/* One after the other in memory; its pages are touched now. */
static void make_frames(struct load *load, const struct fw_packet_kind *kind)
{
	struct fw_packet_pool *pool = &fw_packet.pool;
	static struct fw_packet_list list;
	size_t size = FW_PACKET_HEADERS + fw_packet.payload;
	struct fw_packet_order order = { kind, NULL, fw_packet.by_source, &fw_packet.other,
		fw_packet.to, fw_packet.tag, 0, fw_packet.payload };
	uint8_t *memory;

	load->made = pool->count < MOST_MADE ? pool->count : MOST_MADE;
	load->frames = calloc(load->made, sizeof(*load->frames));
	load->listed = calloc(load->made, sizeof(*load->listed));
	memory = malloc(load->made * (size + 64));
	if (!load->frames || !load->listed || !memory)
		fw_fail("memory for frames");
	if (fw_packet.list)
		fw_packet_list_read(&list, fw_packet.list);
	shuffle(pool);
	for (size_t i = 0; i < load->made; i++) {
		order.address = &pool->addresses[i];
		load->listed[i] = fw_packet_list_has(&list, order.address);
		order.tag = (uint8_t)(fw_packet.tag + load->listed[i]);
		order.number = (uint32_t)i;
		load->frames[i].iov_base = memory;
		load->frames[i].iov_len = fw_packet_make(&order, memory);
		memory += (load->frames[i].iov_len + 63) / 64 * 64;
	}
}

/* What is refused is the first of a call that sends none. */
static void send_batch(struct load *load, size_t count)
{
	struct mmsghdr messages[BATCH];
	size_t place = load->next;
	int done;

	memset(messages, 0, count * sizeof(messages[0]));
	for (size_t i = 0; i < count; i++) {
		messages[i].msg_hdr.msg_iov = &load->frames[place];
		messages[i].msg_hdr.msg_iovlen = 1;
		place = place + 1 < load->made ? place + 1 : 0;
	}
	done = sendmmsg(load->sender.descriptor, messages, (unsigned int)count, 0);
	if (done < 0 && errno != ENOBUFS && errno != EINTR)
		fw_fail("sendmmsg");
	for (int i = 0; i < done; i++) {
		load->sent++;
		load->sent_listed += load->listed[load->next];
		load->next = load->next + 1 < load->made ? load->next + 1 : 0;
	}
	if (done <= 0) {
		load->refused++;
		load->next = load->next + 1 < load->made ? load->next + 1 : 0;
	}
}

int fw_packet_load(void)
{
	const struct fw_packet_kind *kind =
		fw_packet_kind_named(fw_packet.kinds ? fw_packet.kinds : "udp4");
	static struct load load;
	uint64_t began, end, cpu;

	if (!kind || !fw_packet.pool.count) {
		fprintf(stderr, "fwpacket: load needs one kind and addresses\n");
		return 2;
	}
	if (fw_packet.cpu >= 0)
		fw_packet_pin(fw_packet.cpu);
	fw_netns_enter(fw_packet.from_netns);
	fw_packet_sender_open(&load.sender, fw_packet.device, fw_packet.bypass);
	make_frames(&load, kind);
	began = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	end = began + (uint64_t)(fw_packet.seconds * 1e9);
	while (fw_packet.count ? load.sent + load.refused < fw_packet.count
			       : clock_ns(CLOCK_MONOTONIC) < end) {
		uint64_t left = fw_packet.count - load.sent - load.refused;

		send_batch(&load, fw_packet.count && left < BATCH ? left : BATCH);
	}
	printf("{\"sent\":%llu,\"sent_listed\":%llu,\"refused\":%llu,"
	       "\"elapsed_ns\":%llu,\"cpu_ns\":%llu}\n",
		(unsigned long long)load.sent, (unsigned long long)load.sent_listed,
		(unsigned long long)load.refused,
		(unsigned long long)(clock_ns(CLOCK_MONOTONIC) - began),
		(unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu));
	return 0;
}
