/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The shaper's parts in one network namespace: the shaper device, the queue of lo, and the programs
 * on all devices. Called by shaper.c; one thread. Functions return 0 or negative errno.
 */
#ifndef FW_SHAPER_NAMESPACE_H
#define FW_SHAPER_NAMESPACE_H

#include "backend/linux/shaper_queues.h"

/* Program descriptors by enum fw_program of kernel_side.h, and the rates. */
struct fw_shaper_parts {
	const int *programs;
	const struct fw_limit *limits;
};

/* A device whose packets can wait from now on. A result other than 0 ends it. */
typedef int (*fw_shaped_device_fn)(const struct fw_shaped_device *device, void *argument);

/* Put everything in place that is not there. What could not be done is named in `what`. */
int fw_shaper_namespace_cover(struct fw_traffic_control *control,
	const struct fw_shaper_parts *parts, fw_shaped_device_fn covered, void *argument,
	const char **what);
/* Take everything away that is ours. */
int fw_shaper_namespace_clear(struct fw_traffic_control *control);

/* Is a device of this kind and alias one end of the shaper device? */
bool fw_shaper_namespace_is_ours(const char *kind, const char *alias);

/* How lo's packets can wait here. */
enum fw_loopback_queue {
	FW_LOOPBACK_FREE, /* no queue: ours can be put there */
	FW_LOOPBACK_OURS,
	FW_LOOPBACK_OTHER, /* somebody's, which stays */
};
int fw_shaper_namespace_loopback(struct fw_traffic_control *control, enum fw_loopback_queue *queue);

#endif
