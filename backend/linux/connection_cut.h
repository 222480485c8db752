/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Cutting what a new block refuses: connections are destroyed, so that both ends learn of it, and
 * what lies in receive queues is thrown away. Called by rule_change.c when the rule is in force;
 * one thread, whose network namespace changes meanwhile.
 */
#ifndef FW_CONNECTION_CUT_H
#define FW_CONNECTION_CUT_H

#include "backend/linux/kernel_side.h"
#include "flowwatcher/error.h"

/* Connections that cannot be reached (their network namespace has no process and no name) stay,
 * without being able to move anything. */
enum fw_status fw_connection_cut(const struct fw_kernel_side *side, struct fw_error *error);

#endif
