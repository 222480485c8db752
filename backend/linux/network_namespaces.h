/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Every network namespace that can be found: those of processes and those that a mount keeps alive.
 * Called by shaper.c; one thread.
 */
#ifndef FW_NETWORK_NAMESPACES_H
#define FW_NETWORK_NAMESPACES_H

#include "core/types.h"

/* `fd` is open during the call only. A result other than 0 ends the enumeration. */
typedef int (*fw_network_namespace_fn)(uint32_t inode, int fd, void *argument);

/* 0, what `namespace` returned, or negative errno. The caller's own comes first. */
int fw_network_namespaces(fw_network_namespace_fn found, void *argument);

/* Bring the calling thread into the namespace with this inode number: a descriptor of the one
 * before for fw_network_namespace_leave(), or negative errno. -ENOENT: it cannot be found. */
int fw_network_namespace_enter(uint32_t inode);
void fw_network_namespace_leave(int before);

#endif
