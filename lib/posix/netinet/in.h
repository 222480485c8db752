/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers of protocols, as IANA has them. Any thread. */
#ifndef FW_POSIX_NETINET_IN_H
#define FW_POSIX_NETINET_IN_H

enum {
	IPPROTO_ICMP = 1,
	IPPROTO_IGMP = 2,
	IPPROTO_IPIP = 4,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_DCCP = 33,
	IPPROTO_IPV6 = 41,
	IPPROTO_GRE = 47,
	IPPROTO_ESP = 50,
	IPPROTO_AH = 51,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_SCTP = 132,
	IPPROTO_UDPLITE = 136,
	IPPROTO_RAW = 255,
};

#endif
