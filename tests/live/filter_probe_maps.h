/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How filter_probe.bpf.c and filter_probe.c agree. */
#ifndef FW_FILTER_PROBE_MAPS_H
#define FW_FILTER_PROBE_MAPS_H

#include "core/types.h"

#define PROBE_ADDRESSES 1048576
#define PROBE_BYTES	60 /* of each packet that there would be, unless told otherwise */

enum probe_mode {
	PROBE_NOTHING,	/* all but the search: what measuring costs */
	PROBE_FIND, /* nothing is counted */
	PROBE_SEARCH,
	PROBE_VERDICTS, /* and note what came out for each address */
};

struct probe_argument {
	uint32_t family; /* enum fw_family */
	uint32_t mode;	 /* enum probe_mode */
	uint32_t count;	 /* addresses */
	uint32_t bytes;	 /* of a packet */
	uint32_t drops;	 /* out */
	uint32_t reserved;
	uint64_t ns;	 /* out */
};

#endif
