/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter of adapters: the operations of backend.h that are about it, as they are described
 * there, in the caller's network namespace. Called by bpf_backend.c, bpf_load.c and bpf_features.c;
 * one thread.
 */
#ifndef FW_ADAPTER_FILTER_H
#define FW_ADAPTER_FILTER_H

#include "backend/backend.h"
#include "backend/linux/kernel_side.h"

enum fw_status fw_filter_adapters(const struct fw_kernel_side *side, fw_adapter_fn row,
	void *argument, struct fw_error *error);
enum fw_status fw_filter_adapter_addresses(
	uint32_t index, fw_adapter_address_fn row, void *argument, struct fw_error *error);
enum fw_status fw_filter_set(struct fw_kernel_side *side, const struct fw_filter_change *changes,
	size_t count, enum fw_filter_way way, struct fw_error *error);
enum fw_status fw_filter_settle(struct fw_kernel_side *side, struct fw_error *error);
enum fw_status fw_filter_lists(const struct fw_kernel_side *side, fw_filter_list_fn row,
	void *argument, struct fw_error *error);
enum fw_status fw_filter_prefixes(const struct fw_kernel_side *side, uint32_t list,
	fw_filter_prefix_fn row, void *argument, struct fw_error *error);

/* Who follows adapters; NULL is nobody. */
struct fw_filter_follower;
enum fw_status fw_filter_follow(struct fw_kernel_side *side, struct fw_filter_follower **follower,
	int timeout_ms, fw_adapter_event_fn row, void *argument, struct fw_error *error);
void fw_filter_follower_free(struct fw_filter_follower *follower);

/* Take all that is of this kernel side off the adapters of every network namespace. */
enum fw_status fw_filter_clear(const struct fw_kernel_side *side, struct fw_error *error);

/* Rows of `doctor`: where packets can be judged on this kernel. */
enum fw_status fw_filter_features(fw_feature_fn feature, void *argument);

#endif
