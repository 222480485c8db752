/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* `doctor`: where the filter of adapters can judge packets, tried on an adapter that nobody else
 * has. */
#include "backend/linux/adapter_filter.h"

#include "backend/linux/filter_attach.h"
#include "backend/linux/filter_xdp.h"
#include "backend/linux/libbpf_log.h"
#include "backend/linux/network_namespaces.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher_filter.skel.h"

#define PROBE "fwprobe0"

struct answer {
	bool has;
	char reason[FW_ADAPTER_TEXT_SIZE];
};

struct answers {
	struct answer native, generic, in, out, dispatcher;
};

/* Attached and taken away again. */
static bool try_way(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	enum fw_filter_way way, struct answer *answer)
{
	struct fw_filter_slot_side made = { .hook = 0 };

	answer->has = fw_filter_attach(adapter, which, way, &made) == 0;
	memcpy(answer->reason, made.reason, sizeof(answer->reason));
	return answer->has;
}

static void try_dispatcher(const struct fw_filter_adapter *adapter, struct answer *answer)
{
	struct fw_filter_xdp found;

	fw_filter_xdp_look(adapter->side, adapter->entry->index, &found);
	answer->has = found.takes_others;
}

static void try_all(const struct fw_filter_adapter *adapter, struct answers *answers)
{
	if (try_way(adapter, FW_FILTER_SIDE_IN, FW_FILTER_WAY_NATIVE, &answers->native))
		try_dispatcher(adapter, &answers->dispatcher);
	adapter->entry->xdp_program = 1; /* whichever */
	fw_filter_detach_all(adapter);
	if (try_way(adapter, FW_FILTER_SIDE_IN, FW_FILTER_WAY_GENERIC, &answers->generic) &&
		!answers->native.has)
		try_dispatcher(adapter, &answers->dispatcher);
	fw_filter_detach_all(adapter);
	try_way(adapter, FW_FILTER_SIDE_IN, FW_FILTER_WAY_TC, &answers->in);
	try_way(adapter, FW_FILTER_SIDE_OUT, FW_FILTER_WAY_TC, &answers->out);
}

/* In a namespace of its own, which goes with all that is in it. */
static int try_in(int fd, const struct fw_kernel_side *side, struct answers *answers)
{
	struct fw_adapter_table adapters = { 0 };
	struct fw_traffic_control control;
	struct fw_filter_adapter adapter = { side, &control, NULL, 0 };
	int result = fw_traffic_control_open(&control, fd);

	if (result)
		return result;
	fw_veth_add(&control, PROBE, "fwprobe1", "");
	result = fw_control_commit(&control);
	if (!result)
		result = fw_adapter_table_read(&control, &adapters);
	if (!result)
		adapter.entry = fw_adapter_table_named(&adapters, PROBE);
	if (adapter.entry)
		try_all(&adapter, answers);
	fw_adapter_table_done(&adapters);
	fw_traffic_control_close(&control);
	return result;
}

static int try_apart(const struct fw_kernel_side *side, struct answers *answers)
{
	int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), fd, result;

	if (before < 0)
		return -errno;
	if (unshare(CLONE_NEWNET)) {
		result = -errno;
		close(before);
		return result;
	}
	fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	result = fd < 0 ? -errno : try_in(fd, side, answers);
	if (fd >= 0)
		close(fd);
	fw_network_namespace_leave(before);
	return result;
}

/* With maps of its own. */
static int ask(struct answers *answers)
{
	struct flowwatcher_filter_bpf *object;
	struct fw_kernel_side side;
	struct bpf_program *program;
	int result;

	fw_libbpf_log_capture();
	fw_kernel_side_init(&side);
	object = flowwatcher_filter_bpf__open();
	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object->obj)
		bpf_program__set_autoload(program, program == object->progs.fw_filter_out);
	result = flowwatcher_filter_bpf__load(object);
	if (!result) {
		side.map_fd[FW_MAP_FILTER_LISTS] = bpf_map__fd(object->maps.filter_lists);
		side.map_fd[FW_MAP_FILTER_COUNTERS] = bpf_map__fd(object->maps.filter_counters);
		result = try_apart(&side, answers);
	}
	flowwatcher_filter_bpf__destroy(object);
	return result;
}

static bool report(fw_feature_fn feature, void *argument, const char *name,
	const struct answer *answer, const char *use, const char *lack)
{
	char reason[256];
	const struct fw_feature row = { "filter", name,
		answer->has ? FW_FEATURE_USED : FW_FEATURE_MISSING, reason };

	snprintf(reason, sizeof(reason), "%s%s%s", answer->has ? use : answer->reason,
		!answer->has && answer->reason[0] ? "; " : "", answer->has ? "" : lack);
	return feature(&row, argument);
}

enum fw_status fw_filter_features(fw_feature_fn feature, void *argument)
{
	struct answers answers = { .native = { .has = false } };
	int result = ask(&answers);

	if (result) {
		snprintf(answers.in.reason, sizeof(answers.in.reason), "it cannot be tried (%s)",
			strerror(-result));
		return report(feature, argument, "adapters", &answers.in, "",
			       "lists of adapters may not work")
			       ? FW_OK
			       : FW_STOPPED;
	}
	if (!report(feature, argument, "received, native XDP", &answers.native,
		    "in the driver, where it has XDP", "generic XDP is used instead") ||
		!report(feature, argument, "received, generic XDP", &answers.generic,
			"where the driver has no XDP", "tc is used instead") ||
		!report(feature, argument, "XDP dispatcher", &answers.dispatcher,
			"XDP programs of others that use libxdp run beside ours",
			"libxdp cannot chain programs here (no freplace, or no bpffs on "
			"/sys/fs/bpf): where "
			"another XDP program is, tc is used") ||
		!report(feature, argument, "received, tc", &answers.in, "where there is no XDP",
			"needs sch_ingress and cls_bpf") ||
		!report(feature, argument, "sent, tc", &answers.out, "at every adapter",
			"needs sch_ingress and cls_bpf: nothing that is sent can be filtered"))
		return FW_STOPPED;
	return FW_OK;
}
