/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_bucket.h"

#include "core/token_bucket.h"
#include "kernel/windows/ddk/nt_system.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"

/* What a bucket that was left alone saves up. The timer of what waits may be late by a clock tick
 * (15.6 ms) or two: with less, that time would be lost. */
#define BURST_NS 50000000ull

/* How far what cannot wait may overdraw a bucket. */
#define PAST_NS FW_TOKEN_SECOND_NS

/* 0.1 s of the rate: 1 % of ten seconds. More lets a single send fill a path of a longer round
 * trip, less is smoother. */
#define PIECES_PER_SECOND 10u
#define PIECE_LEAST 128u
#define PIECE_MOST (256u * 1024 * 1024)

static void init(struct fw_limit *limit)
{
	unsigned i;

	limit->references = 1;
	KeInitializeSpinLock(&limit->lock);
	for (i = 0; i < FW_LIMIT_DIRECTIONS; i++) {
		limit->ways[i].limit = limit;
		InitializeListHead(&limit->ways[i].ring);
	}
}

struct fw_limit *fw_limit_new(const struct fw_rule *rule)
{
	struct fw_limit *limit = fw_allocate(sizeof(*limit));

	if (!limit)
		return NULL;
	init(limit);
	limit->ends_ns = rule->ends_ns;
	limit->ways[FW_LIMIT_SEND].rate = rule->sent_rate;
	limit->ways[FW_LIMIT_RECEIVE].rate = rule->received_rate;
	return limit;
}

void fw_limit_init_none(struct fw_limit *limit)
{
	RtlZeroMemory(limit, sizeof(*limit));
	init(limit);
	limit->retired = 1;
}

void fw_limit_hold(struct fw_limit *limit)
{
	InterlockedIncrement(&limit->references);
}

void fw_limit_put(struct fw_limit *limit)
{
	if (limit && !InterlockedDecrement(&limit->references))
		fw_free(limit);
}

void fw_limit_retire(struct fw_limit *limit)
{
	if (!limit)
		return;
	InterlockedExchange(&limit->retired, 1);
	fw_limit_put(limit);
}

bool fw_limit_is_retired(const struct fw_limit *limit)
{
	return __atomic_load_n(&limit->retired, __ATOMIC_ACQUIRE) ||
	       (limit->ends_ns && fw_time_boot_ns() >= limit->ends_ns);
}

/* A word of 64 bits is not read in one step everywhere. */
static uint64_t paid_ns(const struct fw_limit_way *way)
{
	return (uint64_t)InterlockedCompareExchange64((LONG64 volatile *)&way->paid_ns, 0, 0);
}

bool fw_limit_has_tokens(const struct fw_limit_way *way)
{
	return fw_limit_is_retired(way->limit) ||
	       !fw_token_bucket_debt_ns(paid_ns(way), fw_time_boot_ns());
}

static void take(struct fw_limit_way *way, uint64_t bytes, bool is_bounded)
{
	uint64_t cost_ns = fw_token_bucket_cost_ns(bytes, way->rate), now_ns = fw_time_boot_ns();
	uint64_t was, next, most = now_ns + PAST_NS;

	do {
		was = paid_ns(way);
		next = fw_token_bucket_take(was, now_ns, BURST_NS, cost_ns);
		if (is_bounded && next > most)
			next = was > most ? was : most;
	} while ((uint64_t)InterlockedCompareExchange64(&way->paid_ns, (LONG64)next, (LONG64)was) !=
		 was);
}

/* With the lock of the limit: the last second in which something went says the rate. */
static void close_window(struct fw_limit_way *way, uint64_t now_ns, uint64_t *rate)
{
	uint64_t took_ns = way->window_last_ns - way->window_began_ns;

	if (way->window_bytes && now_ns - way->window_began_ns < FW_TOKEN_SECOND_NS)
		return;
	if (took_ns < FW_TOKEN_SECOND_NS)
		took_ns = FW_TOKEN_SECOND_NS;
	if (way->window_bytes)
		*rate = way->window_bytes * 1000 / (took_ns / 1000000);
	way->window_began_ns = now_ns;
	way->window_bytes = 0;
}

/* The time is read with the lock, so that it does not go back from one processor to the next. */
static void count(struct fw_limit_way *way, uint64_t bytes)
{
	struct fw_rule_counters *counters = &way->limit->counters;
	bool is_send = way == &way->limit->ways[FW_LIMIT_SEND];
	uint64_t now_ns;
	KIRQL irql;

	KeAcquireSpinLock(&way->limit->lock, &irql);
	now_ns = fw_time_boot_ns();
	close_window(way, now_ns, is_send ? &counters->sent_rate : &counters->received_rate);
	way->window_bytes += bytes;
	way->window_last_ns = now_ns;
	if (is_send)
		counters->sent += bytes;
	else
		counters->received += bytes;
	KeReleaseSpinLock(&way->limit->lock, irql);
}

static void charge(struct fw_limit_way *way, uint64_t bytes, bool is_bounded)
{
	if (!way->rate || !bytes || fw_limit_is_retired(way->limit))
		return;
	take(way, bytes, is_bounded);
	count(way, bytes);
}

void fw_limit_charge(struct fw_limit_way *way, uint64_t bytes)
{
	charge(way, bytes, false);
}

void fw_limit_charge_past(struct fw_limit_way *way, uint64_t bytes)
{
	charge(way, bytes, true);
}

void fw_limit_count_hit(struct fw_limit_way *way, uint64_t bytes, bool is_dropped)
{
	KIRQL irql;

	KeAcquireSpinLock(&way->limit->lock, &irql);
	way->limit->counters.hits++;
	way->limit->counters.bytes += bytes;
	way->limit->counters.dropped += is_dropped;
	KeReleaseSpinLock(&way->limit->lock, irql);
}

uint32_t fw_limit_piece(const struct fw_limit_way *way)
{
	uint64_t piece = way->rate / PIECES_PER_SECOND;

	if (fw_limit_is_retired(way->limit))
		return PIECE_MOST;
	if (piece < PIECE_LEAST)
		return PIECE_LEAST;
	return piece < PIECE_MOST ? (uint32_t)piece : PIECE_MOST;
}

void fw_limit_counters(struct fw_limit *limit, struct fw_rule_counters *counters)
{
	uint64_t now_ns;
	KIRQL irql;

	KeAcquireSpinLock(&limit->lock, &irql);
	now_ns = fw_time_boot_ns();
	close_window(&limit->ways[FW_LIMIT_SEND], now_ns, &limit->counters.sent_rate);
	close_window(&limit->ways[FW_LIMIT_RECEIVE], now_ns, &limit->counters.received_rate);
	*counters = limit->counters;
	KeReleaseSpinLock(&limit->lock, irql);
}
