/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Our BPF programs at the hooks of clsact, beside the filters of others, and who clsact belongs to:
 * it goes with the last filter of ours if one of ours brought it and nobody else's is there. Called
 * by shaper_namespace.c and filter_attach.c; one thread. Functions return 0 or negative errno.
 */
#ifndef FW_DEVICE_FILTER_H
#define FW_DEVICE_FILTER_H

#include "backend/linux/traffic_control.h"

#include <linux/pkt_sched.h>

#define FW_HOOK_EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define FW_HOOK_INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

/* Who of ours: filters are told apart by these. */
enum fw_device_filter {
	FW_DEVICE_FILTER_SHAPER, /* limits */
	FW_DEVICE_FILTER_LISTS,	 /* the filter of adapters; before the shaper, so that nothing waits
				    in vain */
};

/* What is at one hook of a device. */
struct fw_device_filters {
	struct fw_filter_found ours;  /* of the one asked for; preference 0: none */
	uint32_t sisters;	      /* filters of ours for something else */
	uint32_t others;	      /* somebody else's */
	uint64_t preferences_taken;   /* bits */
	uint64_t preferences_foreign; /* bits: of those, somebody else's */
	bool clsact_is_ours;	      /* one of ours says so */
};

/* `wanted` is NULL or a test that a filter of ours has to pass, too; what fails it is somebody
 * else's. */
struct fw_device_filter_question {
	enum fw_device_filter which;
	bool (*wanted)(const struct fw_filter_found *filter, void *argument);
	void *argument;
};

int fw_device_filters_look(struct fw_traffic_control *control, uint32_t device, uint32_t hook,
	const struct fw_device_filter_question *question, struct fw_device_filters *found);

/* Put `program` at a hook where `found` is; takes the place of ours. Not made before
 * fw_control_commit(). */
void fw_device_filter_attach(struct fw_traffic_control *control, uint32_t device, uint32_t hook,
	enum fw_device_filter which, const struct fw_device_filters *found, int program,
	bool clsact_is_ours);

/* Take ours off one hook, or both (0), of a device whose clsact or ingress queue is of `kind`, and
 * clsact too if it is nobody's any more: `kind` is "" then. */
int fw_device_filter_detach(struct fw_traffic_control *control, uint32_t device, char *kind,
	uint32_t hook, const struct fw_device_filter_question *question);

#endif
