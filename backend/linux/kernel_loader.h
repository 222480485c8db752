/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bringing a kernel side up from the BPF object. Called by bpf_backend.c and bpf_load.c; one
 * thread. */
#ifndef FW_KERNEL_LOADER_H
#define FW_KERNEL_LOADER_H

#include "backend/linux/kernel_side.h"

/*
 * Choose hooks, load and attach the programs, look at the sockets that exist already, and check
 * that counting works; a hook that turns out not to fire is replaced. On failure *side holds what
 * fw_kernel_side_close() must close.
 */
enum fw_status fw_kernel_side_start(
	struct fw_kernel_side *side, const struct fw_hook_choice *choice, struct fw_error *error);

/*
 * The same in a child process that hands over the descriptors and ends: fitting the programs to the
 * kernel takes ten megabytes that the caller then never has.
 */
enum fw_status fw_kernel_side_start_apart(
	struct fw_kernel_side *side, const struct fw_hook_choice *choice, struct fw_error *error);

#endif
