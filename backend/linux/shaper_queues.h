/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The HTB queue of one device: its classes for all limits. Called by shaper_namespace.c; one
 * thread. Functions return 0 or negative errno.
 */
#ifndef FW_SHAPER_QUEUES_H
#define FW_SHAPER_QUEUES_H

#include "backend/linux/traffic_control.h"
#include "kernel/linux/shaper_maps.h"

/* Is this queue one that fw_shaper_queue_add() made? */
bool fw_shaper_queue_is_ours(const struct fw_queue_found *queue);
/* Put the queue on a device that has none. Not sent yet. */
void fw_shaper_queue_add(struct fw_traffic_control *control, uint32_t device);
/* Not sent yet, either. */
void fw_shaper_queue_remove(struct fw_traffic_control *control, uint32_t device);
/* Make, change and remove classes until they are those of `limits` (by slot). Sends. */
int fw_shaper_queue_fit(
	struct fw_traffic_control *control, uint32_t device, const struct fw_limit *limits);

#endif
