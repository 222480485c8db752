/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the packet filter calls for each packet, as an NDIS does it that checks nothing: every packet has
 * a stack location, every send is completed at once. Linked before the fake kernel's own by --wrap, as
 * bare_kernel.h, and used while that is on.
 */
#ifndef FW_BENCH_BARE_NDIS_H
#define FW_BENCH_BARE_NDIS_H

#include "bare_kernel.h"
#include <ndis.h>

/* Packets that came out of the filter: at the adapter below, or at the protocol above. */
extern uint64_t bare_ndis_below, bare_ndis_above;

#endif
