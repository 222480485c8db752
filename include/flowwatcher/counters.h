/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Arithmetic on struct fw_counters, field by field. For lib/ and programs; any thread. */
#ifndef FLOWWATCHER_COUNTERS_H
#define FLOWWATCHER_COUNTERS_H

#include "abi/flow.h"

static inline void fw_counters_add(struct fw_counters *sum, const struct fw_counters *more)
{
	sum->sent += more->sent;
	sum->received += more->received;
	sum->wire_sent += more->wire_sent;
	sum->wire_received += more->wire_received;
}

/* now - before; a field that went back counts as 0. */
static inline struct fw_counters fw_counters_since(const struct fw_counters *now,
	const struct fw_counters *before)
{
#define FW_SINCE(field) (now->field > before->field ? now->field - before->field : 0)
	return (struct fw_counters){
		.sent = FW_SINCE(sent),
		.received = FW_SINCE(received),
		.wire_sent = FW_SINCE(wire_sent),
		.wire_received = FW_SINCE(wire_received),
	};
#undef FW_SINCE
}

/* Field by field the larger. */
static inline struct fw_counters fw_counters_max(const struct fw_counters *a,
	const struct fw_counters *b)
{
#define FW_MAX(field) (a->field > b->field ? a->field : b->field)
	return (struct fw_counters){
		.sent = FW_MAX(sent),
		.received = FW_MAX(received),
		.wire_sent = FW_MAX(wire_sent),
		.wire_received = FW_MAX(wire_received),
	};
#undef FW_MAX
}

static inline bool fw_counters_any(const struct fw_counters *counters)
{
	return counters->sent || counters->received || counters->wire_sent ||
	       counters->wire_received;
}

#endif
