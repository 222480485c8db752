/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/target.h"

#include "lib/host/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *prefix;
	enum fw_target_kind kind;
} kinds[] = {
	{ "pid:", FW_TARGET_PID },	 { "exe:", FW_TARGET_EXE },   { "comm:", FW_TARGET_COMM },
	{ "cgroup:", FW_TARGET_CGROUP }, { "unit:", FW_TARGET_UNIT }, { "user:", FW_TARGET_USER },
};

static enum fw_status parse_pid(const char *text, uint32_t *pid, struct fw_error *error)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !value || value > INT32_MAX)
		return fw_error_set(error, FW_USAGE,
			"'%s' is not a process id: give a number from 1 to %d", text, INT32_MAX);
	*pid = (uint32_t)value;
	return FW_OK;
}

static enum fw_status parse_path(const char *what, const char *text, struct fw_error *error)
{
	if (*text == '/')
		return FW_OK;
	return fw_error_set(error, FW_USAGE, "'%s:%s' is not absolute: give a path that begins with /",
		what, text);
}

static enum fw_status parse_value(struct fw_target *target, struct fw_error *error)
{
	switch (target->kind) {
	case FW_TARGET_PID:
		return parse_pid(target->text, &target->id, error);
	case FW_TARGET_EXE:
		return parse_path("exe", target->text, error);
	case FW_TARGET_CGROUP:
		return parse_path("cgroup", target->text, error);
	case FW_TARGET_USER:
		if (fw_host_user_id(target->text, &target->id) == FW_OK)
			return FW_OK;
		return fw_error_set(error, FW_NOT_FOUND, "there is no user '%s'", target->text);
	case FW_TARGET_COMM:
	case FW_TARGET_UNIT:
		return FW_OK;
	}
	return FW_OK;
}

/* "/a/b/" and "/a/b" are the same cgroup; "/" stays. */
static void strip_slash(char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
}

enum fw_status fw_target_parse(const char *text, struct fw_target *target, struct fw_error *error)
{
	struct fw_target parsed = { 0 };
	const char *value = NULL;
	enum fw_status status;

	for (size_t i = 0; i < FW_ARRAY_SIZE(kinds) && !value; i++) {
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)))
			continue;
		parsed.kind = kinds[i].kind;
		value = text + strlen(kinds[i].prefix);
	}
	if (!value)
		return fw_error_set(error, FW_USAGE,
			"'%s' is not a target: give pid:N, exe:/PATH, comm:NAME, cgroup:/PATH, "
			"unit:NAME.service or user:NAME",
			text);
	if (!*value || strlen(value) >= sizeof(parsed.text))
		return fw_error_set(error, FW_USAGE, "target '%.40s' has %s after the colon", text,
			*value ? "too much" : "nothing");
	strcpy(parsed.text, value);
	status = parse_value(&parsed, error);
	if (status != FW_OK)
		return status;
	if (parsed.kind == FW_TARGET_CGROUP)
		strip_slash(parsed.text);
	*target = parsed;
	return FW_OK;
}

static bool is_below(const char *cgroup, const char *wanted)
{
	size_t length = strlen(wanted);

	if (!strcmp(wanted, "/"))
		return true;
	return !strncmp(cgroup, wanted, length) && (cgroup[length] == 0 || cgroup[length] == '/');
}

static bool matches_cgroup(const struct fw_target *target, uint32_t pid)
{
	char cgroup[FW_CGROUP_SIZE], unit[FW_UNIT_SIZE];

	if (fw_host_process_cgroup(pid, cgroup, sizeof(cgroup)) != FW_OK)
		return false;
	if (target->kind == FW_TARGET_CGROUP)
		return is_below(cgroup, target->text);
	return fw_host_cgroup_unit(cgroup, unit, sizeof(unit)) == FW_OK &&
	       !strcmp(unit, target->text);
}

/* Linux keeps 15 bytes of a name, so a longer one matches by those. */
static bool matches_comm(const char *wanted, const char *comm)
{
	return !strcmp(comm, wanted) || (strlen(wanted) > 15 && !strncmp(comm, wanted, 15) &&
						strlen(comm) == 15);
}

bool fw_target_matches(const struct fw_target *target, const struct fw_process *process)
{
	switch (target->kind) {
	case FW_TARGET_PID:
		return process->pid == target->id;
	case FW_TARGET_EXE:
		return !strcmp(process->exe, target->text);
	case FW_TARGET_COMM:
		return matches_comm(target->text, process->comm);
	case FW_TARGET_USER:
		return process->uid == target->id;
	case FW_TARGET_CGROUP:
	case FW_TARGET_UNIT:
		return matches_cgroup(target, process->pid);
	}
	return false;
}
