/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket capture, frames, prefixes: files for whoever judges frames elsewhere. What is captured has its VLAN tags where
 * they were on the wire: the kernel takes the outer one out.
 */
#include "packet.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/prefix_order.h"
#include "packet_file.h"
#include "traffic.h"

#define ADDRESSES   12u /* of two MACs */
#define TAG_SIZE    4u
#define BUFFER	    (32 << 20)
#define JUMBO	    9014u

static uint8_t frame[FW_PACKET_FRAME_SIZE];

static void write_frame(const uint8_t *bytes, size_t length)
{
	if (!fw_packet_file_write(stdout, bytes, (uint32_t)length))
		fw_fail("writing frames");
}

static int open_device(void)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	link.sll_ifindex = (int)if_nametoindex(fw_packet.device);
	if (descriptor < 0 && errno == EPERM)
		fw_skip("no AF_PACKET here: %s", strerror(errno));
	fw_set_int(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER);
	fw_set_int(descriptor, SOL_PACKET, PACKET_AUXDATA, 1);
	if (!link.sll_ifindex || bind(descriptor, (struct sockaddr *)&link, sizeof(link)) < 0)
		fw_fail(fw_packet.device);
	return descriptor;
}

/* Where the kernel says that it took a tag out, it is put in again. */
static size_t put_tag(struct msghdr *message, uint8_t *bytes, size_t length)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata data;
	uint16_t tag[2];

	if (!control || control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA ||
		length < ADDRESSES)
		return length;
	memcpy(&data, CMSG_DATA(control), sizeof(data));
	if (!(data.tp_status & TP_STATUS_VLAN_VALID))
		return length;
	tag[0] = htons(data.tp_status & TP_STATUS_VLAN_TPID_VALID ? data.tp_vlan_tpid : ETH_P_8021Q);
	tag[1] = htons(data.tp_vlan_tci);
	memmove(bytes + ADDRESSES + TAG_SIZE, bytes + ADDRESSES, length - ADDRESSES);
	memcpy(bytes + ADDRESSES, tag, TAG_SIZE);
	return length + TAG_SIZE;
}

static bool take(int descriptor)
{
	uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec piece = { frame, sizeof(frame) - TAG_SIZE };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT);

	if (length < 0)
		return false;
	write_frame(frame, put_tag(&message, frame, (size_t)length));
	return true;
}

int fw_packet_capture(void)
{
	struct pollfd waits[2];
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fw_netns_enter(fw_packet.from_netns);
	waits[0] = (struct pollfd){ open_device(), POLLIN, 0 };
	waits[1] = (struct pollfd){ signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0 };
	if (!fw_packet_file_begin(stdout))
		fw_fail("writing frames");
	fprintf(stderr, "ready\n");
	while (poll(waits, 2, -1) >= 0 && !waits[1].revents)
		while (take(waits[0].fd))
			;
	while (take(waits[0].fd))
		;
	return fflush(stdout) ? 1 : 0;
}

static bool is_wanted(const char *name)
{
	size_t length = strlen(name);
	const char *place = fw_packet.kinds;

	for (; place && *place; place = strchr(place, ',') ? strchr(place, ',') + 1 : NULL)
		if (!strncmp(place, name, length) && (place[length] == ',' || !place[length]))
			return true;
	return !fw_packet.kinds;
}

static void write_kind(const struct fw_packet_kind *kind)
{
	const struct fw_packet_pool *pool = &fw_packet.pool;

	for (size_t i = 0; i < pool->count; i++) {
		struct fw_packet_order order = { kind, &pool->addresses[i], fw_packet.by_source,
			&fw_packet.other, NULL, 1, (uint32_t)i,
			kind->is_jumbo ? JUMBO - FW_PACKET_HEADERS : fw_packet.payload };

		if (pool->addresses[i].family == kind->family)
			write_frame(frame, fw_packet_make(&order, frame));
	}
}

/* Each kind with each address, and --count that were changed. */
int fw_packet_frames(void)
{
	if (!fw_packet_file_begin(stdout))
		fw_fail("writing frames");
	for (size_t i = 0; i < fw_packet_kind_count; i++)
		if (is_wanted(fw_packet_kinds[i].name))
			write_kind(&fw_packet_kinds[i]);
	for (uint64_t left = fw_packet.count; left > 0; left--)
		write_frame(frame, fw_packet_changed(frame));
	return fflush(stdout) ? 1 : 0;
}

/* The list as abi/filter.h has it: without what is in another prefix. */
int fw_packet_prefixes(void)
{
	struct fw_packet_list list;
	struct fw_filter_prefix last = { 0 };

	fw_packet_list_read(&list, fw_packet.list);
	for (size_t i = 0; i < list.count; i++) {
		struct fw_filter_prefix prefix = { .length = list.prefixes[i].length,
			.family = list.prefixes[i].first.family == 4 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6 };

		memcpy(prefix.address, list.prefixes[i].first.bytes,
			FW_PACKET_ADDRESS_SIZE(list.prefixes[i].first.family));
		if (last.family == prefix.family && last.length <= prefix.length &&
			fw_prefix_bits_agree(last.address, prefix.address, last.length))
			continue;
		if (fwrite(&prefix, sizeof(prefix), 1, stdout) != 1)
			fw_fail("writing prefixes");
		last = prefix;
	}
	return fflush(stdout) ? 1 : 0;
}
