/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Peers: the addresses of a prefix and some of their ports. Callable from any thread. */
#ifndef FLOWWATCHER_PREFIX_H
#define FLOWWATCHER_PREFIX_H

#include <stddef.h>
#include <stdint.h>

#include "abi/flow.h"
#include "flowwatcher/error.h"

#define FW_PREFIX_TEXT_SIZE 72 /* "[" IPv6 "/128]:65535-65535" and to spare */
#define FW_LAST_PORT	    65535u

/* Every port is first_port 0 and last_port FW_LAST_PORT, as in struct fw_rule. */
struct fw_prefix {
	uint8_t address[16]; /* network byte order, host bits 0; IPv4 in the first four bytes */
	uint8_t family;	     /* FW_FAMILY_IPV4, FW_FAMILY_IPV6 */
	uint8_t length;	     /* bits */
	uint16_t first_port; /* host byte order */
	uint16_t last_port;
};

/*
 * "10.0.0.0/8", "192.0.2.1", "192.0.2.1:443", "10.0.0.0/8:8000-8999", "::1", "2001:db8::/32",
 * "[2001:db8::/32]:443". An IPv4-mapped IPv6 address is the IPv4 address. FW_USAGE names what is
 * wrong and, where host bits are set, the network that is meant; *prefix is then untouched.
 */
enum fw_status fw_prefix_parse(const char *text, struct fw_prefix *prefix, struct fw_error *error);

/* The same text again, without /32 of IPv4 and /128 of IPv6. Returns `text`, which has `size`
 * bytes. */
char *fw_prefix_format(const struct fw_prefix *prefix, char *text, size_t size);

#endif
