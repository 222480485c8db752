/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The eBPF backend: the kernel side that stays (`load`) and private copies. Called by lib/session.c
 * and by the load/unload/status/doctor commands only.
 */
#ifndef FW_BPF_BACKEND_H
#define FW_BPF_BACKEND_H

#include "backend/backend.h"

struct fw_bpf_options {
	bool wire;   /* count wire bytes too */
	bool events; /* process, thread and image records too (in a private copy) */
	uint32_t readers; /* `load`: the group that may read counters and lists; 0: none */
};

struct fw_bpf_status {
	bool loaded;
	bool wire;
	uint32_t abi_major, abi_minor; /* of the loaded kernel side */
	uint64_t since_ns;	       /* ns since boot */
	uint32_t programs, maps, links;
	uint32_t readers;	  /* commands subscribed to records at the moment */
	uint32_t groups;	  /* measuring sessions */
	uint32_t processes;	  /* rows held */
	/* program runs the kernel skipped: counters may miss bytes if not 0 */
	uint64_t missed_runs;
	/* objects that found no memory or room; their bytes are unattributed */
	uint64_t failures;
	const char *directory;	  /* where it is pinned; static storage */
};

/* Put the kernel side in place for good. FW_EXISTS: it is already (with a message). */
enum fw_status fw_bpf_load(const struct fw_bpf_options *options, struct fw_error *error);
/* Remove it without a trace. FW_NOT_FOUND: nothing is loaded (with a message). */
enum fw_status fw_bpf_unload(struct fw_error *error);
/* Never fails for "not loaded": status->loaded tells. */
enum fw_status fw_bpf_status(struct fw_bpf_status *status, struct fw_error *error);

/* Use the loaded kernel side. FW_NOT_FOUND: nothing is loaded. */
enum fw_status fw_bpf_open(struct fw_backend **backend, struct fw_error *error);
/* Load a private copy that lives as long as the backend. */
enum fw_status fw_bpf_open_private(const struct fw_bpf_options *options,
	struct fw_backend **backend, struct fw_error *error);

/* What this kernel offers and which hooks are (or would be) chosen. Needs no loaded kernel side;
 * without the rights to ask, says so as features. */
enum fw_status fw_bpf_features(fw_feature_fn feature, void *argument, struct fw_error *error);

#endif
