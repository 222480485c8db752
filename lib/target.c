/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/host.h"
#include "lib/host/path.h"

#define EXAMPLES                                                                               \
	"pid:1234, exe:/usr/bin/curl, comm:sshd, cgroup:/system.slice, unit:ssh.service or "   \
	"user:root"

static const struct target_kind {
	const char *prefix;
	enum fw_target_kind kind;
} kinds[] = {
	{ "pid:", FW_TARGET_PID },
	{ "exe:", FW_TARGET_EXE },
	{ "comm:", FW_TARGET_COMM },
	{ "cgroup:", FW_TARGET_CGROUP },
	{ "unit:", FW_TARGET_UNIT },
	{ "user:", FW_TARGET_USER },
};

static enum fw_status parse_pid(const char *value, uint32_t *id, struct fw_error *error)
{
	char *end;
	unsigned long long number;

	number = value[0] >= '0' && value[0] <= '9' ? strtoull(value, &end, 10) : 0;
	if (number == 0 || number > INT32_MAX || *end != '\0')
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is not a process id; it is a number from 1 to %d", value, INT32_MAX);
	*id = (uint32_t)number;
	return FW_OK;
}

static enum fw_status parse_user(const char *value, uint32_t *id, struct fw_error *error)
{
	uint32_t uid;

	if (fw_host_user_id(value, &uid) != FW_OK)
		return fw_error_set(error, FW_USAGE,
			"there is no user '%.100s'; give a user's name or number", value);
	*id = uid;
	return FW_OK;
}

/* A path without the slashes at its end; the root stays "/". */
static void copy_path(char *text, const char *value)
{
	size_t length = strlen(value);

	while (length > 1 && value[length - 1] == '/')
		length--;
	memcpy(text, value, length);
	text[length] = '\0';
}

static enum fw_status parse_text(const char *value, struct fw_target *target,
	struct fw_error *error)
{
	switch (target->kind) {
	case FW_TARGET_EXE:
	case FW_TARGET_CGROUP:
		if (target->kind == FW_TARGET_EXE ? !fw_path_is_absolute(value) : value[0] != '/')
			return fw_error_set(error, FW_USAGE,
				"the path '%.100s' does not begin with '%s'; give the whole path", value,
				target->kind == FW_TARGET_EXE ? fw_path_root() : "/");
		copy_path(target->text, value);
		return FW_OK;
	case FW_TARGET_COMM:
		if (strlen(value) >= FW_COMM_SIZE)
			return fw_error_set(error, FW_USAGE,
				"the name '%.100s' is longer than the %d bytes a process name has; "
				"use exe:/PATH",
				value, FW_COMM_SIZE - 1);
		break;
	case FW_TARGET_UNIT:
		if (!strchr(value, '.') || strchr(value, '/'))
			return fw_error_set(error, FW_USAGE,
				"'%.100s' is not the name of a unit; write it with its suffix, "
				"as in ssh.service",
				value);
		break;
	default:
		break;
	}
	strcpy(target->text, value);
	return FW_OK;
}

static enum fw_status parse_value(const char *value, struct fw_target *target,
	struct fw_error *error)
{
	if (value[0] == '\0')
		return fw_error_set(error, FW_USAGE,
			"nothing follows the ':'; write for example " EXAMPLES);
	if (strlen(value) >= sizeof(target->text))
		return fw_error_set(error, FW_USAGE, "'%.60s...' is longer than %zu bytes", value,
			sizeof(target->text) - 1);
	if (target->kind == FW_TARGET_PID)
		return parse_pid(value, &target->id, error);
	if (target->kind == FW_TARGET_USER) {
		enum fw_status status = parse_user(value, &target->id, error);

		return status == FW_OK ? parse_text(value, target, error) : status;
	}
	return parse_text(value, target, error);
}

enum fw_status fw_target_parse(const char *text, struct fw_target *target, struct fw_error *error)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(kinds); i++) {
		struct fw_target parsed = { .kind = kinds[i].kind };
		size_t length = strlen(kinds[i].prefix);
		enum fw_status status;

