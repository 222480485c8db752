/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Limits as queues: in every network namespace and on every device, what the shaper's programs
 * (kernel/linux/shaper.bpf.c) need. Called by commands that change rules, by `unload` and by
 * `doctor`; one thread, one caller at a time (the callers' lock).
 */
#ifndef FW_SHAPER_H
#define FW_SHAPER_H

#include "backend/linux/kernel_side.h"
#include "kernel/linux/shaper_maps.h"

/*
 * Bring the machine to what `limits` (by slot, FW_LIMIT_SLOTS of them; `rule` 0: none) asks for:
 * queues with these rates in every network namespace, every device attached; with no limits at all,
 * nothing of ours anywhere. Can be repeated: what is there already stays. Call it before new limits
 * are published in the map, and after old ones were taken out of it. Also clears limit_states of
 * slots that are free. On failure some queues may be there already, which is harmless while no
 * limit names them. FW_UNSUPPORTED: the kernel lacks a module, which the message names.
 */
enum fw_status fw_shaper_apply(
	const struct fw_kernel_side *side, const struct fw_limit *limits, struct fw_error *error);
/* The same for the limits that are published: namespaces and devices may have come or gone. */
enum fw_status fw_shaper_cover(const struct fw_kernel_side *side, struct fw_error *error);
/* The limits that are published, by slot, for fw_shaper_apply(); NULL: no memory. The caller frees
 * it. */
struct fw_limit *fw_shaper_limits(const struct fw_kernel_side *side);
/* May there be anything of ours on a device, as far as this kernel side knows? */
bool fw_shaper_is_in_use(const struct fw_kernel_side *side);
/* Remove all that is ours and nothing else, with or without a kernel side, also after a crash. */
enum fw_status fw_shaper_remove(struct fw_error *error);

/* What a limit did: everything but `processes`. False: it cannot be read. */
bool fw_shaper_counters(
	const struct fw_kernel_side *side, uint32_t slot, struct fw_rule_counters *counters);

/* Rows of `doctor`: which method each direction and protocol uses, and why. */
enum fw_status fw_shaper_features(fw_feature_fn feature, void *argument);

#endif
