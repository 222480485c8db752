/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Targets: which processes a command is about. "pid:N", "exe:/path", "comm:NAME", "cgroup:PATH",
 * "unit:NAME.service", "user:NAME". Callable from any thread.
 */
#ifndef FLOWWATCHER_TARGET_H
#define FLOWWATCHER_TARGET_H

#include "abi/flow.h"
#include "flowwatcher/error.h"

/* Bytes of a process's name that Linux keeps. */
#define FW_TARGET_COMM_LENGTH 15u

enum fw_target_kind {
	FW_TARGET_PID,
	FW_TARGET_EXE,
	FW_TARGET_COMM,
	FW_TARGET_CGROUP,
	FW_TARGET_UNIT,
	FW_TARGET_USER,
};

struct fw_target {
	enum fw_target_kind kind;
	uint32_t id;	  /* pid or uid */
	char text[4096]; /* path, name or unit; "" for pid */
};

/* *target is written only on FW_OK; FW_USAGE names what is wrong with the text and the remedy. */
enum fw_status fw_target_parse(const char *text, struct fw_target *target, struct fw_error *error);

/* Does the process match? For cgroup: and unit: the system is asked where the process is (a cgroup
 * matches itself and everything below). */
bool fw_target_matches(const struct fw_target *target, const struct fw_process *process);

/* The same for a process whose cgroup path is known, so that the system need not be asked and the
 * process may be gone. */
bool fw_target_matches_in(const struct fw_target *target, const struct fw_process *process,
	const char *cgroup);

#endif
