/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps of rules and of the shaper, declared for every BPF object; flow_maps.bpf.c defines them
 * (it sets FW_MAPS_HERE to nothing). And whether what they hold is over.
 */
#ifndef FW_RULE_MAPS_BPF_H
#define FW_RULE_MAPS_BPF_H

#include "kernel/linux/flow_maps.bpf.h"
#include "kernel/linux/shaper_maps.h"

struct fw_rules_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_MAX_RULES);
	__type(key, __u32);
	__type(value, struct fw_rule_state);
};
FW_MAPS_HERE struct fw_rules_map rules SEC(".maps");

struct fw_policies_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * FW_MAX_RULES); /* an exe has two: its path and its file */
	__type(key, struct fw_policy_key);
	__type(value, struct fw_policy);
};
FW_MAPS_HERE struct fw_policies_map policies SEC(".maps");

struct fw_policy_blocks_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * FW_MAX_RULES); /* as policies */
	__type(key, __u32);
	__type(value, struct fw_policy_blocks);
};
FW_MAPS_HERE struct fw_policy_blocks_map policy_blocks SEC(".maps");

/* Processes that a rule is about, by handle. */
struct fw_members_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_MAX_MEMBERS);
	__type(key, __u64);
	__type(value, struct fw_member);
};
FW_MAPS_HERE struct fw_members_map members SEC(".maps");

struct fw_limits_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FW_LIMIT_SLOTS);
	__type(key, __u32);
	__type(value, struct fw_limit);
};
FW_MAPS_HERE struct fw_limits_map limits SEC(".maps");

/* What each limit did, by slot. */
struct fw_limit_states_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FW_LIMIT_SLOTS);
	__type(key, __u32);
	__type(value, struct fw_limit_state);
};
FW_MAPS_HERE struct fw_limit_states_map limit_states SEC(".maps");

/* Devices whose packets can wait in a queue. */
struct fw_covered_devices_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * FW_SHAPED_DEVICES);
	__type(key, struct fw_shaped_device_key);
	__type(value, struct fw_shaped_device);
};
FW_MAPS_HERE struct fw_covered_devices_map covered_devices SEC(".maps");

/* Where a packet goes when it has waited, by the number in its tc_index. */
struct fw_shaped_devices_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FW_SHAPED_DEVICES);
	__type(key, __u32);
	__type(value, struct fw_shaped_device);
};
FW_MAPS_HERE struct fw_shaped_devices_map shaped_devices SEC(".maps");

/* 0: it never ends. */
static __always_inline bool has_ended(__u64 ends_ns)
{
	return ends_ns && bpf_ktime_get_boot_ns() >= ends_ns;
}

#endif
