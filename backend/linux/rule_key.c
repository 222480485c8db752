/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_key.h"

#include "core/name_hash.h"
#include "kernel/linux/flow_maps.h"

#include <string.h>

/* "/a/b" as the kernel walks a file's path: from its end. */
static uint64_t hash_from_end(const char *path)
{
	uint64_t hash = FW_HASH_SEED;
	size_t end = strlen(path);

	while (end) {
		size_t begin = end;

		while (begin && path[begin - 1] != '/')
			begin--;
		if (begin < end)
			hash = fw_hash_name(hash, path + begin, end - begin);
		end = begin ? begin - 1 : 0;
	}
	return hash;
}

/* The same from the root down, so that each cgroup's hash goes on from its parent's. */
static uint64_t hash_from_root(const char *path)
{
	uint64_t hash = FW_HASH_SEED;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length)
			hash = fw_hash_name(hash, path, length);
		path += length + (path[length] == '/');
	}
	return hash;
}

static uint64_t key_value(const struct fw_rule *rule)
{
	switch (rule->target) {
	case FW_RULE_PID:
		return fw_handle(rule->pid, rule->start_ns);
	case FW_RULE_EXE:
		return hash_from_end(rule->text);
	case FW_RULE_CGROUP:
		return hash_from_root(rule->text);
	case FW_RULE_USER:
		return rule->uid;
	default:
		return fw_hash_name(FW_HASH_SEED, rule->text, strlen(rule->text));
	}
}

size_t fw_rule_keys(const struct fw_rule *rule, struct fw_policy_key keys[FW_RULE_KEYS])
{
	keys[0] = (struct fw_policy_key){ .kind = rule->target, .value = key_value(rule) };
	if (rule->target == FW_RULE_PID && rule->flags & FW_RULE_NO_CHILDREN)
		keys[0].detail = 1;
	if (rule->target != FW_RULE_EXE || !rule->device)
		return 1;
	keys[1] = (struct fw_policy_key){ .kind = FW_RULE_EXE, .value = rule->inode,
		.detail = rule->device };
	return 2;
}
