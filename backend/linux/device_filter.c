/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/device_filter.h"

#include <linux/if_ether.h>
#include <string.h>

/* The second name says that clsact is ours, too. */
static const struct kind {
	const char *name;
	const char *name_owner;
	uint32_t handle;
	uint16_t preference; /* or before the first of others, which may end the search */
} kinds[] = {
	[FW_DEVICE_FILTER_SHAPER] = { "flowwatcher", "flowwatcher+clsact", 0xfa0a, 7 },
	[FW_DEVICE_FILTER_LISTS] = { "flowwatcher-filter", "flowwatcher-filter+clsact", 0xfa0b, 6 },
};

struct look {
	const struct fw_device_filter_question *question;
	struct fw_device_filters found;
};

/* NULL: none of ours. */
static const struct kind *kind_of(const struct fw_filter_found *filter)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(kinds); i++)
		if (!strcmp(filter->kind, "bpf") && filter->handle == kinds[i].handle &&
			(!strcmp(filter->name, kinds[i].name) ||
				!strcmp(filter->name, kinds[i].name_owner)))
			return &kinds[i];
	return NULL;
}

static bool add_filter(const struct fw_filter_found *filter, void *argument)
{
	struct look *look = argument;
	const struct fw_device_filter_question *question = look->question;
	struct fw_device_filters *found = &look->found;
	const struct kind *kind = kind_of(filter);
	uint64_t bit = filter->preference < 64 ? 1ull << filter->preference : 0;

	if (!filter->handle)
		return true; /* announces the preference; its filters follow */
	if (kind == &kinds[question->which] && question->wanted &&
		!question->wanted(filter, question->argument))
		kind = NULL;
	if (kind && !strcmp(filter->name, kind->name_owner))
		found->clsact_is_ours = true;
	if (kind == &kinds[question->which]) {
		found->ours = *filter;
		return true;
	}
	found->preferences_taken |= bit;
	if (kind) {
		found->sisters++;
	} else {
		found->others++;
		found->preferences_foreign |= bit;
	}
	return true;
}

int fw_device_filters_look(struct fw_traffic_control *control, uint32_t device, uint32_t hook,
	const struct fw_device_filter_question *question, struct fw_device_filters *found)
{
	struct look look = { .question = question };
	int result = fw_filters_list(control, device, hook, add_filter, &look);

	if (!result)
		*found = look.found;
	return result;
}

/* Before the first of others, else behind as few as possible. */
static uint16_t free_preference(const struct kind *kind, const struct fw_device_filters *found)
{
	uint16_t at = 1, free;

	while (at < kind->preference && !(found->preferences_foreign & 2ull << at))
		at++;
	for (free = at; free && found->preferences_taken & 1ull << free;)
		free--;
	if (free)
		return free;
	while (at < 63 && found->preferences_taken & 1ull << at)
		at++;
	return at;
}

void fw_device_filter_attach(struct fw_traffic_control *control, uint32_t device, uint32_t hook,
	enum fw_device_filter which, const struct fw_device_filters *found, int program,
	bool clsact_is_ours)
{
	struct fw_filter_found filter = { kinds[which].handle, 0, ETH_P_ALL, "bpf", "", 0 };

	if (found->ours.preference) {
		filter = found->ours; /* a program of another kernel side is replaced */
	} else {
		filter.preference = free_preference(&kinds[which], found);
		strcpy(filter.name, clsact_is_ours ? kinds[which].name_owner : kinds[which].name);
	}
	fw_filter_add(control, device, hook, &filter, program);
}

/* *all grows by what is at the hook. Ours stays if it is not `wanted`. */
static int detach_one(struct fw_traffic_control *control, uint32_t device, uint32_t hook,
	bool wanted, const struct fw_device_filter_question *question,
	struct fw_device_filters *all)
{
	struct fw_device_filters found;
	int result = fw_device_filters_look(control, device, hook, question, &found);

	if (result)
		return result;
	all->others += found.others;
	all->sisters += found.sisters;
	all->clsact_is_ours |= found.clsact_is_ours && found.ours.preference;
	if (found.ours.preference && !wanted) {
		all->sisters++;
	} else if (found.ours.preference) {
		all->ours = found.ours;
		fw_filter_remove(control, device, hook, &found.ours);
	}
	return 0;
}

int fw_device_filter_detach(struct fw_traffic_control *control, uint32_t device, char *kind,
	uint32_t hook, const struct fw_device_filter_question *question)
{
	struct fw_device_filters all = { .others = 0 };
	bool is_last;
	int result = 0;

	if (kind[0])
		result = detach_one(
			control, device, FW_HOOK_INGRESS, hook != FW_HOOK_EGRESS, question, &all);
	if (!result && !strcmp(kind, "clsact"))
		result = detach_one(
			control, device, FW_HOOK_EGRESS, hook != FW_HOOK_INGRESS, question, &all);
	if (result)
		return result;
	is_last = all.ours.preference && all.clsact_is_ours && !all.others && !all.sisters;
	if (is_last)
		fw_queue_remove(control, device, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0));
	result = fw_control_commit(control);
	if (!result && is_last)
		kind[0] = '\0';
	return result;
}
