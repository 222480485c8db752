/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/utf16_text.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_text.h"
#include "kernel/windows/rule_registry.h"

#define KNOWN_FLAGS                                                                                \
	(FW_RULE_NO_CHILDREN | FW_RULE_ALLOW_LOOPBACK | FW_RULE_ONLY_INCOMING |                    \
		FW_RULE_ONLY_OUTGOING)
#define LINKS_MOST 4 /* a drive that is another one's folder, that one another's, ... */
#define PATH_UNITS 1024u

/* Too large for the stack. */
struct path_buffer {
	uint32_t units;
	WCHAR path[PATH_UNITS]; /* as it is so far */
	WCHAR target[PATH_UNITS];
};

static bool is_drive(const WCHAR *path, uint32_t units)
{
	return units >= 3 &&
	       ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z')) &&
	       path[1] == ':' && path[2] == '\\';
}

/* Where the drive of a link's text "\??\C:..." begins; 0: it is none of these. */
static uint32_t drive_at(const struct path_buffer *buffer)
{
	static const char prefix[] = "\\?"
				     "?\\";

	for (uint32_t i = 0; i < sizeof(prefix) - 1; i++)
		if (i >= buffer->units || buffer->path[i] != (WCHAR)prefix[i])
			return 0;
	return is_drive(buffer->path + 4, buffer->units - 4) ? 4 : 0;
}

