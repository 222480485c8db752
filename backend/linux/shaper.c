/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/shaper.h"

#include "backend/linux/network_namespaces.h"
#include "backend/linux/shaper_namespace.h"
#include "core/token_bucket.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One pass over all namespaces. */
struct pass {
	const struct fw_kernel_side *side;
	struct fw_shaper_parts parts;
	uint32_t network_namespace; /* the one being covered */
	uint8_t *used; /* numbers of devices, FW_SHAPED_DEVICES: 1 in the map, 2 seen now */
	const char *what;
	int result;
};

/* Call `row` for each device that is in the map; `row` may delete it. */
static void each_covered(const struct fw_kernel_side *side,
	void (*row)(const struct fw_shaped_device_key *key, const struct fw_shaped_device *device,
		struct pass *pass),
	struct pass *pass)
{
	int map = side->map_fd[FW_MAP_COVERED_DEVICES];
	struct fw_shaped_device_key key, next;
	struct fw_shaped_device device;
	int more = bpf_map_get_next_key(map, NULL, &next);

	for (uint32_t left = 2 * FW_SHAPED_DEVICES; !more && left > 0; left--) {
		key = next;
		more = bpf_map_get_next_key(map, &key, &next);
		if (!bpf_map_lookup_elem(map, &key, &device))
			row(&key, &device, pass);
	}
}

static void note_used(const struct fw_shaped_device_key *key, const struct fw_shaped_device *device,
	struct pass *pass)
{
	if (device->index < FW_SHAPED_DEVICES)
		pass->used[device->index] = 1;
}

static uint32_t take_number(struct pass *pass)
{
	for (uint32_t i = 1; i < FW_SHAPED_DEVICES; i++)
		if (!pass->used[i])
			return i;
	return 0;
}

/* A device that is known keeps its number, for packets that are on their way. */
static int publish_device(const struct fw_shaped_device *found, void *argument)
{
	struct pass *pass = argument;
	const int *maps = pass->side->map_fd;
	const struct fw_shaped_device_key key = { pass->network_namespace, found->device };
	struct fw_shaped_device before, device = *found;
	bool known = !bpf_map_lookup_elem(maps[FW_MAP_COVERED_DEVICES], &key, &before);

	device.index = known ? before.index : take_number(pass);
	if (!device.index || device.index >= FW_SHAPED_DEVICES)
		return -ENOSPC;
	pass->used[device.index] = 2;
	if (bpf_map_update_elem(maps[FW_MAP_SHAPED_DEVICES], &device.index, &device, BPF_ANY) ||
		bpf_map_update_elem(maps[FW_MAP_COVERED_DEVICES], &key, &device, BPF_ANY))
		return -errno;
	return 0;
}

static int cover_namespace(uint32_t inode, int fd, void *argument)
{
	struct pass *pass = argument;
	struct fw_traffic_control control;
	int result;

	pass->what = "entering a network namespace";
	result = fw_traffic_control_open(&control, fd);
	if (result)
		return result;
	pass->network_namespace = inode;
	result = fw_shaper_namespace_cover(
		&control, &pass->parts, publish_device, pass, &pass->what);
	fw_traffic_control_close(&control);
	return result;
}

/* While there may be anything of ours on a device, this is in the map, under the name of no device.
 */
static const struct fw_shaped_device_key in_use;

static void mark_in_use(const struct fw_kernel_side *side)
{
	static const struct fw_shaped_device none;

	bpf_map_update_elem(side->map_fd[FW_MAP_COVERED_DEVICES], &in_use, &none, BPF_ANY);
}

bool fw_shaper_is_in_use(const struct fw_kernel_side *side)
{
	struct fw_shaped_device none;

	return !bpf_map_lookup_elem(side->map_fd[FW_MAP_COVERED_DEVICES], &in_use, &none);
}

/* A device that was not seen now is gone, and its number free. */
static void drop_unseen(const struct fw_shaped_device_key *key,
	const struct fw_shaped_device *device, struct pass *pass)
{
	if (device->index && (device->index >= FW_SHAPED_DEVICES || pass->used[device->index] != 2))
		bpf_map_delete_elem(pass->side->map_fd[FW_MAP_COVERED_DEVICES], key);
}

static void drop_any(const struct fw_shaped_device_key *key, const struct fw_shaped_device *device,
	struct pass *pass)
{
	if (device->index)
		bpf_map_delete_elem(pass->side->map_fd[FW_MAP_COVERED_DEVICES], key);
}

static int clear_namespace(uint32_t inode, int fd, void *argument)
{
	struct pass *pass = argument;
	struct fw_traffic_control control;
	int result = fw_traffic_control_open(&control, fd);

	if (!result) {
		result = fw_shaper_namespace_clear(&control);
		fw_traffic_control_close(&control);
	}
	if (result && !pass->result)
		pass->result = result;
	return 0; /* the others are cleared all the same */
}

enum fw_status fw_shaper_remove(struct fw_error *error)
{
	struct pass pass = { .result = 0 };
	int result = fw_network_namespaces(clear_namespace, &pass);

