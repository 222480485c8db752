/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket run: every frame one by one, and whether exactly those arrive that should.
 *
 * A batch ends with a frame of a type that no filter of addresses looks at: when that has arrived,
 * what is not there of the batch does not come any more. What receives are sockets for one type
 * each: those for all types see packets before traffic control does.
 */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "traffic.h"

#define BATCH	       32u
#define RECEIVE_BUFFER (64 << 20)
#define PATIENCE_MS    10000
#define TOLD	       10 /* wrong verdicts that are printed */

static const uint16_t types[] = { FW_PACKET_END_TYPE, 0x88b6, 0x0600, ETH_P_IP, ETH_P_IPV6, ETH_P_ARP,
	ETH_P_RARP, ETH_P_8021Q, ETH_P_8021AD, ETH_P_802_2, ETH_P_802_3 };
#define TYPES (sizeof(types) / sizeof(types[0]))

struct tally {
	uint64_t sent, refused, listed, arrived, wrong, bytes, listed_bytes;
};

struct run {
	struct fw_packet_sender sender;
	struct pollfd receivers[TYPES];
	struct fw_packet_list list;
	struct tally tallies[FW_PACKET_LAST_TAG];
	uint32_t first; /* number of the batch's first frame */
	uint32_t ends;	/* frames that ended a batch */
	uint64_t ends_bytes;
	unsigned int pending;
	bool listed[BATCH], arrived[BATCH];
	uint8_t tags[BATCH];
	char addresses[BATCH][INET6_ADDRSTRLEN];
};

static uint8_t frame[FW_PACKET_FRAME_SIZE];

static void open_receivers(struct run *run, const char *device)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET };

	link.sll_ifindex = (int)if_nametoindex(device);
	if (!link.sll_ifindex)
		fw_fail(device);
	for (size_t i = 0; i < TYPES; i++) {
		int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

		link.sll_protocol = htons(types[i]);
		if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&link, sizeof(link)) < 0)
			fw_fail("AF_PACKET that receives");
		fw_set_int(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
		run->receivers[i] = (struct pollfd){ descriptor, POLLIN, 0 };
	}
}

static uint32_t number_of(const uint8_t *mac)
{
	return (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
}

/* True: it was the end of the batch. */
static bool take(struct run *run, const uint8_t *mac)
{
	uint32_t place = (number_of(mac) - run->first) & 0xffffff;

	if (mac[0] != FW_PACKET_MARK >> 8 || mac[1] != (FW_PACKET_MARK & 0xff))
		return false;
	if (mac[2] == FW_PACKET_LAST_TAG)
		return number_of(mac) == (run->ends & 0xffffff);
	if (place < run->pending && run->tags[place] == mac[2])
		run->arrived[place] = true;
	return false;
}

static bool receive(struct run *run, int descriptor)
{
	uint8_t head[12];
	bool ended = false;

	while (recv(descriptor, head, sizeof(head), MSG_DONTWAIT | MSG_TRUNC) >=
		(ssize_t)sizeof(head))
		ended |= take(run, head + 6);
	return ended;
}

static void send_end(struct run *run)
{
	static const struct fw_packet_kind kind = { .name = "end", .family = 4, .protocol = 17,
		.type = FW_PACKET_END_TYPE };
	static const struct fw_packet_address nobody = { .family = 4 };
	struct fw_packet_order order = {
		.kind = &kind, .address = &nobody, .tag = FW_PACKET_LAST_TAG
	};

	size_t length;

	order.number = ++run->ends & 0xffffff;
	length = fw_packet_make(&order, frame);
	if (!fw_packet_send(&run->sender, frame, length))
		fw_fail("sending the end of a batch");
	run->ends_bytes += length - ETH_HLEN;
}

static void explain(const struct run *run, unsigned int place)
{
	static int told;

	if (told++ < TOLD)
		fprintf(stderr, "# %s %s: %s\n", fw_packet_kinds[run->tags[place]].name,
			run->addresses[place], run->listed[place] ? "arrived" : "did not arrive");
}

static void finish_batch(struct run *run)
{
	bool ended = false;

	send_end(run);
	while (!ended) {
		if (poll(run->receivers, 1, PATIENCE_MS) == 0) {
			fprintf(stderr, "fwpacket: the frame that ends a batch did not arrive\n");
			exit(1);
		}
		ended = receive(run, run->receivers[0].fd);
	}
	for (size_t i = 1; i < TYPES; i++)
		receive(run, run->receivers[i].fd);
	for (unsigned int i = 0; i < run->pending; i++) {
		struct tally *tally = &run->tallies[run->tags[i]];

		tally->arrived += run->arrived[i];
		if (run->arrived[i] != run->listed[i])
			continue;
		tally->wrong++;
		explain(run, i);
	}
	run->first += run->pending;
	run->pending = 0;
}

static void send_one(struct run *run, uint8_t tag, const struct fw_packet_address *address)
{
	const struct fw_packet_kind *kind = &fw_packet_kinds[tag];
	struct fw_packet_order order = { kind, address, fw_packet.by_source, &fw_packet.other, NULL,
		tag, run->first + run->pending,
		kind->is_jumbo ? run->sender.most - FW_PACKET_HEADERS : fw_packet.payload };
	size_t length = fw_packet_make(&order, frame);
	struct tally *tally = &run->tallies[tag];
	struct fw_packet_verdict verdict;
	unsigned int place = run->pending;

	if (!fw_packet_send(&run->sender, frame, length)) {
		tally->refused++;
		return;
	}
	fw_packet_judge(frame, length, &verdict);
	run->listed[place] = fw_packet_is_listed(&verdict, &run->list, fw_packet.by_source);
	run->arrived[place] = false;
	run->tags[place] = tag;
	inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, run->addresses[place],
		sizeof(run->addresses[place]));
	tally->sent++;
	tally->bytes += verdict.bytes;
	tally->listed += run->listed[place];
	tally->listed_bytes += run->listed[place] ? verdict.bytes : 0;
	if (++run->pending == BATCH)
		finish_batch(run);
}

