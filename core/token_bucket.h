/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A token bucket as one word: the time at which everything that was let through so far will have
 * been paid for at the rate (the generic cell rate algorithm of ITU-T I.371). One word can be taken
 * from by compare-and-exchange, without a lock. No clock, no state of its own; callable from
 * anywhere.
 *
 * Example: at 1 MB/s, with a depth of 40 ms, 1000 bytes move the clock on by 1 ms. Whoever finds
 * the clock ahead of the time has to wait for the difference; further ahead than the depth it is
 * too late.
 */
#ifndef FW_CORE_TOKEN_BUCKET_H
#define FW_CORE_TOKEN_BUCKET_H

#include "core/types.h"

#define FW_TOKEN_SECOND_NS 1000000000ull

/* Time that `bytes` take at `rate` bytes a second (not 0). Exact as long as there are fewer than 18
 * GB. */
static inline uint64_t fw_token_bucket_cost_ns(uint64_t bytes, uint64_t rate)
{
	return bytes * FW_TOKEN_SECOND_NS / rate;
}

/* How far the bucket is overdrawn at `now_ns`; 0: there are tokens. */
static inline uint64_t fw_token_bucket_debt_ns(uint64_t paid_ns, uint64_t now_ns)
{
	return paid_ns > now_ns ? paid_ns - now_ns : 0;
}

/* The word after `cost_ns` were taken. A bucket that was left alone saves up to `burst_ns`. */
static inline uint64_t fw_token_bucket_take(
	uint64_t paid_ns, uint64_t now_ns, uint64_t burst_ns, uint64_t cost_ns)
{
	uint64_t oldest_ns = now_ns > burst_ns ? now_ns - burst_ns : 0;

	return (paid_ns > oldest_ns ? paid_ns : oldest_ns) + cost_ns;
}

#endif
