/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Links, queues, classes and filters of one network namespace, over rtnetlink. Changes are
 * collected and sent in one go, which no signal can cut in two. Called by shaper_*.c and
 * filter_*.c; one thread. Functions return 0 or negative errno.
 */
#ifndef FW_TRAFFIC_CONTROL_H
#define FW_TRAFFIC_CONTROL_H

#include "core/types.h"

#include <linux/if.h>

struct mnl_socket;

#define FW_CONTROL_NAME_SIZE 128

struct fw_traffic_control {
	struct mnl_socket *socket;
	char *answer; /* what the kernel says */
	char *batch;  /* changes that are not sent yet */
	size_t used;
	uint32_t messages;
	uint32_t sequence;
	int error; /* of the first change that failed */
};

struct fw_link {
	uint32_t index;
	bool has_link_header; /* Ethernet */
	bool is_loopback;
	char name[IFNAMSIZ];
	char kind[16]; /* "veth"; "" for hardware */
	char alias[FW_CONTROL_NAME_SIZE];
};

struct fw_queue_found {
	uint32_t device;
	uint32_t parent;
	uint32_t handle;
	uint32_t default_class; /* HTB */
	char kind[16];
};

struct fw_class_found {
	uint32_t handle;
	uint64_t rate; /* HTB: ceiling, bytes a second */
};

struct fw_filter_found {
	uint32_t handle;
	uint16_t preference;
	uint16_t protocol;
	char kind[16];
	char name[FW_CONTROL_NAME_SIZE]; /* of a BPF program */
	uint32_t program; /* its id */
};

struct fw_class_wanted {
	uint32_t device;
	uint32_t parent;
	uint32_t handle;
	uint64_t rate; /* guaranteed, bytes a second */
	uint64_t ceiling;
	uint64_t burst_ns;
	uint32_t overhead; /* bytes added to each packet */
};

typedef bool (*fw_link_fn)(const struct fw_link *link, void *argument);
typedef bool (*fw_queue_fn)(const struct fw_queue_found *queue, void *argument);
typedef bool (*fw_class_fn)(const struct fw_class_found *found, void *argument);
typedef bool (*fw_filter_fn)(const struct fw_filter_found *filter, void *argument);

/* Opens the namespace that `fd` is; -1: the caller's, for which no rights are needed. */
int fw_traffic_control_open(struct fw_traffic_control *control, int fd);
void fw_traffic_control_close(struct fw_traffic_control *control);

/* A callback that returns false has no memory: -ENOMEM. */
int fw_links_list(struct fw_traffic_control *control, fw_link_fn row, void *argument);
int fw_queues_list(struct fw_traffic_control *control, fw_queue_fn row, void *argument);
int fw_classes_list(
	struct fw_traffic_control *control, uint32_t device, fw_class_fn row, void *argument);
/* `parent` is a hook of clsact. No clsact: none. */
int fw_filters_list(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	fw_filter_fn row, void *argument);

/* Changes. None is made before fw_control_commit(), which returns what the first that failed did;
 * the others are made all the same. A full batch is sent before. */
/* `peer` cuts offloaded packets into segments. */
void fw_veth_add(
	struct fw_traffic_control *control, const char *name, const char *peer, const char *alias);
void fw_link_remove(struct fw_traffic_control *control, uint32_t index);
void fw_clsact_add(struct fw_traffic_control *control, uint32_t device);
/* HTB in which a packet counts as its length less `header`, an offloaded one as well. */
void fw_htb_add(struct fw_traffic_control *control, uint32_t device, uint32_t handle,
	uint32_t default_class, uint32_t direct_packets, uint32_t header);
void fw_fifo_add(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	uint32_t handle, uint32_t packets);
void fw_queue_remove(
	struct fw_traffic_control *control, uint32_t device, uint32_t parent, uint32_t handle);
/* Made, or changed. */
void fw_class_set(struct fw_traffic_control *control, const struct fw_class_wanted *wanted);
void fw_class_remove(struct fw_traffic_control *control, uint32_t device, uint32_t handle);
void fw_filter_add(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	const struct fw_filter_found *filter, int program);
void fw_filter_remove(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	const struct fw_filter_found *filter);
int fw_control_commit(struct fw_traffic_control *control);

#endif
