/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The order of prefixes in a list of abi/filter.h, and what makes one sound: the same answer for
 * who makes a list and for who refuses it. Callable from anywhere.
 */
#ifndef FW_CORE_PREFIX_ORDER_H
#define FW_CORE_PREFIX_ORDER_H

#include "abi/filter.h"

static inline uint32_t fw_prefix_address_bytes(uint8_t family)
{
	return family == FW_FAMILY_IPV4 ? 4 : 16;
}

/* Do the first `bits` bits of two addresses agree? */
static inline bool fw_prefix_bits_agree(const uint8_t a[16], const uint8_t b[16], uint32_t bits)
{
	uint32_t bytes = bits / 8, rest = bits % 8;

	for (uint32_t i = 0; i < bytes && i < 16; i++)
		if (a[i] != b[i])
			return false;
	return rest == 0 || bytes >= 16 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

/* Family, length and zeros as struct fw_filter_prefix has them. */
static inline bool fw_prefix_is_sound(const struct fw_filter_prefix *prefix)
{
	uint32_t bytes = fw_prefix_address_bytes(prefix->family);

	if (prefix->family != FW_FAMILY_IPV4 && prefix->family != FW_FAMILY_IPV6)
		return false;
	if (prefix->length > bytes * 8 || prefix->reserved != 0)
		return false;
	for (uint32_t i = 0; i < 16; i++) {
		uint32_t first = i * 8;
		uint8_t host = 0xff;

		if (first + 8 <= prefix->length)
			host = 0;
		else if (first < prefix->length)
			host = (uint8_t)(0xff >> (prefix->length - first));
		if (prefix->address[i] & host)
			return false;
	}
	return true;
}

/* IPv4 before IPv6, by address, the larger network first: <0, 0, >0. */
static inline int fw_prefix_order(const struct fw_filter_prefix *a,
	const struct fw_filter_prefix *b)
{
	if (a->family != b->family)
		return (int)a->family - (int)b->family;
	for (uint32_t i = 0; i < 16; i++)
		if (a->address[i] != b->address[i])
			return (int)a->address[i] - (int)b->address[i];
	return (int)a->length - (int)b->length;
}

/* Are all addresses of `inner` addresses of `outer`? Of equal prefixes too. */
static inline bool fw_prefix_covers(const struct fw_filter_prefix *outer,
	const struct fw_filter_prefix *inner)
{
	return outer->family == inner->family && outer->length <= inner->length &&
	       fw_prefix_bits_agree(outer->address, inner->address, outer->length);
}

/* May `next` stand behind `prefix` in a list? That holds for all of a list if it does for each
 * pair. */
static inline bool fw_prefix_may_follow(const struct fw_filter_prefix *prefix,
	const struct fw_filter_prefix *next)
{
	return fw_prefix_order(prefix, next) < 0 && !fw_prefix_covers(prefix, next);
}

#endif
