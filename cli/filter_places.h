/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What each place of adapters where packets are seen counted, for `filter stats` where there are several. One thread. */
#ifndef FW_CLI_FILTER_PLACES_H
#define FW_CLI_FILTER_PLACES_H

#include "cli/filter_state.h"

/* Of these adapters; nothing where a direction is one place. */
enum fw_status fw_filter_places_print(struct fw_backend *backend, const struct fw_adapters *adapters, bool json,
	struct fw_error *error);

#endif
