/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_wmi.h"

#include "abi/filter_wmi.h"
#include "kernel/windows/filter/im_control.h"
#include "kernel/windows/filter/im_judge.h"
#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_memory.h"

#define ANY_SIZE ((ULONG)-1)

/* Without a flag that lets others NDIS gives these to administrators only. */
static const NDIS_GUID guids[] = {
	{ FW_FILTER_WMI_GUID_STATISTICS, { FW_FILTER_WMI_OID_STATISTICS },
		sizeof(struct fw_filter_wmi_statistics), fNDIS_GUID_TO_OID },
	{ FW_FILTER_WMI_GUID_LISTS, { FW_FILTER_WMI_OID_LISTS }, sizeof(struct fw_filter_wmi_lists),
		fNDIS_GUID_TO_OID },
	{ FW_FILTER_WMI_GUID_SET, { FW_FILTER_WMI_OID_SET }, ANY_SIZE, fNDIS_GUID_TO_OID },
};

static NDIS_STATUS answer(
	const void *from, ULONG size, void *buffer, ULONG bytes, ULONG *written, ULONG *needed)
{
	*written = 0;
	*needed = size;
	if (bytes < size)
		return NDIS_STATUS_INVALID_LENGTH;
	memcpy(buffer, from, size);
	*written = size;
	return NDIS_STATUS_SUCCESS;
}

static void read_statistics(
	struct fw_im_adapter *adapter, struct fw_filter_wmi_statistics *statistics)
{
	struct fw_im_judge *out = &adapter->side[FW_IM_OUT], *in = &adapter->side[FW_IM_IN];

	memset(statistics, 0, sizeof(*statistics));
	fw_im_judge_counters(out, FW_FILTER_PLACE_SEND, &statistics->send);
	fw_im_judge_counters(in, FW_FILTER_PLACE_LOOKAHEAD, &statistics->lookahead);
	fw_im_judge_counters(in, FW_FILTER_PLACE_PACKET, &statistics->packet);
}

static void read_lists(struct fw_im_adapter *adapter, struct fw_filter_wmi_lists *lists)
{
	struct fw_filter_list in, out;

	memset(&in, 0, sizeof(in));
	memset(&out, 0, sizeof(out));
	fw_im_judge_list(&adapter->side[FW_IM_IN], &in);
	fw_im_judge_list(&adapter->side[FW_IM_OUT], &out);
	*lists =
		(struct fw_filter_wmi_lists){ in.id, out.id, in.ipv4, in.ipv6, out.ipv4, out.ipv6 };
}

bool fw_im_wmi_query(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer, ULONG bytes,
	ULONG *written, ULONG *needed, NDIS_STATUS *status)
{
	static const struct fw_filter_wmi_set nothing;
	struct fw_filter_wmi_statistics statistics;
	struct fw_filter_wmi_lists lists;

	switch (oid) {
	case OID_GEN_SUPPORTED_GUIDS:
		*status = answer(guids, sizeof(guids), buffer, bytes, written, needed);
		return true;
	case FW_FILTER_WMI_OID_STATISTICS:
		read_statistics(adapter, &statistics);
		*status = answer(&statistics, sizeof(statistics), buffer, bytes, written, needed);
		return true;
	case FW_FILTER_WMI_OID_LISTS:
		read_lists(adapter, &lists);
		*status = answer(&lists, sizeof(lists), buffer, bytes, written, needed);
		return true;
	case FW_FILTER_WMI_OID_SET:
		/* WMI sets what it has found by asking. The prefixes are not told. */
		*status = answer(&nothing, sizeof(nothing), buffer, bytes, written, needed);
		return true;
	default:
		return false;
	}
}

/* A set that waits for PASSIVE_LEVEL. NDIS keeps its buffer until it is completed. */
struct work {
	PIO_WORKITEM item;
	struct fw_im_adapter *adapter;
	struct fw_filter_wmi_set wanted;
	const uint8_t *prefixes;
};

static uint32_t count_family(const uint8_t *prefixes, uint32_t count, uint8_t family)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++)
		found += prefixes[i * sizeof(struct fw_filter_prefix) +
				  offsetof(struct fw_filter_prefix, family)] == family;
	return found;
}

