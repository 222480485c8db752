/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The addresses that the reach of this machine hangs on: gateways of default routes, and the peer
 * of the session in which the caller runs (lifelines_linux.c, lifelines_windows.c). Callable from any
 * thread.
 */
#ifndef FW_LIFELINES_H
#define FW_LIFELINES_H

#include <stdio.h>

#include "abi/filter.h"
#include "flowwatcher/error.h"

struct fw_gateway {
	uint8_t address[16]; /* network byte order; IPv4 in the first four bytes */
	uint8_t family;	     /* FW_FAMILY_IPV4, FW_FAMILY_IPV6 */
	char adapter[FW_ADAPTER_NAME_SIZE];
};

/* Return false to stop early. */
typedef bool (*fw_gateway_fn)(const struct fw_gateway *gateway, void *argument);

/* Every default route with a gateway of the caller's network namespace. What cannot be read has
 * none. */
void fw_host_gateways(fw_gateway_fn row, void *argument);

/* Linux: the same from the text of /proc/net/route and of /proc/net/ipv6_route. False: a row stopped
 * it. */
bool fw_gateways_read_ipv4(FILE *file, fw_gateway_fn row, void *argument);
bool fw_gateways_read_ipv6(FILE *file, fw_gateway_fn row, void *argument);

/*
 * The peer of the SSH session: of SSH_CONNECTION, which the caller has or, where it was taken away
 * on the way (sudo), the nearest parent that has. False: there is none; the outputs are then
 * untouched.
 */
bool fw_host_ssh_peer(uint8_t *family, uint8_t address[16]);

/* The peer of the Remote Desktop session, in the same way. Linux has none. */
bool fw_host_desktop_peer(uint8_t *family, uint8_t address[16]);

/* That of SSH from a value of SSH_CONNECTION (ssh_peer.c): "192.0.2.1 50000 198.51.100.1 22". */
bool fw_ssh_peer_parse(const char *value, uint8_t *family, uint8_t address[16]);

#endif