static bool is_wanted(const char *name)
{
	size_t length = strlen(name);
	const char *place = fw_packet.kinds;

	while (place && *place) {
		if (!strncmp(place, name, length) && (place[length] == ',' || !place[length]))
			return true;
		place = strchr(place, ',');
		place = place ? place + 1 : NULL;
	}
	return !fw_packet.kinds;
}

static void print_tally(const char *name, const struct tally *tally, const char *more)
{
	printf("{\"kind\":\"%s\",\"sent\":%llu,\"refused\":%llu,\"listed\":%llu,"
	       "\"arrived\":%llu,\"wrong\":%llu,"
	       "\"bytes\":%llu,\"listed_bytes\":%llu%s}\n",
		name, (unsigned long long)tally->sent, (unsigned long long)tally->refused,
		(unsigned long long)tally->listed, (unsigned long long)tally->arrived,
		(unsigned long long)tally->wrong, (unsigned long long)tally->bytes,
		(unsigned long long)tally->listed_bytes, more);
}

static void add_tally(struct tally *to, const struct tally *tally)
{
	to->sent += tally->sent;
	to->refused += tally->refused;
	to->listed += tally->listed;
	to->arrived += tally->arrived;
	to->wrong += tally->wrong;
	to->bytes += tally->bytes;
	to->listed_bytes += tally->listed_bytes;
}

static int report(const struct run *run)
{
	struct tally total = { 0 };
	char ends[80];

	for (size_t i = 0; i < fw_packet_kind_count; i++) {
		if (!run->tallies[i].sent && !run->tallies[i].refused)
			continue;
		print_tally(fw_packet_kinds[i].name, &run->tallies[i], "");
		add_tally(&total, &run->tallies[i]);
	}
	snprintf(ends, sizeof(ends), ",\"ends\":%u,\"ends_bytes\":%llu", run->ends,
		(unsigned long long)run->ends_bytes);
	print_tally("total", &total, ends);
	return total.wrong ? 1 : 0;
}

int fw_packet_run(void)
{
	static struct run run;
	struct fw_packet_pool *pool = &fw_packet.pool;

	fw_packet_pin(fw_packet.cpu);
	if (fw_packet.list)
		fw_packet_list_read(&run.list, fw_packet.list);
	fw_netns_enter(fw_packet.to_netns);
	open_receivers(&run, fw_packet.to_device);
	fw_netns_enter(fw_packet.from_netns);
	fw_packet_sender_open(&run.sender, fw_packet.device, fw_packet.bypass);
	for (size_t tag = 0; tag < fw_packet_kind_count; tag++) {
		if (!is_wanted(fw_packet_kinds[tag].name))
			continue;
		for (size_t i = 0; i < pool->count; i++)
			if (pool->addresses[i].family == fw_packet_kinds[tag].family)
				send_one(&run, (uint8_t)tag, &pool->addresses[i]);
	}
	if (run.pending)
		finish_batch(&run);
	return report(&run);
}
