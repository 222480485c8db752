/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/shaper_namespace.h"

#include "backend/linux/device_filter.h"
#include "backend/linux/kernel_side.h"
#include "lib/grow.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_NAME "fwshape0"
#define FAR_NAME "fwshape1"
#define ALIAS "flowwatcher: queues of limited processes; made by a limit, removed with the last"

struct device {
	struct fw_link link;
	struct fw_queue_found root; /* kind "": none */
	char clsact[16]; /* kind of the queue where clsact is: "", "clsact" or "ingress" */
};

/* What was found in the namespace. */
struct inventory {
	struct device *at;
	size_t count, capacity;
};

static bool add_link(const struct fw_link *link, void *argument)
{
	struct inventory *inventory = argument;
	struct device *at =
		fw_grow(inventory->at, inventory->count, &inventory->capacity, sizeof(*at));

	if (!at)
		return false;
	inventory->at = at;
	at[inventory->count++] = (struct device){ .link = *link };
	return true;
}

static bool add_queue(const struct fw_queue_found *queue, void *argument)
{
	struct inventory *inventory = argument;

	for (size_t i = 0; i < inventory->count; i++) {
		struct device *device = &inventory->at[i];

		if (device->link.index != queue->device)
			continue;
		if (queue->parent == TC_H_ROOT)
			device->root = *queue;
		else if (queue->parent == TC_H_CLSACT)
			memcpy(device->clsact, queue->kind, sizeof(device->clsact));
	}
	return true;
}

static void forget(struct inventory *inventory)
{
	free(inventory->at);
	memset(inventory, 0, sizeof(*inventory));
}

/* Replaces what was known; empty on failure. */
static int look(struct fw_traffic_control *control, struct inventory *inventory)
{
	int result;

	forget(inventory);
	result = fw_links_list(control, add_link, inventory);
	if (!result)
		result = fw_queues_list(control, add_queue, inventory);
	if (result)
		forget(inventory);
	return result;
}

bool fw_shaper_namespace_is_ours(const char *kind, const char *alias)
{
	return !strcmp(kind, "veth") && !strcmp(alias, ALIAS);
}

static bool is_ours(const struct fw_link *link)
{
	return fw_shaper_namespace_is_ours(link->kind, link->alias);
}

static struct device *find_ours(struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (is_ours(&inventory->at[i].link) && !strcmp(inventory->at[i].link.name, name))
			return &inventory->at[i];
	return NULL;
}

static const struct fw_device_filter_question of_shaper = { FW_DEVICE_FILTER_SHAPER, NULL, NULL };

static int attach(struct fw_traffic_control *control, uint32_t device, uint32_t hook, int program,
	bool adds_clsact)
{
	struct fw_device_filters found;
	int result = fw_device_filters_look(control, device, hook, &of_shaper, &found);

	if (!result)
		fw_device_filter_attach(control, device, hook, FW_DEVICE_FILTER_SHAPER, &found,
			program, adds_clsact || found.clsact_is_ours);
	return result;
}

/* A place that somebody else took in the same instant is not ours. */
static int attach_all(
	struct fw_traffic_control *control, const struct device *device, int egress, int ingress)
{
	bool add = !device->clsact[0];
	int result = 0;

	if (add)
		fw_clsact_add(control, device->link.index);
	if (egress >= 0 && strcmp(device->clsact, "ingress"))
		result = attach(control, device->link.index, FW_HOOK_EGRESS, egress, add);
	if (!result && ingress >= 0)
		result = attach(control, device->link.index, FW_HOOK_INGRESS, ingress, add);
	return result ? result : fw_control_commit(control);
}

/* The shaper device: `near` has the queues, what they let go comes out of `far`. */
static int cover_shaper(struct fw_traffic_control *control, struct inventory *inventory,
	const struct fw_shaper_parts *parts, struct fw_shaped_device *shaper)
{
	struct device *near, *far;
	int result = 0;

	if (!find_ours(inventory, NEAR_NAME) || !find_ours(inventory, FAR_NAME)) {
		fw_veth_add(control, NEAR_NAME, FAR_NAME, ALIAS);
		result = fw_control_commit(control);
		if (!result)
			result = look(control, inventory);
	}
	if (result)
		return result;
	near = find_ours(inventory, NEAR_NAME);
	far = find_ours(inventory, FAR_NAME);
	if (!near || !far)
		return -EEXIST;
	if (!fw_shaper_queue_is_ours(&near->root))
		fw_shaper_queue_add(control, near->link.index);
	result = attach_all(control, far, -1, parts->programs[FW_PROGRAM_RETURN]);
	if (!result)
		result = attach_all(control, near, -1, parts->programs[FW_PROGRAM_SLICE]);
	if (!result)
		result = fw_shaper_queue_fit(control, near->link.index, parts->limits);
	if (!result) {
		shaper->shaper = near->link.index;
		shaper->slicer = far->link.index;
	}
	return result;
}

