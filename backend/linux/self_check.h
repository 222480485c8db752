/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Does a started kernel side count what passes over this machine's loopback? Called by
 * kernel_side.c; one thread.
 */
#ifndef FW_SELF_CHECK_H
#define FW_SELF_CHECK_H

#include <stdbool.h>

struct fw_kernel_side;

enum fw_self_check {
	FW_SELF_CHECK_EXACT,
	FW_SELF_CHECK_MISCOUNTS,
	FW_SELF_CHECK_IMPOSSIBLE, /* loopback is down, or no sockets */
};

/* Sends one datagram to ourselves over IPv4 and IPv6 each, compares, and forgets the bytes
 * again. */
enum fw_self_check fw_self_check(const struct fw_kernel_side *side);

/* Does the egress hook see a SYN-ACK over IPv6? Opens and resets one connection to ourselves; true
 * also where that is not possible. */
bool fw_self_check_sees_synack(const struct fw_kernel_side *side);

#endif