		if (strncmp(text, kinds[i].prefix, length) != 0)
			continue;
		status = parse_value(text + length, &parsed, error);
		if (status == FW_OK)
			*target = parsed;
		return status;
	}
	return fw_error_set(error, FW_USAGE, "'%.100s' is not a target; write for example " EXAMPLES,
		text);
}

/* The kernel marks a running file that was replaced or removed. */
static bool is_same_file(const char *exe, size_t length, const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t path_length = strlen(path);

	if (!fw_path_is_same(exe, path, path_length))
		return false;
	exe += path_length;
	length -= path_length;
	return length == 0 || (length == sizeof(deleted) - 1 && memcmp(exe, deleted, length) == 0);
}

static bool matches_exe(const char *path, const struct fw_process *process)
{
	size_t length = strnlen(process->exe, FW_EXE_SIZE);
	size_t path_length = strlen(path);

	if (length == 0)
		return false;
	/* The field holds the end of a longer path, so only that can be compared. */
	if (process->flags & FW_PROCESS_EXE_CUT)
		return path_length >= length &&
		       fw_path_is_same(process->exe, path + path_length - length, length);
	return length >= path_length && is_same_file(process->exe, length, path);
}

/* Linux keeps 15 bytes of a name, so a longer one is compared by those. */
static bool matches_comm(const char *name, const struct fw_process *process)
{
	if (strlen(name) > FW_TARGET_COMM_LENGTH &&
		strnlen(process->comm, FW_COMM_SIZE) == FW_TARGET_COMM_LENGTH)
		return fw_path_is_same(process->comm, name, FW_TARGET_COMM_LENGTH);
	return fw_path_is_same(process->comm, name, FW_COMM_SIZE);
}

static bool is_below(const char *cgroup, const char *ancestor)
{
	size_t length = strlen(ancestor);

	if (strcmp(ancestor, "/") == 0)
		return true;
	return strncmp(cgroup, ancestor, length) == 0 &&
	       (cgroup[length] == '\0' || cgroup[length] == '/');
}

/* A unit is a folder of the cgroup tree, so units below it (user@1000.service) match as well. */
static bool has_component(const char *cgroup, const char *unit)
{
	size_t length = strlen(unit);

	for (const char *at = strchr(cgroup, '/'); at; at = strchr(at + 1, '/'))
		if (strncmp(at + 1, unit, length) == 0 &&
			(at[1 + length] == '\0' || at[1 + length] == '/'))
			return true;
	return false;
}

static bool matches_place(const struct fw_target *target, const char *cgroup)
{
	return target->kind == FW_TARGET_UNIT ? has_component(cgroup, target->text)
					      : is_below(cgroup, target->text);
}

static bool matches_cgroup(const struct fw_target *target, const struct fw_process *process)
{
	char cgroup[FW_CGROUP_SIZE];

	/* Once it has exited, its pid may be another process's. */
	if (process->flags & FW_PROCESS_EXITED)
		return false;
	if (fw_host_process_cgroup(process->pid, cgroup, sizeof(cgroup)) != FW_OK)
		return false;
	return matches_place(target, cgroup);
}

bool fw_target_matches_in(const struct fw_target *target, const struct fw_process *process,
	const char *cgroup)
{
	if (target->kind == FW_TARGET_CGROUP || target->kind == FW_TARGET_UNIT)
		return matches_place(target, cgroup);
	return fw_target_matches(target, process);
}

bool fw_target_matches(const struct fw_target *target, const struct fw_process *process)
{
	switch (target->kind) {
	case FW_TARGET_PID:
		return process->pid == target->id;
	case FW_TARGET_USER:
		return process->uid == target->id;
	case FW_TARGET_COMM:
		return matches_comm(target->text, process);
	case FW_TARGET_EXE:
		return matches_exe(target->text, process);
	default:
		return matches_cgroup(target, process);
	}
}