static bool has_no_queue(const struct device *device)
{
	return !device->root.kind[0] || !strcmp(device->root.kind, "noqueue");
}

/* 1: somebody else's queue is there. */
static int cover_loopback(struct fw_traffic_control *control, const struct device *lo,
	const struct fw_shaper_parts *parts)
{
	int result;

	if (!has_no_queue(lo) && !fw_shaper_queue_is_ours(&lo->root))
		return 1;
	if (has_no_queue(lo))
		fw_shaper_queue_add(control, lo->link.index);
	result = fw_control_commit(control);
	if (!result)
		result = fw_shaper_queue_fit(control, lo->link.index, parts->limits);
	if (!result)
		result = attach_all(control, lo, parts->programs[FW_PROGRAM_LOOPBACK], -1);
	return result;
}

static int cover_device(struct fw_traffic_control *control, const struct device *device,
	const struct fw_shaper_parts *parts, struct fw_shaped_device *shaped)
{
	shaped->device = device->link.index;
	if (device->link.is_loopback) {
		shaped->shaper = shaped->slicer = 0;
		return cover_loopback(control, device, parts);
	}
	if (!device->link.has_link_header)
		shaped->flags |= FW_SHAPED_NO_LINK_HEADER;
	if (!strcmp(device->clsact, "ingress"))
		shaped->flags |= FW_SHAPED_NOT_SENT;
	return attach_all(control, device, parts->programs[FW_PROGRAM_EGRESS],
		parts->programs[FW_PROGRAM_INGRESS]);
}

/* A device that went in the meantime is no failure. */
static int cover_devices(struct fw_traffic_control *control, const struct inventory *inventory,
	const struct fw_shaper_parts *parts, const struct fw_shaped_device *shaper,
	fw_shaped_device_fn covered, void *argument)
{
	int result = 0;

	for (size_t i = 0; i < inventory->count && !result; i++) {
		const struct device *device = &inventory->at[i];
		struct fw_shaped_device shaped = *shaper;

		if (is_ours(&device->link))
			continue;
		result = cover_device(control, device, parts, &shaped);
		if (result == -ENODEV || result == 1)
			result = 0;
		else if (!result)
			result = covered(&shaped, argument);
	}
	return result;
}

int fw_shaper_namespace_cover(struct fw_traffic_control *control,
	const struct fw_shaper_parts *parts, fw_shaped_device_fn covered, void *argument,
	const char **what)
{
	struct inventory inventory = { 0 };
	struct fw_shaped_device shaper = { 0 };
	int result = look(control, &inventory);

	*what = "listing network devices";
	if (!result) {
		*what = "making " NEAR_NAME " (modules veth, sch_htb, sch_ingress and cls_bpf)";
		result = cover_shaper(control, &inventory, parts, &shaper);
	}
	if (!result) {
		*what = "attaching to network devices (modules sch_htb, sch_ingress and cls_bpf)";
		result = cover_devices(control, &inventory, parts, &shaper, covered, argument);
	}
	forget(&inventory);
	return result;
}

static int clear_device(struct fw_traffic_control *control, struct device *device)
{
	if (fw_shaper_queue_is_ours(&device->root))
		fw_shaper_queue_remove(control, device->link.index);
	return fw_device_filter_detach(control, device->link.index, device->clsact, 0, &of_shaper);
}

/* Programs first, so that nothing goes to a device that is gone. */
int fw_shaper_namespace_clear(struct fw_traffic_control *control)
{
	struct inventory inventory = { 0 };
	int result = look(control, &inventory), first = 0;

	for (size_t i = 0; i < inventory.count; i++) {
		if (is_ours(&inventory.at[i].link))
			continue;
		result = clear_device(control, &inventory.at[i]);
		if (result && result != -ENODEV && !first)
			first = result;
	}
	for (size_t i = 0; i < inventory.count; i++)
		if (is_ours(&inventory.at[i].link) && !strcmp(inventory.at[i].link.name, NEAR_NAME))
			fw_link_remove(control, inventory.at[i].link.index);
	if (!first)
		first = result == -ENODEV ? 0 : result;
	result = fw_control_commit(control);
	forget(&inventory);
	return first ? first : result;
}

int fw_shaper_namespace_loopback(struct fw_traffic_control *control, enum fw_loopback_queue *queue)
{
	struct inventory inventory = { 0 };
	int result = look(control, &inventory);

	for (size_t i = 0; i < inventory.count; i++) {
		const struct device *device = &inventory.at[i];

		if (!device->link.is_loopback)
			continue;
		if (fw_shaper_queue_is_ours(&device->root))
			*queue = FW_LOOPBACK_OURS;
		else
			*queue = has_no_queue(device) ? FW_LOOPBACK_FREE : FW_LOOPBACK_OTHER;
	}
	forget(&inventory);
	return result;
}
