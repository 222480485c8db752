/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_draft.h"

#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_memory.h"

#define NO_PLACE FW_FILTER_CONTROL_DRAFTS

static uint32_t place_of(const struct fw_im_drafts *drafts, uint32_t number)
{
	uint32_t place = 0;

	while (place < NO_PLACE && drafts->draft[place].number != number)
		place++;
	return place;
}

static void drop(struct fw_im_drafts *drafts, uint32_t place)
{
	struct fw_im_set *set = drafts->draft[place].set;

	drafts->draft[place].number = 0;
	drafts->draft[place].set = NULL;
	fw_im_set_put(set);
}

NTSTATUS fw_im_draft_add(struct fw_im_drafts *drafts, const struct fw_filter_control_draft *wanted)
{
	uint32_t place = place_of(drafts, 0);
	struct fw_im_set *set;

	if (!wanted->number || wanted->ipv4 > FW_FILTER_MAX_IPV4 ||
		wanted->ipv6 > FW_FILTER_MAX_IPV6)
		return STATUS_INVALID_PARAMETER;
	if (place_of(drafts, wanted->number) != NO_PLACE)
		return STATUS_OBJECT_NAME_COLLISION;
	if (place == NO_PLACE)
		return STATUS_INSUFFICIENT_RESOURCES;
	set = fw_im_set_new(wanted->ipv4, wanted->ipv6);
	if (!set)
		return STATUS_INSUFFICIENT_RESOURCES;
	drafts->draft[place].number = wanted->number;
	drafts->draft[place].set = set;
	return STATUS_SUCCESS;
}

NTSTATUS fw_im_draft_append(
	struct fw_im_drafts *drafts, uint32_t number, const uint8_t *prefixes, uint32_t count)
{
	uint32_t place = number ? place_of(drafts, number) : NO_PLACE;

	if (place == NO_PLACE)
		return STATUS_NOT_FOUND;
	for (uint32_t i = 0; i < count; i++) {
		struct fw_filter_prefix prefix;

		memcpy(&prefix, prefixes + (size_t)i * sizeof(prefix), sizeof(prefix));
		if (fw_im_set_add(drafts->draft[place].set, &prefix))
			continue;
		drop(drafts, place);
		return STATUS_DATA_ERROR;
	}
	return STATUS_SUCCESS;
}

static NTSTATUS find_sets(const struct fw_im_drafts *drafts, struct fw_im_change *found,
	const struct fw_filter_control_change *changes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place;

		found[i].wanted = &changes[i];
		if (!changes[i].draft)
			continue;
		place = place_of(drafts, changes[i].draft);
		if (place == NO_PLACE)
			return STATUS_NOT_FOUND;
		found[i].set = drafts->draft[place].set;
		if (!fw_im_set_is_full(found[i].set))
			return STATUS_INVALID_DEVICE_STATE;
	}
	return STATUS_SUCCESS;
}

NTSTATUS fw_im_draft_commit(
	struct fw_im_drafts *drafts, const struct fw_filter_control_change *changes, uint32_t count)
{
	struct fw_im_change *found = fw_allocate(count * sizeof(*found));
	NTSTATUS status =
		found ? find_sets(drafts, found, changes, count) : STATUS_INSUFFICIENT_RESOURCES;

	if (NT_SUCCESS(status))
		status = fw_im_lists_commit(found, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = changes[i].draft ? place_of(drafts, changes[i].draft) : NO_PLACE;

		if (place != NO_PLACE)
			drop(drafts, place);
	}
	fw_free(found);
	return status;
}

void fw_im_drafts_done(struct fw_im_drafts *drafts)
{
	for (uint32_t place = 0; place < NO_PLACE; place++)
		drop(drafts, place);
}
