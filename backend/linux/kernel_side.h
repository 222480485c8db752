/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The BPF programs and maps, either a private copy or the pinned one: bringing them up, taking them
 * down, and the descriptors to talk to them. Called by bpf_backend.c; one thread.
 */
#ifndef FW_KERNEL_SIDE_H
#define FW_KERNEL_SIDE_H

#include "backend/linux/hooks.h"
#include "kernel/linux/flow_maps.h"

struct flowwatcher_bpf;
struct bpf_link;

enum fw_map {
	FW_MAP_PROCESSES,
	FW_MAP_NAMES,
	FW_MAP_MEMBERSHIP,
	FW_MAP_GROUPS,
	FW_MAP_READERS,
	FW_MAP_MACHINE,
	FW_MAP_COUNT
};

enum fw_iterator { FW_ITERATOR_FLOWS, FW_ITERATOR_DESCRIPTORS, FW_ITERATOR_COUNT };

struct fw_kernel_side {
	struct flowwatcher_bpf *skeleton; /* private copies and during load; else NULL */
	struct bpf_link *links[FW_HOOK_COUNT];
	size_t link_count;
	int map_fd[FW_MAP_COUNT];
	int iterator_fd[FW_ITERATOR_COUNT]; /* iterator links */
	struct fw_machine *machine;	    /* shared with the kernel */
	size_t machine_size;
};

/* Load and attach everything that `hooks` chose, look at the sockets that exist already, and check
 * that counting works; a hook that turns out not to fire is replaced (and *hooks changed). */
enum fw_status fw_kernel_side_start(struct fw_kernel_side *side, struct fw_hooks *hooks, bool wire,
	struct fw_error *error);
/* Pin a started kernel side so that it outlives this process. */
enum fw_status fw_kernel_side_pin(struct fw_kernel_side *side, struct fw_error *error);
/* Use the pinned one. FW_NOT_FOUND: nothing is loaded. */
enum fw_status fw_kernel_side_open(struct fw_kernel_side *side, struct fw_error *error);
/* Close descriptors; a private copy vanishes with that. Accepts a half-started one. */
void fw_kernel_side_close(struct fw_kernel_side *side);

/* Start one pass of an iterator: a descriptor to read struct fw_socket_row from, or negative errno. */
int fw_kernel_side_iterate(const struct fw_kernel_side *side, enum fw_iterator iterator);

#endif
