/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which types of events `events` is asked for. Any thread. */
#ifndef FW_CLI_EVENT_TYPES_H
#define FW_CLI_EVENT_TYPES_H

#include "abi/record.h"
#include "flowwatcher/error.h"

#define FW_EVENT_TYPE_BIT(type) (1ull << (type))

/* Every type of events; losses are none. */
uint64_t fw_event_types_all(void);

/* A comma separated list of names of types and of groups ("process", "all"); adds their bits to
 * *types, which is untouched unless FW_OK. */
enum fw_status fw_event_types_parse(const char *list, uint64_t *types, struct fw_error *error);

#endif
