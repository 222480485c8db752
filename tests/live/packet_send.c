/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sending frames as they are. */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define ETHERNET_HEADER 14u

static bool ask_device(const char *device, unsigned long what, struct ifreq *request)
{
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done;

	memset(request, 0, sizeof(*request));
	strncpy(request->ifr_name, device, IFNAMSIZ - 1);
	done = descriptor >= 0 && ioctl(descriptor, what, request) == 0;
	close(descriptor);
	return done;
}

bool fw_packet_device_mac(const char *device, uint8_t mac[6])
{
	struct ifreq request;

	if (!ask_device(device, SIOCGIFHWADDR, &request))
		return false;
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	return true;
}

void fw_packet_sender_open(struct fw_packet_sender *sender, const char *device, bool bypass)
{
	struct sockaddr_ll link = { .sll_family = AF_PACKET };
	struct ifreq request;

	link.sll_ifindex = (int)if_nametoindex(device);
	if (!link.sll_ifindex || !ask_device(device, SIOCGIFMTU, &request))
		fw_fail(device);
	sender->most = ETHERNET_HEADER + (uint32_t)request.ifr_mtu;
	if (sender->most > FW_PACKET_FRAME_SIZE - FW_PACKET_HEADERS)
		sender->most = FW_PACKET_FRAME_SIZE - FW_PACKET_HEADERS;
	sender->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender->descriptor < 0 && errno == EPERM)
		fw_skip("no AF_PACKET here: %s", strerror(errno));
	if (sender->descriptor < 0 ||
		bind(sender->descriptor, (struct sockaddr *)&link, sizeof(link)) < 0)
		fw_fail("AF_PACKET");
	if (bypass)
		fw_set_int(sender->descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
}

bool fw_packet_send(struct fw_packet_sender *sender, const uint8_t *frame, size_t length)
{
	ssize_t sent;

	do
		sent = send(sender->descriptor, frame, length, 0);
	while (sent < 0 && (errno == EINTR || errno == ENOBUFS));
	return sent == (ssize_t)length;
}

/* On one processor a veth keeps its frames in order. */
void fw_packet_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned int)(cpu < 0 ? sched_getcpu() : cpu), &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		fw_fail("staying on one processor");
}
