/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_attach.h"

#include "backend/linux/device_filter.h"
#include "backend/linux/filter_xdp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ETHERNET_MTU 1500u

static uint32_t hook_of(enum fw_filter_side which)
{
	return which == FW_FILTER_SIDE_IN ? FW_HOOK_INGRESS : FW_HOOK_EGRESS;
}

static bool is_ours(const struct fw_filter_found *filter, void *argument)
{
	return fw_filter_program_id_is_ours(argument, filter->program);
}

static struct fw_device_filter_question question_of(const struct fw_filter_adapter *adapter)
{
	return (struct fw_device_filter_question){ FW_DEVICE_FILTER_LISTS, is_ours,
		(void *)(uintptr_t)adapter->side };
}

/* The first reason is the most interesting one. */
FW_PRINTF(2, 3) static void say(
	struct fw_filter_slot_side *made, const char *format, ...)
{
	size_t used = strlen(made->reason);
	va_list arguments;

	if (used + 3 > sizeof(made->reason))
		return;
	if (used)
		used += (size_t)snprintf(made->reason + used, sizeof(made->reason) - used, "; ");
	va_start(arguments, format);
	vsnprintf(made->reason + used, sizeof(made->reason) - used, format, arguments);
	va_end(arguments);
}

/* What is at both hooks: at either, clsact may be marked as ours. */
static int look(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	struct fw_device_filters *found)
{
	const struct fw_device_filter_question question = question_of(adapter);
	struct fw_device_filters other = { .others = 0 };
	uint32_t device = adapter->entry->index;
	int result =
		fw_device_filters_look(adapter->control, device, hook_of(which), &question, found);

	if (!result && !strcmp(adapter->entry->clsact, "clsact"))
		result = fw_device_filters_look(
			adapter->control, device, hook_of(!which), &question, &other);
	found->clsact_is_ours |= other.clsact_is_ours;
	return result;
}

static int place_tc(const struct fw_filter_adapter *adapter, enum fw_filter_side which, int program)
{
	struct fw_device_filters found = { .others = 0 };
	bool adds = !adapter->entry->clsact[0];
	int result = adds ? 0 : look(adapter, which, &found);

	if (result)
		return result;
	if (adds)
		fw_clsact_add(adapter->control, adapter->entry->index);
	fw_device_filter_attach(adapter->control, adapter->entry->index, hook_of(which),
		FW_DEVICE_FILTER_LISTS, &found, program, adds || found.clsact_is_ours);
	result = fw_control_commit(adapter->control);
	if (!result && adds)
		strcpy(adapter->entry->clsact, "clsact");
	return result;
}

static int attach_tc(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	struct fw_filter_slot_side *made)
{
	const struct fw_filter_use use = { adapter->slot, !adapter->entry->has_link_header,
		which == FW_FILTER_SIDE_IN ? FW_FILTER_PROGRAM_IN : FW_FILTER_PROGRAM_OUT };
	struct flowwatcher_filter_bpf *object;
	int result, program;

	if (which == FW_FILTER_SIDE_OUT && !strcmp(adapter->entry->clsact, "ingress")) {
		say(made,
			"an ingress queue is where clsact has to be: 'tc qdisc del dev %s ingress'",
			adapter->entry->name);
		return -EBUSY;
	}
	result = fw_filter_program_open(adapter->side, &use, &object);
	if (result)
		return result;
	program = fw_filter_program_load(object, use.program);
	result = program < 0 ? program : place_tc(adapter, which, program);
	if (!result) {
		made->hook = FW_FILTER_HOOK_TC;
		made->program = fw_filter_program_id(program);
	} else if (result == -ENOENT || result == -EOPNOTSUPP) {
		say(made, "tc: modules sch_ingress and cls_bpf are needed");
	} else {
		say(made, "tc: %s", strerror(-result));
	}
	fw_filter_program_close(object);
	return result;
}

static void say_why(const struct fw_filter_adapter *adapter, enum fw_filter_hook hook, int result,
	struct fw_filter_slot_side *made)
{
	bool native = hook == FW_FILTER_HOOK_XDP_NATIVE;
	const char *name = native ? "native XDP" : "generic XDP";
	struct fw_filter_xdp there;

	fw_filter_xdp_look(adapter->side, adapter->entry->index, &there);
	if (result == -EBUSY && there.hook && !there.takes_others)
		say(made, "%s: the program '%s' is there, without a dispatcher", name, there.name);
	else if (result == -EBUSY && there.hook)
		say(made, "%s: the programs of others are at the other XDP hook", name);
	else if (result == -EOPNOTSUPP)
		say(made, "%s: not for this adapter", name);
	else if (native && adapter->entry->mtu > ETHERNET_MTU)
		say(made, "%s: refused at MTU %u (%s)", name, adapter->entry->mtu,
			strerror(-result));
	else
		say(made, "%s: %s", name, strerror(-result));
}

