/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/interval.h"

#include "cli/interrupt.h"
#include "flowwatcher/duration.h"

#define SHORTEST_INTERVAL_NS 100000000ull /* 0.1 s */
#define LONGEST_INTERVAL_NS  86400000000000ull

enum fw_status fw_interval_parse(const char *text, uint64_t *interval_ns, struct fw_error *error)
{
	uint64_t parsed;
	enum fw_status status = fw_duration_parse(text, &parsed, error);

	if (status != FW_OK)
		return status;
	if (parsed < SHORTEST_INTERVAL_NS || parsed > LONGEST_INTERVAL_NS)
		return fw_error_set(error, FW_USAGE, "interval '%s' is not between 0.1s and 24h",
			text);
	*interval_ns = parsed;
	return FW_OK;
}

uint64_t fw_interval_next(uint64_t deadline_ns, uint64_t interval_ns)
{
	uint64_t now = fw_monotonic_ns();

	deadline_ns += interval_ns;
	if (deadline_ns <= now)
		deadline_ns += (now - deadline_ns) / interval_ns * interval_ns + interval_ns;
	return deadline_ns;
}
