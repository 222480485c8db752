/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the Windows packet filter says by WMI, for each adapter: custom GUIDs that NDIS maps to requests of its own. The
 * classes for the user side are in kernel/windows/filter/fwfilter.mof, member by member the same. Little-endian, fixed width,
 * packed as they stand. Included by kernel/windows and its tests.
 *
 * Both reading and setting are for administrators only: no GUID has a flag that would let others.
 */
#ifndef FW_ABI_FILTER_WMI_H
#define FW_ABI_FILTER_WMI_H

#include "abi/filter.h"

/* Of the range for vendors: 0xff, then ours. */
#define FW_FILTER_WMI_OID_STATISTICS 0xff465701u /* query: struct fw_filter_wmi_statistics */
#define FW_FILTER_WMI_OID_LISTS	     0xff465702u /* query: struct fw_filter_wmi_lists */
#define FW_FILTER_WMI_OID_SET	     0xff465703u /* set: struct fw_filter_wmi_set; query: one of zeros */

/* Data1, Data2, Data3, Data4 */
#define FW_FILTER_WMI_GUID_STATISTICS                                              \
	{                                                                          \
		0x5b0c9a51, 0x7d0e, 0x4c3a, { 0x9a, 0x41, 0x66, 0x1f, 0x30, 0x5e, 0xd2, 0x01 } \
	}
#define FW_FILTER_WMI_GUID_LISTS                                                   \
	{                                                                          \
		0x5b0c9a51, 0x7d0e, 0x4c3a, { 0x9a, 0x41, 0x66, 0x1f, 0x30, 0x5e, 0xd2, 0x02 } \
	}
#define FW_FILTER_WMI_GUID_SET                                                     \
	{                                                                          \
		0x5b0c9a51, 0x7d0e, 0x4c3a, { 0x9a, 0x41, 0x66, 0x1f, 0x30, 0x5e, 0xd2, 0x03 } \
	}

/* As the places of abi/filter_control.h, since a list was first set. */
struct fw_filter_wmi_statistics {
	struct fw_filter_counters send;
	struct fw_filter_counters lookahead;
	struct fw_filter_counters packet;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_wmi_statistics) == 96, "wmi statistics layout");

struct fw_filter_wmi_lists {
	uint32_t in;  /* id of the list; 0: none */
	uint32_t out;
	uint32_t in_ipv4; /* prefixes */
	uint32_t in_ipv6;
	uint32_t out_ipv4;
	uint32_t out_ipv6;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_wmi_lists) == 24, "wmi lists layout");

/* Followed by `bytes` of struct fw_filter_prefix; of 0 bytes: no list any more. The list of the adapter's own name. It can be
 * queried because WMI's clients set an instance that they have got before; what is in force is in the other two. */
struct fw_filter_wmi_set {
	uint32_t direction; /* enum fw_filter_direction */
	uint32_t bytes;
};
FW_STATIC_ASSERT(sizeof(struct fw_filter_wmi_set) == 8, "wmi set layout");

#endif
