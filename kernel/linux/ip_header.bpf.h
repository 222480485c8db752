/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* IP headers as they are in packets, up to the addresses. For the BPF programs that read packets. */
#ifndef FW_IP_HEADER_BPF_H
#define FW_IP_HEADER_BPF_H

#include "kernel/linux/kernel_types.h"

/* RFC 791 */
struct ipv4_header {
	__u8 version_length;
	__u8 service;
	__be16 length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 protocol;
	__be16 checksum;
	__be32 source;
	__be32 destination;
};

/* RFC 8200 */
struct ipv6_header {
	__be32 version_flow;
	__be16 payload_length;
	__u8 next;
	__u8 hops;
	__be32 source[4];
	__be32 destination[4];
};

#endif
