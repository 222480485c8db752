/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/host.h"

static const struct fw_host_source *in_use;
static uint64_t counted_from;

void fw_host_use(const struct fw_host_source *source)
{
	in_use = source;
}

const struct fw_host_source *fw_host_source(void)
{
	return in_use;
}

void fw_host_count_from(uint64_t boot_utc_ns)
{
	counted_from = boot_utc_ns;
}

uint64_t fw_host_counted_from(void)
{
	return counted_from;
}
