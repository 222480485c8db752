/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/shaper.h"

#include "backend/linux/network_namespaces.h"
#include "backend/linux/shaper_namespace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	char why[128];
	bool lo;

	fw_network_namespaces(ask, &question);
	lo = question.loopback != FW_LOOPBACK_OTHER;
	if (question.result) {
		snprintf(why, sizeof(why), "network devices cannot be asked for their queues (%s)",
			strerror(-question.result));
		return report(feature, argument, "queues", false, why) ? FW_OK : FW_STOPPED;
	}
	if (!report(feature, argument, "TCP and UDP sent", true, QUEUE_OUT) ||
		!report(feature, argument, "TCP and UDP received", true, QUEUE_IN) ||
		!report(feature, argument, "TCP and UDP over lo", lo, lo ? QUEUE_OUT : BUCKET) ||
		!report(feature, argument, "new devices", true,
			"a device or network namespace that came after the last command that "
			"changed "
			"a rule has no queue yet: packets beyond the rate are dropped there"))
		return FW_STOPPED;
	return FW_OK;
}
