/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/filter_draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/device_channel.h"
#include "backend/windows/device_greeting.h"

#define WHAT_SIZE (FW_ADAPTER_NAME_SIZE + 32)

static enum fw_status begin_draft(struct fw_device_channel *channel, const struct fw_filter_change *change,
	uint32_t number, const char *what, struct fw_error *error)
{
	struct fw_filter_control_draft draft = { .size = sizeof(draft), .number = number };
	uint32_t returned;

	for (size_t i = 0; i < change->count; i++)
		draft.ipv4 += change->prefixes[i].family == FW_FAMILY_IPV4;
	draft.ipv6 = (uint32_t)change->count - draft.ipv4;
	return fw_device_call(channel, FW_FILTER_CONTROL_DRAFT, &draft, sizeof(draft), NULL, 0, &returned, what,
		error);
}

static enum fw_status append_all(struct fw_device_channel *channel, const struct fw_filter_change *change,
	uint32_t number, struct fw_filter_control_append *append, const char *what, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	size_t done = 0;

	while (done < change->count && status == FW_OK) {
		size_t left = change->count - done;
		uint32_t returned, count =
			left < FW_FILTER_CONTROL_AT_ONCE ? (uint32_t)left : FW_FILTER_CONTROL_AT_ONCE;

		*append = (struct fw_filter_control_append){
			.size = sizeof(*append), .number = number, .count = count
		};
		memcpy(append + 1, change->prefixes + done, count * sizeof(*change->prefixes));
		status = fw_device_call(channel, FW_FILTER_CONTROL_APPEND, append,
			(uint32_t)(sizeof(*append) + count * sizeof(*change->prefixes)), NULL, 0, &returned, what,
			error);
		done += count;
	}
	return status;
}

/* Drafts are numbered as the changes are, from 1 on. */
static enum fw_status send_drafts(struct fw_device_channel *channel, const struct fw_filter_change *changes,
	size_t count, struct fw_error *error)
{
	struct fw_filter_control_append *append =
		malloc(sizeof(*append) + FW_FILTER_CONTROL_AT_ONCE * sizeof(struct fw_filter_prefix));
	enum fw_status status = FW_OK;
	char what[WHAT_SIZE];

	if (!append)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", count);
	for (size_t i = 0; i < count && status == FW_OK; i++) {
		if (!changes[i].prefixes)
			continue;
		snprintf(what, sizeof(what), "sending the list of %s", changes[i].adapter);
		status = begin_draft(channel, &changes[i], (uint32_t)i + 1, what, error);
		if (status == FW_OK)
			status = append_all(channel, &changes[i], (uint32_t)i + 1, append, what, error);
	}
	free(append);
	return status;
}

static void fill(const struct fw_filter_change *from, uint32_t number, struct fw_filter_control_change *change)
{
	snprintf(change->adapter, sizeof(change->adapter), "%s", from->adapter);
	snprintf(change->source, sizeof(change->source), "%s", from->source ? from->source : "");
	change->direction = from->direction;
	change->flags = from->is_update ? FW_FILTER_CONTROL_UPDATE : 0;
	change->draft = from->prefixes ? number : 0;
	change->replaces = from->replaces;
}

static enum fw_status commit(struct fw_device_channel *channel, const struct fw_filter_change *changes,
	size_t count, struct fw_error *error)
{
	uint32_t returned, size = (uint32_t)(sizeof(struct fw_filter_control_commit) +
					     count * sizeof(struct fw_filter_control_change));
	struct fw_filter_control_commit *commit = calloc(1, size);
	struct fw_filter_control_change *change = (void *)(commit + 1);
	enum fw_status status;

	if (!commit)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", count);
	*commit = (struct fw_filter_control_commit){ sizeof(*commit), (uint32_t)count };
	for (size_t i = 0; i < count; i++)
		fill(&changes[i], (uint32_t)i + 1, &change[i]);
	status = fw_device_call(channel, FW_FILTER_CONTROL_COMMIT, commit, size, NULL, 0, &returned,
		"putting the lists in force", error);
	free(commit);
	return status;
}

enum fw_status fw_filter_draft_set(const struct fw_filter_change *changes, size_t count, struct fw_error *error)
{
	struct fw_device_channel *channel;
	enum fw_status status;

	if (count > FW_FILTER_CONTROL_DRAFTS)
		return fw_error_set(error, FW_USAGE,
			"%zu lists are more than the %d that the driver takes at once; a pattern gives one list to "
			"several adapters",
			count, FW_FILTER_CONTROL_DRAFTS);
	status = fw_device_greet(FW_DEVICE_FILTER, &channel, error);
	if (status != FW_OK)
		return status;
	status = send_drafts(channel, changes, count, error);
	if (status == FW_OK)
		status = commit(channel, changes, count, error);
	fw_device_close(channel);
	return status;
}
