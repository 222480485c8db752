/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a limit allows: a token bucket for each direction, and what the limit did. The rules own
 * limits, requests that wait refer to them. Called by rule_registry.c and the other files of
 * limits. IRQL <= DISPATCH_LEVEL.
 */
#ifndef FW_NT_LIMIT_BUCKET_H
#define FW_NT_LIMIT_BUCKET_H

#include <ntddk.h>

#include <stdbool.h>

#include "abi/rule.h"

enum fw_limit_direction { FW_LIMIT_SEND, FW_LIMIT_RECEIVE, FW_LIMIT_DIRECTIONS };

struct fw_limit_way {
	struct fw_limit *limit;
	uint64_t rate;		  /* bytes a second; 0: not limited */
	LONG64 volatile paid_ns;  /* core/token_bucket.h; changed by compare-and-exchange */
	uint64_t window_began_ns; /* of what follows, the lock of the limit */
	uint64_t window_last_ns;
	uint64_t window_bytes;
	LIST_ENTRY
	ring; /* lanes whose turn comes, the lock of limit_queue.c, as for what follows */
	LIST_ENTRY active; /* among those with a ring that is not empty */
	BOOLEAN is_active;
};

struct fw_limit {
	LONG volatile references;
	LONG volatile retired; /* not 0: its rule is gone, what waits goes for nothing */
	uint64_t ends_ns;      /* so it does from then on, on fw_time_boot_ns(); 0: never */
	KSPIN_LOCK lock;       /* of the counters */
	struct fw_rule_counters counters;
	struct fw_limit_way ways[FW_LIMIT_DIRECTIONS];
};

/* As the rule says, with one reference; NULL: no memory. */
struct fw_limit *fw_limit_new(const struct fw_rule *rule);
/* One without rates, which lets everything go, as if its rule were gone; it is never freed. */
void fw_limit_init_none(struct fw_limit *limit);
void fw_limit_hold(struct fw_limit *limit);
void fw_limit_put(struct fw_limit *limit); /* NULL is accepted */

/* The rule is gone; its reference goes with it. What waits is let go by fw_limit_let_go(). */
void fw_limit_retire(struct fw_limit *limit);

/* Has its rule gone, or ended? */
bool fw_limit_is_retired(const struct fw_limit *limit);

/* May something go now, whatever it costs? */
bool fw_limit_has_tokens(const struct fw_limit_way *way);

/* These bytes go; they may overdraw the bucket, and who comes next waits. */
void fw_limit_charge(struct fw_limit_way *way, uint64_t bytes);

/* The same of what can never wait. It puts off what can by a second at most, however much it is:
 * or others would wait for hours for what nothing could hold. */
void fw_limit_charge_past(struct fw_limit_way *way, uint64_t bytes);

/* Something had to wait, or was dropped. */
void fw_limit_count_hit(struct fw_limit_way *way, uint64_t bytes, bool is_dropped);

/* The most that goes at once, so that a second, or ten, get what they are due within 3 %. */
uint32_t fw_limit_piece(const struct fw_limit_way *way);

/* As of now. */
void fw_limit_counters(struct fw_limit *limit, struct fw_rule_counters *counters);

#endif
