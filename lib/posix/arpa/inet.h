/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The part of POSIX's header that the shared sources use, without the sockets that come with Windows' own. Any thread. */
#ifndef FW_POSIX_ARPA_INET_H
#define FW_POSIX_ARPA_INET_H

#include <stddef.h>
#include <stdint.h>

#define AF_INET		 2
#define AF_INET6	 10
#define INET_ADDRSTRLEN	 16
#define INET6_ADDRSTRLEN 46

/* 1: parsed; 0: the text is no address of the family. The address is untouched then. */
int inet_pton(int family, const char *text, void *address);
/* NULL: there is no such family, or `size` is too small. */
const char *inet_ntop(int family, const void *address, char *text, unsigned int size);

static inline uint32_t htonl(uint32_t number)
{
	return __builtin_bswap32(number);
}

static inline uint32_t ntohl(uint32_t number)
{
	return __builtin_bswap32(number);
}

static inline uint16_t htons(uint16_t number)
{
	return __builtin_bswap16(number);
}

static inline uint16_t ntohs(uint16_t number)
{
	return __builtin_bswap16(number);
}

#endif
