/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sorting of long lists of prefixes. For the lists of lib/; any thread. */
#ifndef FW_PREFIX_SORT_H
#define FW_PREFIX_SORT_H

#include "abi/filter.h"

/* In the order of fw_prefix_order(); equal prefixes keep their order. False: out of memory, and
 * nothing changed. */
bool fw_prefix_sort(struct fw_filter_prefix *prefixes, size_t count);

#endif
