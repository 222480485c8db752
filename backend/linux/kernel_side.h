/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The BPF programs and maps, either a private copy or the pinned one, as the descriptors that hold
 * them and talk to them. Called by bpf_backend.c and bpf_load.c; one thread.
 */
#ifndef FW_KERNEL_SIDE_H
#define FW_KERNEL_SIDE_H

#include "backend/linux/hooks.h"
#include "kernel/linux/flow_maps.h"
#include "kernel/linux/rule_maps.h"

enum fw_map {
	FW_MAP_ROWS,
	FW_MAP_PROCESSES,
	FW_MAP_FREE_ROWS,
	FW_MAP_NAMES,
	FW_MAP_MEMBERSHIP,
	FW_MAP_GROUPS,
	FW_MAP_READERS,
	FW_MAP_RULES,
	FW_MAP_POLICIES,
	FW_MAP_POLICY_BLOCKS,
	FW_MAP_MEMBERS,
	FW_MAP_LIMITS,
	FW_MAP_MACHINE,
	FW_MAP_LIMIT_STATES,
	FW_MAP_COVERED_DEVICES,
	FW_MAP_SHAPED_DEVICES,
	FW_MAP_FILTER_LISTS,
	FW_MAP_FILTER_BUILDING,
	FW_MAP_FILTER_COUNTERS,
	FW_MAP_FILTER_SLOTS,
	FW_MAP_FILTER_BINDINGS,
	FW_MAP_FILTER_NAMESPACES,
	FW_MAP_COUNT
};

enum fw_iterator {
	FW_ITERATOR_FLOWS,
	FW_ITERATOR_DESCRIPTORS,
	FW_ITERATOR_PROCESSES, /* with process events only */
	FW_ITERATOR_MEMBERS, /* these three with rules only */
	FW_ITERATOR_HOLDERS,
	FW_ITERATOR_CUT,
	FW_ITERATOR_COUNT
};

/* Programs that the shaper attaches to network devices, then one that filter_list.c loads when it
 * is needed. */
enum fw_program {
	FW_PROGRAM_EGRESS,
	FW_PROGRAM_INGRESS,
	FW_PROGRAM_SLICE,
	FW_PROGRAM_RETURN,
	FW_PROGRAM_LOOPBACK,
	FW_PROGRAM_SHAPER_COUNT,
	FW_PROGRAM_FILTER_COMMIT = FW_PROGRAM_SHAPER_COUNT,
	FW_PROGRAM_COUNT
};

struct fw_kernel_side {
	int map_fd[FW_MAP_COUNT];	    /* -1: not open, as all of these */
	int iterator_fd[FW_ITERATOR_COUNT]; /* iterator links; -1 also where there is none */
	int program_fd[FW_PROGRAM_COUNT];   /* -1 where they were not loaded */
	int link_fd[FW_HOOK_COUNT];	    /* of private copies and during load */
	int waiting_fd[FW_HOOK_COUNT];	    /* during load: programs of hooks that wait */
	/* shared with the kernel; NULL: of a version that is not known */
	struct fw_machine *machine;
	struct fw_process_state *rows;	    /* the first `rows_mapped`, likewise */
	size_t rows_mapped;
	/* its pins may be read by this user, not written: `machine` and `rows` are copies */
	bool is_read_only;
};

/* Nothing is open. */
void fw_kernel_side_init(struct fw_kernel_side *side);
/* Map the shared state of a side whose descriptors are open. */
enum fw_status fw_kernel_side_map(struct fw_kernel_side *side, struct fw_error *error);
/* Bring `machine` up to date where it is a copy. */
void fw_kernel_side_refresh(const struct fw_kernel_side *side);
/* See to it that the first `count` process rows are mapped. All would be resident at once: the
 * kernel fills the page table of such a mapping beforehand. */
enum fw_status fw_kernel_side_map_rows(struct fw_kernel_side *side, size_t count,
	struct fw_error *error);
/* Pin a started kernel side so that it outlives this process. */
/* `readers`: the group that may read its maps; 0: nobody but root. */
enum fw_status fw_kernel_side_pin(
	struct fw_kernel_side *side, unsigned int readers, struct fw_error *error);
/* Use the pinned one; who may only read gets it without iterators and programs. FW_NOT_FOUND:
 * nothing is loaded. */
enum fw_status fw_kernel_side_open(struct fw_kernel_side *side, struct fw_error *error);
/* Of one that fw_kernel_side_open() refuses, for who removes it: those of its maps that are there.
 * Their layout is not known. */
void fw_kernel_side_open_maps(struct fw_kernel_side *side);
/* Whoever uses it sees that it is no more; of any version. */
void fw_kernel_side_retire(const struct fw_kernel_side *side);
/* Programs that wait are pinned by this name and their hook's place. */
#define FW_PIN_PROGRAM "program-%d"
/* A descriptor of something in the pin directory, or negative errno. */
int fw_kernel_side_open_pin(const char *name);
/* Is it still the one that is pinned? Certain only under a lock that keeps `unload` out. */
bool fw_kernel_side_is_pinned(const struct fw_kernel_side *side);
/* Close descriptors; a private copy vanishes with that. Accepts a half-open one. */
void fw_kernel_side_close(struct fw_kernel_side *side);

/* The BPF program of an iterator. */
const char *fw_iterator_program(enum fw_iterator iterator);
/* The name of a program that is kept. */
const char *fw_program_name(enum fw_program program);
/* Without it nothing works. */
bool fw_iterator_is_needed(enum fw_iterator iterator);
/* A row of an iterator; false: no memory. */
typedef bool (*fw_iterator_row_fn)(const void *row, void *argument);
/* One whole pass of an iterator whose rows have `row_size` bytes (at most 512); 0 or negative
 * errno. */
int fw_kernel_side_rows(const struct fw_kernel_side *side, enum fw_iterator iterator,
	size_t row_size, fw_iterator_row_fn row, void *argument);
/* One whole pass of an iterator that has no output; 0 or negative errno. */
int fw_kernel_side_pass(const struct fw_kernel_side *side, enum fw_iterator iterator);
/* Run a started pass that has no output to its end, and close it. */
void fw_kernel_side_drain(int iterator);
/* Start a pass to be read by the caller: a descriptor, or negative errno. */
int fw_kernel_side_iterate(const struct fw_kernel_side *side, enum fw_iterator iterator);

#endif
