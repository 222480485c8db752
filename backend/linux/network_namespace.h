/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Getting into a network namespace that is known by its number only. Changes the calling thread. */
#ifndef FW_NETWORK_NAMESPACE_H
#define FW_NETWORK_NAMESPACE_H

#include <stdint.h>

/* Enter the namespace with this inode number: a descriptor of the one before for
 * fw_network_namespace_leave(), or negative errno. -ENOENT: no process is in it and nothing is mounted of
 * it. */
int fw_network_namespace_enter(uint32_t number);
void fw_network_namespace_leave(int before);

#endif
