/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/shaper.h"

#include "backend/linux/network_namespaces.h"
#include "backend/linux/shaper_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1

struct question {
	enum fw_loopback_queue loopback;
	int result;
};

/* Of the caller's own namespace, which comes first. */
static int ask(uint32_t inode, int fd, void *argument)
{
	struct question *question = argument;
	struct fw_traffic_control control;

	question->result = fw_traffic_control_open(&control, fd);
	if (question->result)
		return 1;
	question->result = fw_shaper_namespace_loopback(&control, &question->loopback);
	fw_traffic_control_close(&control);
	return 1;
}

static void add_htb(struct fw_traffic_control *control)
{
	fw_htb_add(control, LOOPBACK_INDEX, FW_QUEUE_MAJOR << 16, 0, 1, 0);
}

static void add_clsact(struct fw_traffic_control *control)
{
	fw_clsact_add(control, LOOPBACK_INDEX);
}

static void add_veth(struct fw_traffic_control *control)
{
	fw_veth_add(control, "fwprobe0", "fwprobe1", "");
}

/* What limits are made of, tried in a network namespace that nobody else is in. */
static const struct part {
	const char *name;
	void (*add)(struct fw_traffic_control *control);
} parts[] = {
	{ "HTB (sch_htb)", add_htb },
	{ "clsact (sch_ingress)", add_clsact },
	{ "veth", add_veth },
};

/* The first part that cannot be had; NULL: none. *result says why. */
static const char *find_missing(int fd, int *result)
{
	struct fw_traffic_control control;
	const char *missing = NULL;

	*result = fw_traffic_control_open(&control, fd);
	if (*result)
		return "rtnetlink";
	for (size_t i = 0; i < FW_ARRAY_SIZE(parts) && !missing; i++) {
		parts[i].add(&control);
		*result = fw_control_commit(&control);
		if (*result)
			missing = parts[i].name;
	}
	fw_traffic_control_close(&control);
	return missing;
}

static const char *try_parts(int *result)
{
	int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), fd;
	const char *missing = "a network namespace to try in";

	*result = before < 0 || unshare(CLONE_NEWNET) ? -errno : 0;
	if (!*result) {
		fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		missing = find_missing(fd, result);
		close(fd);
		fw_network_namespace_leave(before);
	} else if (before >= 0) {
		close(before);
	}
	return missing;
}

#define QUEUE_OUT "packets wait in an HTB queue of their own; within 3 %, nothing is dropped"
#define QUEUE_IN                                                                                   \
	"packets wait in an HTB queue after they arrived; within 3 %; datagrams that come faster " \
	"than the limit for long are dropped"
#define BUCKET                                                                                     \
	"packets beyond the rate are dropped, because lo has a queue that is not ours: 'tc qdisc " \
	"del dev lo root' removes it"

static bool report(
	fw_feature_fn feature, void *argument, const char *name, bool queue, const char *reason)
{
	const struct fw_feature row = { "rate limits", name,
		queue ? FW_FEATURE_USED : FW_FEATURE_MISSING, reason };

	return feature(&row, argument);
}

enum fw_status fw_shaper_features(fw_feature_fn feature, void *argument)
{
	struct question question = { .loopback = FW_LOOPBACK_FREE, .result = 0 };
	const char *missing;
	char why[160];
	bool lo;

	fw_network_namespaces(ask, &question);
	lo = question.loopback != FW_LOOPBACK_OTHER;
	if (!question.result) {
		missing = try_parts(&question.result);
		if (missing) {
			snprintf(why, sizeof(why),
				"%s cannot be had (%s): there are no limits here", missing,
				strerror(-question.result));
			return report(feature, argument, "queues", false, why) ? FW_OK : FW_STOPPED;
		}
	}
	if (question.result) {
		snprintf(why, sizeof(why), "network devices cannot be asked for their queues (%s)",
			strerror(-question.result));
		return report(feature, argument, "queues", false, why) ? FW_OK : FW_STOPPED;
	}
	if (!report(feature, argument, "TCP and UDP sent", true, QUEUE_OUT) ||
		!report(feature, argument, "TCP and UDP received", true, QUEUE_IN) ||
		!report(feature, argument, "TCP and UDP over lo", lo, lo ? QUEUE_OUT : BUCKET) ||
		!report(feature, argument, "new devices", true,
			"a device or network namespace that came after the last command about rules "
			"has no queue yet: packets beyond the rate are dropped there"))
		return FW_STOPPED;
	return FW_OK;
}