static int attach_xdp(const struct fw_filter_adapter *adapter, enum fw_filter_hook hook,
	struct fw_filter_slot_side *made)
{
	int result;

	if (!adapter->entry->has_link_header) {
		say(made, "XDP: packets of this adapter have no link header");
		return -EOPNOTSUPP;
	}
	result = fw_filter_xdp_attach(
		adapter->side, adapter->entry->index, adapter->slot, hook, &made->program);
	if (result)
		say_why(adapter, hook, result, made);
	else
		made->hook = hook;
	return result;
}

static int attach_best(const struct fw_filter_adapter *adapter, struct fw_filter_slot_side *made)
{
	int result = attach_xdp(adapter, FW_FILTER_HOOK_XDP_NATIVE, made);

	if (result && result != -ENODEV && adapter->entry->has_link_header)
		result = attach_xdp(adapter, FW_FILTER_HOOK_XDP_GENERIC, made);
	if (result && result != -ENODEV)
		result = attach_tc(adapter, FW_FILTER_SIDE_IN, made);
	return result;
}

int fw_filter_attach(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	enum fw_filter_way way, struct fw_filter_slot_side *made)
{
	int result;

	made->reason[0] = '\0';
	made->hook = FW_FILTER_HOOK_NONE;
	made->program = 0;
	if (which == FW_FILTER_SIDE_OUT || way == FW_FILTER_WAY_TC)
		result = attach_tc(adapter, which, made);
	else if (way == FW_FILTER_WAY_NATIVE)
		result = attach_xdp(adapter, FW_FILTER_HOOK_XDP_NATIVE, made);
	else if (way == FW_FILTER_WAY_GENERIC)
		result = attach_xdp(adapter, FW_FILTER_HOOK_XDP_GENERIC, made);
	else
		result = attach_best(adapter, made);
	if (!result)
		made->way = way;
	return result;
}

static int unless_gone(int result)
{
	return result == -ENODEV ? 0 : result;
}

static int detach_xdp(const struct fw_filter_adapter *adapter)
{
	return unless_gone(fw_filter_xdp_detach(adapter->side, adapter->entry->index));
}

/* Of one hook, or both (0). */
static int detach_tc(const struct fw_filter_adapter *adapter, uint32_t hook)
{
	const struct fw_device_filter_question question = question_of(adapter);

	return unless_gone(fw_device_filter_detach(adapter->control, adapter->entry->index,
		adapter->entry->clsact, hook, &question));
}

int fw_filter_detach(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	const struct fw_filter_slot_side *there)
{
	if (there->hook == FW_FILTER_HOOK_NONE)
		return 0;
	return there->hook == FW_FILTER_HOOK_TC ? detach_tc(adapter, hook_of(which))
						: detach_xdp(adapter);
}

int fw_filter_detach_side(const struct fw_filter_adapter *adapter, enum fw_filter_side which)
{
	struct fw_device_filters found = { .others = 0 };
	int result = 0, first = 0;

	if (which == FW_FILTER_SIDE_IN && adapter->entry->xdp_program)
		first = detach_xdp(adapter);
	if (adapter->entry->clsact[0] && !look(adapter, which, &found) && found.ours.preference)
		result = detach_tc(adapter, hook_of(which));
	return first ? first : result;
}

bool fw_filter_is_attached(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	const struct fw_filter_slot_side *there)
{
	struct fw_device_filters found;
	struct fw_filter_xdp xdp;

	if (there->hook == FW_FILTER_HOOK_NONE)
		return false;
	if (there->hook == FW_FILTER_HOOK_TC)
		return adapter->entry->clsact[0] && !look(adapter, which, &found) &&
		       found.ours.preference && found.ours.program == there->program;
	if (!adapter->entry->xdp_program)
		return false;
	if (adapter->entry->xdp_program == there->program)
		return true; /* alone */
	fw_filter_xdp_look(adapter->side, adapter->entry->index, &xdp);
	return xdp.ours == there->program && xdp.hook == there->hook;
}

int fw_filter_detach_all(const struct fw_filter_adapter *adapter)
{
	int first = adapter->entry->xdp_program ? detach_xdp(adapter) : 0;
	int result = adapter->entry->clsact[0] ? detach_tc(adapter, 0) : 0;

	return first ? first : result;
}
