/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/container.h"

#include <ctype.h>
#include <string.h>

#define ID_LENGTH 64u

/* A part of a path between two slashes. */
struct component {
	const char *at;
	size_t length;
};

static bool next_component(const char **path, struct component *component)
{
	*path += strspn(*path, "/");
	component->at = *path;
	component->length = strcspn(*path, "/");
	*path += component->length;
	return component->length > 0;
}

static bool take_prefix(struct component *component, const char *prefix)
{
	size_t length = strlen(prefix);

	if (component->length <= length || memcmp(component->at, prefix, length) != 0)
		return false;
	component->at += length;
	component->length -= length;
	return true;
}

static bool take_suffix(struct component *component, const char *suffix)
{
	size_t length = strlen(suffix);

	if (component->length <= length ||
		memcmp(component->at + component->length - length, suffix, length) != 0)
		return false;
	component->length -= length;
	return true;
}

static bool is_hexadecimal(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

/* "ID", "docker-ID.scope", "cri-containerd-ID.scope", "SLICE:cri-containerd:ID", but not
 * "libpod-conmon-ID.scope". */
static bool find_id(struct component component, struct component *id)
{
	struct component before;

	take_suffix(&component, ".scope");
	if (component.length < ID_LENGTH)
		return false;
	before = (struct component){ component.at, component.length - ID_LENGTH };
	*id = (struct component){ component.at + before.length, ID_LENGTH };
	if (!is_hexadecimal(id->at, id->length))
		return false;
	if (before.length == 0)
		return true;
	return strchr("-:", before.at[before.length - 1]) && !take_suffix(&before, "conmon-");
}

/* "lxc.payload.NAME", and "/lxc/NAME" of versions before 4. */
static bool find_lxc(struct component component, const struct component *parent,
	struct component *name)
{
	*name = component;
	if (parent->length == 3 && memcmp(parent->at, "lxc", 3) == 0)
		return true;
	return take_prefix(name, "lxc.payload.");
}

/*
 * "machine-NAME.scope", "systemd-nspawn@NAME.service". The registry of machines has virtual ones
 * too, and nspawn itself runs in a folder beside that of its container.
 */
static bool find_machine(struct component component, const char *rest, struct component *name)
{
	*name = component;
	if (!(take_prefix(name, "machine-") && take_suffix(name, ".scope")) &&
		!(take_prefix(name, "systemd-nspawn@") && take_suffix(name, ".service")))
		return false;
	if (take_prefix(&(struct component){ name->at, name->length }, "qemu\\x2d"))
		return false;
	return strcmp(rest, "/supervisor") != 0;
}

static int hexadecimal_value(char digit)
{
	return isdigit((unsigned char)digit) ? digit - '0'
					     : tolower((unsigned char)digit) - 'a' + 10;
}

/* systemd writes "\x2d" for '-' and the like in the names of units. */
static void copy_unescaped(const struct component *name, char *container)
{
	size_t out = 0;

	for (size_t i = 0; i < name->length && out + 1 < FW_CONTAINER_SIZE; i++) {
		const char *at = name->at + i;

		if (name->length - i >= 4 && at[0] == '\\' && at[1] == 'x' &&
			isxdigit((unsigned char)at[2]) && isxdigit((unsigned char)at[3])) {
			container[out++] = (char)(hexadecimal_value(at[2]) << 4 |
						  hexadecimal_value(at[3]));
			i += 3;
		} else {
			container[out++] = *at;
		}
	}
	container[out] = '\0';
}

bool fw_cgroup_container(const char *path, char *container)
{
	struct component component, parent = { "", 0 }, name, found = { NULL, 0 };
	bool is_escaped = false;

	for (; next_component(&path, &component); parent = component) {
		bool is_machine = find_machine(component, path, &name);

		if (!is_machine && !find_id(component, &name) &&
			!find_lxc(component, &parent, &name))
			continue;
		found = name;
		is_escaped = is_machine;
	}
	if (!found.at || found.length >= FW_CONTAINER_SIZE)
		return false;
	if (is_escaped) {
		copy_unescaped(&found, container);
		return true;
	}
	memcpy(container, found.at, found.length);
	container[found.length] = '\0';
	return true;
}