/* All of them, or NULL. */
static struct fw_im_set *build(const uint8_t *prefixes, uint32_t count, NDIS_STATUS *status)
{
	uint32_t ipv4 = count_family(prefixes, count, FW_FAMILY_IPV4);
	uint32_t ipv6 = count_family(prefixes, count, FW_FAMILY_IPV6);
	struct fw_im_set *set;

	*status = NDIS_STATUS_INVALID_DATA;
	if (ipv4 + ipv6 != count)
		return NULL; /* a family that is none, which the set would have no room for */
	set = fw_im_set_new(ipv4, ipv6);
	if (!set) {
		*status = NDIS_STATUS_RESOURCES;
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct fw_filter_prefix prefix;

		memcpy(&prefix, prefixes + (size_t)i * sizeof(prefix), sizeof(prefix));
		if (!fw_im_set_add(set, &prefix))
			goto set_put;
	}
	return set;

set_put:
	fw_im_set_put(set);
	return NULL;
}

static NDIS_STATUS commit(struct fw_im_adapter *adapter, uint32_t direction, struct fw_im_set *set)
{
	struct fw_filter_control_change *wanted = fw_allocate(sizeof(*wanted));
	struct fw_im_change change = { wanted, set };
	NTSTATUS status;

	if (!wanted)
		return NDIS_STATUS_RESOURCES;
	memcpy(wanted->adapter, adapter->name, sizeof(wanted->adapter));
	memcpy(wanted->source, "wmi", 4);
	wanted->direction = direction;
	status = fw_im_lists_commit(&change, 1);
	fw_free(wanted);
	return NT_SUCCESS(status) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

static NDIS_STATUS do_set(const struct work *work)
{
	uint32_t count = work->wanted.bytes / (uint32_t)sizeof(struct fw_filter_prefix);
	struct fw_im_set *set = NULL;
	NDIS_STATUS status;

	if (count) {
		set = build(work->prefixes, count, &status);
		if (!set)
			return status;
	}
	status = commit(work->adapter, work->wanted.direction, set);
	fw_im_set_put(set);
	return status;
}

static void NTAPI run(DEVICE_OBJECT *device, PVOID context)
{
	struct work *work = context;
	struct fw_im_adapter *adapter = work->adapter;
	NDIS_STATUS status = do_set(work);

	(void)device;
	IoFreeWorkItem(work->item);
	fw_free(work);
	NdisMSetInformationComplete(adapter->miniport, status);
	fw_im_adapter_end(adapter);
}

static NDIS_STATUS start(struct fw_im_adapter *adapter, const struct fw_filter_wmi_set *wanted,
	const uint8_t *prefixes)
{
	DEVICE_OBJECT *device = fw_im_control_object();
	struct work *work = device ? fw_allocate(sizeof(*work)) : NULL;

	if (!work)
		return NDIS_STATUS_RESOURCES;
	work->item = IoAllocateWorkItem(device);
	if (!work->item)
		goto work_free;
	work->adapter = adapter;
	work->wanted = *wanted;
	work->prefixes = prefixes;
	if (!fw_im_adapter_begin(adapter))
		goto item_free;
	IoQueueWorkItem(work->item, run, DelayedWorkQueue, work);
	return NDIS_STATUS_PENDING;

item_free:
	IoFreeWorkItem(work->item);
work_free:
	fw_free(work);
	return NDIS_STATUS_RESOURCES;
}

bool fw_im_wmi_set(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer, ULONG bytes,
	ULONG *read, ULONG *needed, NDIS_STATUS *status)
{
	struct fw_filter_wmi_set wanted;

	if (oid != FW_FILTER_WMI_OID_SET)
		return false;
	*read = 0;
	*needed = sizeof(wanted);
	*status = NDIS_STATUS_INVALID_LENGTH;
	if (bytes < sizeof(wanted))
		return true;
	memcpy(&wanted, buffer, sizeof(wanted));
	if (wanted.bytes % sizeof(struct fw_filter_prefix) || wanted.bytes > bytes - sizeof(wanted))
		return true;
	*needed = 0;
	*read = (ULONG)sizeof(wanted) + wanted.bytes;
	*status = start(adapter, &wanted, (const uint8_t *)buffer + sizeof(wanted));
	return true;
}