/* What \??\X: stands for, in the view of the caller. Returns units; 0: nothing. */
static uint32_t query_drive(WCHAR letter, WCHAR *target)
{
	WCHAR text[] = { '\\', '?', '?', '\\', letter, ':' };
	UNICODE_STRING name = {
		.Length = sizeof(text), .MaximumLength = sizeof(text), .Buffer = text
	};
	UNICODE_STRING found = { .MaximumLength = PATH_UNITS * sizeof(WCHAR), .Buffer = target };
	OBJECT_ATTRIBUTES attributes;
	HANDLE link;
	NTSTATUS status;

	InitializeObjectAttributes(
		&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
	if (!NT_SUCCESS(ZwOpenSymbolicLinkObject(&link, FW_SYMBOLIC_LINK_QUERY, &attributes)))
		return 0;
	status = ZwQuerySymbolicLinkObject(link, &found, NULL);
	ZwClose(link);
	return NT_SUCCESS(status) ? fw_text_units(&found) : 0;
}

/* Put what its drive stands for in the place of the drive, until there is none any more. */
static NTSTATUS resolve(struct path_buffer *buffer)
{
	uint32_t at = is_drive(buffer->path, buffer->units) ? 0 : drive_at(buffer);

	for (int links = 0; is_drive(buffer->path + at, buffer->units - at); links++) {
		uint32_t rest = buffer->units - at - 2;
		uint32_t units = query_drive(buffer->path[at], buffer->target);

		if (!units || links == LINKS_MOST)
			return STATUS_OBJECT_PATH_NOT_FOUND;
		if (units + rest > PATH_UNITS)
			return STATUS_NAME_TOO_LONG;
		memcpy(buffer->target + units, buffer->path + at + 2, rest * sizeof(WCHAR));
		memcpy(buffer->path, buffer->target, (units + rest) * sizeof(WCHAR));
		buffer->units = units + rest;
		at = drive_at(buffer);
	}
	return buffer->path[0] == '\\' ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

static NTSTATUS make_path(const char *text, uint32_t length, struct fw_rule_entry *entry)
{
	struct path_buffer *buffer = fw_allocate(sizeof(*buffer));
	UNICODE_STRING path;
	NTSTATUS status;
	bool cut;

	if (!buffer)
		return STATUS_INSUFFICIENT_RESOURCES;
	buffer->units = fw_utf8_to_utf16(text, length, (uint16_t *)buffer->path, PATH_UNITS, &cut);
	status = resolve(buffer);
	if (NT_SUCCESS(status)) {
		path.Buffer = buffer->path;
		path.Length = (USHORT)(buffer->units * sizeof(WCHAR));
		path.MaximumLength = path.Length;
		entry->text_length = fw_text_fold(&path, entry->text, sizeof(entry->text));
		if (!entry->text_length)
			status = STATUS_NAME_TOO_LONG;
	}
	fw_free(buffer);
	return status;
}

static NTSTATUS make_text(const struct fw_rule *rule, struct fw_rule_entry *entry)
{
	uint32_t length = 0;

	while (length < FW_RULE_TEXT_SIZE && rule->text[length])
		length++;
	if (!length || length == FW_RULE_TEXT_SIZE)
		return STATUS_INVALID_PARAMETER;
	if (rule->target == FW_RULE_EXE)
		return make_path(rule->text, length, entry);
	if (length >= FW_COMM_SIZE)
		return STATUS_NAME_TOO_LONG; /* names in rows have no more */
	entry->text_length = fw_text_fold_utf8(rule->text, length, entry->text, FW_COMM_SIZE * 2);
	return entry->text_length ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* The process that has this pid now, and is the one that was meant. */
static NTSTATUS find_process(struct fw_rule *rule)
{
	struct fw_process_state *process = fw_process_running_get(rule->pid);
	NTSTATUS status = STATUS_NOT_FOUND;

	if (process && (!rule->start_ns || rule->start_ns == process->process.start_ns)) {
		rule->start_ns = process->process.start_ns;
		status = STATUS_SUCCESS;
	}
	fw_process_put(process);
	return status;
}

static bool prefix_is_good(const struct fw_rule *rule)
{
	uint32_t bits = rule->prefix_family == FW_FAMILY_IPV4 ? 32 : 128;

	if (rule->prefix_family == FW_FAMILY_NONE)
		return !rule->prefix_length;
	if (rule->prefix_family != FW_FAMILY_IPV4 && rule->prefix_family != FW_FAMILY_IPV6)
		return false;
	if (rule->prefix_length > bits)
		return false;
	for (uint32_t bit = rule->prefix_length; bit < 128; bit++)
		if (rule->prefix[bit / 8] & 0x80u >> bit % 8)
			return false;
	return true;
}

static bool is_rate(uint64_t rate)
{
	return !rate || (rate >= FW_RATE_MIN && rate <= FW_RATE_MAX);
}

/* A limit has a rate, and is about all peers; nothing else has one. */
static bool rates_are_good(const struct fw_rule *rule)
{
	if (rule->action != FW_RULE_LIMIT)
		return !rule->sent_rate && !rule->received_rate;
	if (rule->flags & ~(uint32_t)FW_RULE_NO_CHILDREN || rule->prefix_family != FW_FAMILY_NONE ||
		rule->first_port || (rule->last_port && rule->last_port != UINT16_MAX))
		return false;
	return (rule->sent_rate || rule->received_rate) && is_rate(rule->sent_rate) &&
	       is_rate(rule->received_rate);
}

static NTSTATUS check(const struct fw_rule *rule)
{
	if (rule->action != FW_RULE_BLOCK && rule->action != FW_RULE_DENY &&
		rule->action != FW_RULE_LIMIT)
		return STATUS_INVALID_PARAMETER;
	if (!rule->target || rule->target >= FW_RULE_TARGET_COUNT)
		return STATUS_INVALID_PARAMETER;
	if (rule->target > FW_RULE_COMM)
		return STATUS_NOT_SUPPORTED;
	if (rule->flags & ~(uint32_t)KNOWN_FLAGS || rule->reserved || rule->reserved2)
		return STATUS_INVALID_PARAMETER;
	if (!prefix_is_good(rule) || rule->first_port > rule->last_port)
		return STATUS_INVALID_PARAMETER;
	if (rule->action == FW_RULE_DENY && rule->target == FW_RULE_PID &&
		rule->flags & FW_RULE_NO_CHILDREN)
		return STATUS_INVALID_PARAMETER; /* it has begun already */
	return rates_are_good(rule) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS fw_rule_make_entry(const struct fw_rule *rule, struct fw_rule_entry *entry)
{
	NTSTATUS status = check(rule);

	if (!NT_SUCCESS(status))
		return status;
	entry->rule = *rule;
	entry->rule.made_ns = 0;
	entry->text_length = 0;
	/* Paths are compared, so what its maker says of the file is only kept, for who lists the rule. */
	if (rule->target != FW_RULE_EXE)
		entry->rule.device = entry->rule.inode = 0;
	if (rule->target != FW_RULE_PID)
		return make_text(rule, entry);
	memset(entry->rule.text, 0, sizeof(entry->rule.text));
	return find_process(&entry->rule);
}
