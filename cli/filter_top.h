/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The prefixes that dropped most, for `filter stats --top`. One thread. */
#ifndef FW_CLI_FILTER_TOP_H
#define FW_CLI_FILTER_TOP_H

#include "cli/filter_state.h"

/* Of all these lists together, by packets; those that dropped nothing are left out. */
enum fw_status fw_filter_top_print(struct fw_backend *backend, const struct fw_filter_lists *lists,
	uint64_t most, bool json, struct fw_error *error);

#endif
