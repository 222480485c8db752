/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/shaper_queues.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By this, a class that never is, the queue on lo is told from somebody else's. */
#define DEFAULT_CLASS 0xfa0au
/* Packets without a limit, while another processor empties the queue. */
#define DIRECT_PACKETS 100000u
/* What waits is bounded by the senders' buffers, and by the programs where there are none. */
#define FIFO_PACKETS 1000000u

#define LEAF_RATE 8ull /* all but nothing: a leaf takes what its parent has */
#define DRAIN_USEC 20000u

/* The longest. The queue takes so much off every packet, and each leaf adds again what its kind of
 * packet has less (newer kernels refuse size tables of the leaves themselves). */
#define HEADER_BYTES (FW_ETHERNET_HEADER + FW_IPV6_HEADER + FW_TCP_STAMPED_HEADER)

#define CLASSES (FW_LIMIT_SLOTS * 16u)

static const uint32_t header_bytes[FW_PACKET_KINDS] = {
	[FW_PACKET_TCP4_STAMPED] = FW_ETHERNET_HEADER + FW_IPV4_HEADER + FW_TCP_STAMPED_HEADER,
	[FW_PACKET_TCP4] = FW_ETHERNET_HEADER + FW_IPV4_HEADER + FW_TCP_HEADER,
	[FW_PACKET_TCP6_STAMPED] = FW_ETHERNET_HEADER + FW_IPV6_HEADER + FW_TCP_STAMPED_HEADER,
	[FW_PACKET_TCP6] = FW_ETHERNET_HEADER + FW_IPV6_HEADER + FW_TCP_HEADER,
	[FW_PACKET_UDP4] = FW_ETHERNET_HEADER + FW_IPV4_HEADER + FW_UDP_HEADER,
	[FW_PACKET_UDP6] = FW_ETHERNET_HEADER + FW_IPV6_HEADER + FW_UDP_HEADER,
	[FW_PACKET_OTHER] = FW_ETHERNET_HEADER + FW_IPV4_HEADER,
};

static uint32_t handle(uint32_t minor)
{
	return FW_QUEUE_MAJOR << 16 | minor;
}

bool fw_shaper_queue_is_ours(const struct fw_queue_found *queue)
{
	return queue->parent == TC_H_ROOT && queue->handle == handle(0) &&
	       !strcmp(queue->kind, "htb") && queue->default_class == DEFAULT_CLASS;
}

void fw_shaper_queue_add(struct fw_traffic_control *control, uint32_t device)
{
	fw_htb_add(control, device, handle(0), DEFAULT_CLASS, DIRECT_PACKETS, HEADER_BYTES);
}

void fw_shaper_queue_remove(struct fw_traffic_control *control, uint32_t device)
{
	fw_queue_remove(control, device, TC_H_ROOT, handle(0));
}

/* The classes a device has: their rates by minor number, 0 where there is none. */
static bool note_class(const struct fw_class_found *found, void *argument)
{
	uint64_t *rates = argument;
	uint32_t minor = TC_H_MIN(found->handle);

	if (minor < CLASSES)
		rates[minor] = found->rate ? found->rate : 1;
	return true;
}

static void set_rate(
	struct fw_traffic_control *control, uint32_t device, uint32_t minor, uint64_t rate)
{
	const struct fw_class_wanted wanted = { device, TC_H_ROOT, handle(minor), rate, rate,
		FW_SHAPER_BURST_NS, 0 };

	fw_class_set(control, &wanted);
}

/* The leaf has the exact rate for its kind of packets. The parent charges headers of the longest
 * kind to all, a little less than there is, so that it matters only where kinds are mixed. */
static void set_leaf(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	uint32_t kind, uint64_t rate)
{
	uint32_t minor = parent + kind;
	const struct fw_class_wanted leaf = { device, handle(parent), handle(minor), LEAF_RATE,
		rate, FW_SHAPER_BURST_NS, HEADER_BYTES - header_bytes[kind] };

	fw_class_set(control, &leaf);
}

static void fit_direction(struct fw_traffic_control *control, uint32_t device,
	const uint64_t *rates, uint32_t minor, uint64_t wanted)
{
	if (rates[minor] != wanted)
		set_rate(control, device, minor, wanted);
	for (uint32_t kind = FW_PACKET_ALL + 1; kind < FW_PACKET_KINDS; kind++) {
		if (rates[minor + kind] != wanted)
			set_leaf(control, device, minor, kind, wanted);
		if (!rates[minor + kind])
			fw_fifo_add(control, device, handle(minor + kind), (minor + kind) << 16,
				FIFO_PACKETS);
	}
}

static void remove_direction(
	struct fw_traffic_control *control, uint32_t device, const uint64_t *rates, uint32_t minor)
{
	for (uint32_t kind = FW_PACKET_ALL + 1; kind < FW_PACKET_KINDS; kind++)
		if (rates[minor + kind])
			fw_class_remove(control, device, handle(minor + kind));
	fw_class_remove(control, device, handle(minor));
}

static uint64_t wanted_rate(const struct fw_limit *limits, uint32_t minor)
{
	const struct fw_limit *limit = &limits[minor / 16];

	if (!limit->rule)
		return 0;
	return minor & FW_QUEUE_DIRECTION ? limit->received_rate : limit->sent_rate;
}

static void release(
	struct fw_traffic_control *control, uint32_t device, const uint64_t *rates, uint32_t minor)
{
	set_rate(control, device, minor, FW_RATE_MAX);
	for (uint32_t kind = FW_PACKET_ALL + 1; kind < FW_PACKET_KINDS; kind++)
		if (rates[minor + kind])
			set_leaf(control, device, minor, kind, FW_RATE_MAX);
}

/* Let go at once what waits in classes that are to be removed, which would drop it. True: there are
 * any. */
static bool release_unwanted(struct fw_traffic_control *control, uint32_t device,
	const uint64_t *rates, const struct fw_limit *limits)
{
	bool any = false;

	for (uint32_t minor = 16; minor < CLASSES; minor += FW_QUEUE_DIRECTION) {
		if (!rates[minor] || wanted_rate(limits, minor))
			continue;
		release(control, device, rates, minor);
		any = true;
	}
	return any;
}

static int fit(struct fw_traffic_control *control, uint32_t device, const uint64_t *rates,
	const struct fw_limit *limits)
{
	if (release_unwanted(control, device, rates, limits)) {
		fw_control_commit(control);
		usleep(DRAIN_USEC);
	}
	for (uint32_t minor = 16; minor < CLASSES; minor += FW_QUEUE_DIRECTION) {
		uint64_t wanted = wanted_rate(limits, minor);

		if (wanted)
			fit_direction(control, device, rates, minor, wanted);
		else if (rates[minor])
			remove_direction(control, device, rates, minor);
	}
	return fw_control_commit(control);
}

int fw_shaper_queue_fit(
	struct fw_traffic_control *control, uint32_t device, const struct fw_limit *limits)
{
	uint64_t *rates = calloc(CLASSES, sizeof(*rates));
	int result;

	if (!rates)
		return -ENOMEM;
	result = fw_classes_list(control, device, note_class, rates);
	if (!result)
		result = fit(control, device, rates, limits);
	free(rates);
	return result;
}