	if (!result)
		result = pass.result;
	if (result)
		return fw_error_set_errno(
			error, result, "removing the queues of limits from the network devices");
	return FW_OK;
}

static enum fw_status fail(const struct pass *pass, int result, struct fw_error *error)
{
	if (result == -EOPNOTSUPP || result == -ENOENT)
		return fw_error_set(error, FW_UNSUPPORTED,
			"limits need a part that this kernel does not have: %s", pass->what);
	if (result == -ENOSPC)
		return fw_error_set(error, FW_FAILED, "there are more than %u network devices",
			FW_SHAPED_DEVICES - 1);
	if (result == -EEXIST)
		return fw_error_set(error, FW_EXISTS,
			"%s: a device fwshape0 or fwshape1 that is not ours is in the way; rename "
			"it or remove it",
			pass->what);
	return fw_error_set_errno(error, result, "%s", pass->what);
}

static enum fw_status cover(
	const struct fw_kernel_side *side, const struct fw_limit *limits, struct fw_error *error)
{
	struct pass pass = { .side = side, .parts = { side->program_fd, limits }, .what = "" };
	int result;

	for (int i = 0; i < FW_PROGRAM_SHAPER_COUNT; i++)
		if (side->program_fd[i] < 0)
			return fw_error_set(error, FW_UNSUPPORTED,
				"limits need tc programs, which this kernel refused at load; see "
				"'flowwatcher doctor'");
	pass.used = calloc(FW_SHAPED_DEVICES, 1);
	if (!pass.used)
		return fw_error_set_errno(error, ENOMEM, "covering network devices");
	each_covered(side, note_used, &pass);
	result = fw_network_namespaces(cover_namespace, &pass);
	if (!result)
		each_covered(side, drop_unseen, &pass);
	free(pass.used);
	return result ? fail(&pass, result, error) : FW_OK;
}

static bool any_limit(const struct fw_limit *limits)
{
	for (uint32_t slot = 1; slot < FW_LIMIT_SLOTS; slot++)
		if (limits[slot].rule)
			return true;
	return false;
}

/* What an earlier limit in the slot did is nobody's. */
static void reset_free(const struct fw_kernel_side *side, const struct fw_limit *limits)
{
	static const struct fw_limit_state none;

	for (uint32_t slot = 1; slot < FW_LIMIT_SLOTS; slot++)
		if (!limits[slot].rule)
			bpf_map_update_elem(
				side->map_fd[FW_MAP_LIMIT_STATES], &slot, &none, BPF_ANY);
}

enum fw_status fw_shaper_apply(
	const struct fw_kernel_side *side, const struct fw_limit *limits, struct fw_error *error)
{
	struct pass pass = { .side = side };
	enum fw_status status;

	reset_free(side, limits);
	if (any_limit(limits)) {
		mark_in_use(side);
		return cover(side, limits, error);
	}
	if (!fw_shaper_is_in_use(side))
		return FW_OK;
	each_covered(side, drop_any, &pass);
	status = fw_shaper_remove(error);
	if (status == FW_OK)
		bpf_map_delete_elem(side->map_fd[FW_MAP_COVERED_DEVICES], &in_use);
	return status;
}

struct fw_limit *fw_shaper_limits(const struct fw_kernel_side *side)
{
	struct fw_limit *limits = calloc(FW_LIMIT_SLOTS, sizeof(*limits));

	for (uint32_t slot = 1; limits && slot < FW_LIMIT_SLOTS; slot++)
		bpf_map_lookup_elem(side->map_fd[FW_MAP_LIMITS], &slot, &limits[slot]);
	return limits;
}

enum fw_status fw_shaper_cover(const struct fw_kernel_side *side, struct fw_error *error)
{
	struct fw_limit *limits = fw_shaper_limits(side);
	enum fw_status status;

	if (!limits)
		return fw_error_set_errno(error, ENOMEM, "reading the limits");
	status = fw_shaper_apply(side, limits, error);
	free(limits);
	return status;
}

/* A second in which nothing went through is the last only until the next has passed. */
static uint64_t current_rate(const struct fw_limit_flow *flow, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - flow->second_ns;

	if (now_ns < flow->second_ns || since_ns < FW_TOKEN_SECOND_NS)
		return flow->rate;
	return fw_token_bucket_cost_ns(flow->bytes - flow->second_bytes, since_ns);
}

bool fw_shaper_counters(
	const struct fw_kernel_side *side, uint32_t slot, struct fw_rule_counters *counters)
{
	struct fw_limit_state state;
	struct timespec now;
	uint64_t now_ns;

	if (slot == 0 || slot >= FW_LIMIT_SLOTS ||
		bpf_map_lookup_elem(side->map_fd[FW_MAP_LIMIT_STATES], &slot, &state))
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * FW_TOKEN_SECOND_NS + (uint64_t)now.tv_nsec;
	counters->hits = state.waited;
	counters->bytes = state.waited_bytes;
	counters->dropped = state.dropped;
	counters->sent = state.sent.bytes;
	counters->received = state.received.bytes;
	counters->sent_rate = current_rate(&state.sent, now_ns);
	counters->received_rate = current_rate(&state.received, now_ns);
	return true;
}
