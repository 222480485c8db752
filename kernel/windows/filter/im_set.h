/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A list of prefixes in memory: core/address_set.h in pieces of non-paged pool, for what is
 * searched at DISPATCH_LEVEL must not be paged, and one block of many megabytes is hardly to be
 * had. Counted: who builds it, each binding and each side of an adapter that it is in force on has
 * a reference. Built at PASSIVE_LEVEL by one caller; searched by im_judge.c with the side's lock
 * held; put at PASSIVE_LEVEL.
 */
#ifndef FW_NT_IM_SET_H
#define FW_NT_IM_SET_H

#include "abi/filter_control.h"
#include "kernel/windows/ddk/nt_system.h"

struct fw_im_set;
struct fw_frame_address;

/* One that will have so many prefixes; all of its memory is taken. NULL: there is none, or they are
 * too many. */
struct fw_im_set *fw_im_set_new(uint32_t ipv4, uint32_t ipv6);
void fw_im_set_get(struct fw_im_set *set);
/* NULL is accepted. */
void fw_im_set_put(struct fw_im_set *set);

/* The next prefix, in the order of abi/filter.h. False: it is not in order, or one too many. */
bool fw_im_set_add(struct fw_im_set *set, const struct fw_filter_prefix *prefix);
/* Has it all of its prefixes? Then it is ready. */
bool fw_im_set_is_full(const struct fw_im_set *set);

/* Is the address in it? Then the packet is counted for its prefix. */
bool fw_im_set_drops(struct fw_im_set *set, const struct fw_frame_address *found);

/* A number of its own, given once. */
void fw_im_set_number(struct fw_im_set *set, uint32_t id);
uint32_t fw_im_set_id(const struct fw_im_set *set);

/* What it says of itself: id, ipv4, ipv6, memory_bytes, hits. */
void fw_im_set_describe(struct fw_im_set *set, struct fw_filter_list *list);
/* The prefix at a place from 0 on; false: there is none. */
bool fw_im_set_row(struct fw_im_set *set, uint64_t place, struct fw_filter_control_prefix *row);

/* Bytes of all sets there are. */
uint64_t fw_im_set_memory(void);

#endif
