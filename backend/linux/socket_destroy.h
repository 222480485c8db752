/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Ending TCP connections of other processes over NETLINK_SOCK_DIAG. One thread. */
#ifndef FW_SOCKET_DESTROY_H
#define FW_SOCKET_DESTROY_H

#include <stddef.h>
#include <stdint.h>

/* Destroy the TCP sockets of the calling thread's network namespace that have one of these ids
 * (socket cookies, sorted). The peer gets a reset, the holder ECONNABORTED. 0 or negative errno;
 * -EOPNOTSUPP: this kernel cannot. Those that are gone are no error. */
int fw_sockets_destroy(const uint64_t *ids, size_t count);

#endif
