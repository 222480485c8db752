/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Would a list cut this machine off? One thread. */
#ifndef FW_CLI_FILTER_GUARD_H
#define FW_CLI_FILTER_GUARD_H

#include "abi/filter.h"
#include "flowwatcher/error.h"

#include <stddef.h>

/*
 * A list for `adapter` (a name or a pattern), in order. FW_FAILED: it contains every address, the
 * peer of the SSH or Remote Desktop session in which this runs, or the gateway of a default route over one of these
 * adapters; names it, the prefix and its line of `source`, and --force.
 */
enum fw_status fw_filter_guard(const char *adapter, const struct fw_filter_prefix *prefixes,
	size_t count, const char *source, struct fw_error *error);

/* Of that, only whether nothing would pass any more. */
enum fw_status fw_filter_guard_everything(const char *adapter,
	const struct fw_filter_prefix *prefixes, size_t count, struct fw_error *error);

#endif
