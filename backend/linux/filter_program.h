/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The programs that judge the packets of one adapter, loaded for its slot, on the maps of a kernel
 * side. Called by filter_xdp.c and filter_attach.c; one thread.
 */
#ifndef FW_FILTER_PROGRAM_H
#define FW_FILTER_PROGRAM_H

#include "backend/linux/kernel_side.h"

struct flowwatcher_filter_bpf;
struct bpf_object;

#define FW_FILTER_PROGRAM_XDP "fw_filter_xdp"
#define FW_FILTER_PROGRAM_IN "fw_filter_in"
#define FW_FILTER_PROGRAM_OUT "fw_filter_out"

/* Who gets which packets. */
struct fw_filter_use {
	uint32_t slot;
	bool no_link_header;
	const char *program; /* one of FW_FILTER_PROGRAM_* */
};

/* Ready to be loaded: by fw_filter_program_load(), or by libxdp. 0 or negative errno. */
int fw_filter_program_open(const struct fw_kernel_side *side, const struct fw_filter_use *use,
	struct flowwatcher_filter_bpf **object);
/* A descriptor that the object owns, or negative errno. */
int fw_filter_program_load(struct flowwatcher_filter_bpf *object, const char *program);
struct bpf_object *fw_filter_program_object(struct flowwatcher_filter_bpf *object);
/* NULL is no object. */
void fw_filter_program_close(struct flowwatcher_filter_bpf *object);

/* Its id; 0: it cannot be asked. */
uint32_t fw_filter_program_id(int program);
/* Does a program use the maps of this kernel side? */
bool fw_filter_program_is_ours(const struct fw_kernel_side *side, int program);
/* The same of an id. */
bool fw_filter_program_id_is_ours(const struct fw_kernel_side *side, uint32_t id);
/* Does anybody still hold it? */
bool fw_filter_program_lives(uint32_t id);

#endif
