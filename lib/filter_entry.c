/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/filter_entry.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/prefix_order.h"
#include "flowwatcher/format.h"
#include "flowwatcher/prefix_list.h"

#define IPV4_BITS 32u
#define IPV6_BITS 128u
#define MAPPED_BITS 96u /* of ::ffff:0:0/96, the IPv4-mapped addresses of RFC 4291 */

#define EXPECTED "expected an address, a network (192.0.2.0/24) or a range (192.0.2.1-192.0.2.9)"

/* A text that is being read, by what has been read of it. */
struct cursor {
	const char *text, *at, *end;
	struct fw_filter_fault *fault;
};

/* One address and where it stands. */
struct address {
	uint8_t bytes[16];
	uint8_t family;
	const char *at;
};

bool fw_filter_fault_set(struct fw_filter_fault *fault, size_t offset, const char *format, ...)
{
	va_list arguments;

	fault->offset = offset;
	fault->is_final = false;
	va_start(arguments, format);
	vsnprintf(fault->reason, sizeof(fault->reason), format, arguments);
	va_end(arguments);
	return false;
}

static bool refuse(const struct cursor *cursor, const char *at, const char *reason)
{
	return fw_filter_fault_set(cursor->fault, (size_t)(at - cursor->text), "%s", reason);
}

static bool is_digit(const struct cursor *cursor)
{
	return cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
}

static bool take(struct cursor *cursor, char character)
{
	if (cursor->at == cursor->end || *cursor->at != character)
		return false;
	cursor->at++;
	return true;
}

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

/* The caller has seen a digit. False: more than `most`, and the cursor stands behind the digits. */
static bool read_number(struct cursor *cursor, uint32_t most, uint32_t *number)
{
	uint32_t value = 0;

	for (; is_digit(cursor); cursor->at++)
		if (value <= most)
			value = value * 10 + (uint32_t)(*cursor->at - '0');
	*number = value;
	return value <= most;
}

static bool has_leading_zero(const struct cursor *cursor)
{
	return cursor->end - cursor->at > 1 && cursor->at[0] == '0' && cursor->at[1] >= '0' &&
	       cursor->at[1] <= '9';
}

static bool read_ipv4(struct cursor *cursor, uint8_t bytes[16])
{
	uint32_t number;

	memset(bytes, 0, 16);
	for (int i = 0; i < 4; i++) {
		const char *at = cursor->at;

		if (i > 0 && !take(cursor, '.'))
			return refuse(cursor, at,
				"an IPv4 address has four numbers with '.' between them");
		at = cursor->at;
		if (!is_digit(cursor))
			return refuse(cursor, at, EXPECTED);
		if (has_leading_zero(cursor))
			return refuse(cursor, at,
				"a number with a leading zero is octal to some and decimal to "
				"others; write it without");
		if (!read_number(cursor, 255, &number))
			return refuse(cursor, at, "a number of an IPv4 address is at most 255");
		bytes[i] = (uint8_t)number;
	}
	if (cursor->at < cursor->end && *cursor->at == '.')
		return refuse(cursor, cursor->at, "an IPv4 address has four numbers and no more");
	if (cursor->at < cursor->end && *cursor->at == ':')
		return refuse(cursor, cursor->at,
			"a filter drops by address alone; leave the port away");
	return true;
}

static bool is_ipv6_character(char character)
{
	return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
	       (character >= 'A' && character <= 'F') || character == ':' || character == '.';
}

static bool read_ipv6(struct cursor *cursor, uint8_t bytes[16])
{
	const char *begin = cursor->at;
	char text[INET6_ADDRSTRLEN];
	size_t length;

	while (cursor->at < cursor->end && is_ipv6_character(*cursor->at))
		cursor->at++;
	length = (size_t)(cursor->at - begin);
	if (cursor->at < cursor->end && *cursor->at == '%')
		return refuse(cursor, cursor->at,
			"a zone (%name) is no part of what a packet carries; leave it away and "
			"name the adapter instead");
	if (length >= sizeof(text))
		return refuse(cursor, begin, "this is too long for an IPv6 address");
	memcpy(text, begin, length);
	text[length] = '\0';
	if (inet_pton(AF_INET6, text, bytes) == 1)
		return true;
	return refuse(cursor, begin,
		"this is no IPv6 address: it has eight groups of up to four hexadecimal digits, or "
		"fewer and '::' once");
}

/* What comes first tells: an IPv6 address with an IPv4 tail has a ':' before the first '.'. */
static uint8_t guess_family(const struct cursor *cursor)
{
	for (const char *at = cursor->at; at < cursor->end && is_ipv6_character(*at); at++) {
		if (*at == ':')
			return FW_FAMILY_IPV6;
		if (*at == '.')
			return FW_FAMILY_IPV4;
	}
	return FW_FAMILY_NONE;
}

static bool read_address(struct cursor *cursor, struct address *address)
{
	address->at = cursor->at;
	address->family = guess_family(cursor);
	if (address->family == FW_FAMILY_IPV4)
		return read_ipv4(cursor, address->bytes);
	if (address->family == FW_FAMILY_IPV6)
		return read_ipv6(cursor, address->bytes);
	return refuse(cursor, cursor->at, EXPECTED);
}

static bool is_mapped(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static void unmap(uint8_t bytes[16])
{
	memmove(bytes, bytes + 12, 4);
	memset(bytes + 4, 0, 12);
}

static bool read_length(struct cursor *cursor, uint32_t bits, uint32_t *length)
{
	const char *at = cursor->at;

	if (is_digit(cursor) && !has_leading_zero(cursor) && read_number(cursor, bits, length) &&
		(cursor->at == cursor->end || *cursor->at != '.'))
		return true;
	return fw_filter_fault_set(cursor->fault, (size_t)(at - cursor->text),
		"behind '/' stands how many bits all addresses of the network share, from 0 to %u",
		bits);
}

static void clear_host_bits(struct fw_filter_prefix *prefix)
{
	uint32_t bytes = fw_prefix_address_bytes(prefix->family), kept = prefix->length / 8;

	if (kept >= bytes)
		return;
	prefix->address[kept] &= (uint8_t)(0xff00u >> (prefix->length % 8));
	memset(prefix->address + kept + 1, 0, bytes - kept - 1);
}

static bool refuse_host_bits(const struct cursor *cursor, const struct address *address,
	const struct fw_filter_prefix *prefix)
{
	char network[FW_FILTER_PREFIX_TEXT_SIZE], host[FW_ADDRESS_TEXT_SIZE];
	struct fw_filter_prefix meant = *prefix;

	fw_format_address(prefix->family, prefix->address, host, sizeof(host));
	clear_host_bits(&meant);
	return fw_filter_fault_set(cursor->fault, (size_t)(address->at - cursor->text),
		"bits are set behind the first %u; write %s for the network, %s for the one "
		"address",
		prefix->length, fw_filter_prefix_format(&meant, network, sizeof(network)), host);
}

static bool finish_network(struct cursor *cursor, const struct address *address,
	struct fw_filter_entry *entry)
{
	uint32_t bits = address->family == FW_FAMILY_IPV4 ? IPV4_BITS : IPV6_BITS, length = bits;
	struct fw_filter_prefix prefix = { .family = address->family };

	if (take(cursor, '/') && !read_length(cursor, bits, &length))
		return false;
	if (cursor->at != cursor->end)
		return refuse(cursor, cursor->at,
			"a remark stands behind ';' or '#'; write one address, network or range a "
			"line");
	memcpy(prefix.address, address->bytes, sizeof(prefix.address));
	if (prefix.family == FW_FAMILY_IPV6 && length >= MAPPED_BITS && is_mapped(address->bytes)) {
		prefix.family = FW_FAMILY_IPV4;
		length -= MAPPED_BITS;
		unmap(prefix.address);
	}
	prefix.length = (uint8_t)length;
	if (!fw_prefix_is_sound(&prefix))
		return refuse_host_bits(cursor, address, &prefix);
	entry->first = prefix;
	entry->is_range = false;
	return true;
}

static bool finish_range(struct cursor *cursor, struct address *first,
	struct fw_filter_entry *entry)
{
	struct address last;

	skip_blanks(cursor);
	if (!read_address(cursor, &last))
		return false;
	if (cursor->at != cursor->end)
		return refuse(cursor, cursor->at,
			"a range is two addresses with '-' between them and nothing else");
	if (first->family != last.family ||
		(first->family == FW_FAMILY_IPV6 &&
			is_mapped(first->bytes) != is_mapped(last.bytes)))
		return refuse(cursor, last.at, "a range ends in the family in which it begins");
	if (memcmp(first->bytes, last.bytes, sizeof(last.bytes)) > 0)
		return refuse(cursor, last.at, "a range ends behind its beginning; swap the two");
	if (first->family == FW_FAMILY_IPV6 && is_mapped(first->bytes)) {
		first->family = FW_FAMILY_IPV4;
		unmap(first->bytes);
		unmap(last.bytes);
	}
	entry->first = (struct fw_filter_prefix){ .family = first->family };
	entry->first.length = (uint8_t)(fw_prefix_address_bytes(first->family) * 8);
	memcpy(entry->first.address, first->bytes, sizeof(first->bytes));
	memcpy(entry->last, last.bytes, sizeof(last.bytes));
	entry->is_range = true;
	return true;
}

bool fw_filter_entry_read(const char *text, size_t length, struct fw_filter_entry *entry,
	struct fw_filter_fault *fault)
{
	struct cursor cursor = { text, text, text + length, fault };
	struct address address;

	if (!read_address(&cursor, &address))
		return false;
	if (cursor.at == cursor.end || *cursor.at == '/')
		return finish_network(&cursor, &address, entry);
	skip_blanks(&cursor);
	if (take(&cursor, '-'))
		return finish_range(&cursor, &address, entry);
	return finish_network(&cursor, &address, entry);
}

/* The last address of the block of so many host bits that `address` begins. */
static void fill_block(const uint8_t *address, uint32_t bytes, uint32_t host_bits, uint8_t *last)
{
	memcpy(last, address, bytes);
	for (uint32_t i = 0; i < host_bits; i++)
		last[bytes - 1 - i / 8] |= (uint8_t)(1u << i % 8);
}

/* The largest network that begins at `first` and does not reach beyond `last`, in host bits. */
static uint32_t largest_block(const uint8_t *first, const uint8_t *last, uint32_t bytes)
{
	uint32_t host_bits = 0;
	uint8_t end[16];

	while (host_bits < bytes * 8 && !(first[bytes - 1 - host_bits / 8] >> host_bits % 8 & 1)) {
		fill_block(first, bytes, host_bits + 1, end);
		if (memcmp(end, last, bytes) > 0)
			break;
		host_bits++;
	}
	return host_bits;
}

/* From one address to the next. */
static void step(uint8_t *address, uint32_t bytes)
{
	while (bytes > 0 && ++address[bytes - 1] == 0)
		bytes--;
}

size_t fw_filter_entry_expand(const struct fw_filter_entry *entry,
	struct fw_filter_prefix *prefixes)
{
	uint32_t bytes = fw_prefix_address_bytes(entry->first.family);
	uint8_t at[16], end[16];
	size_t count = 0;
	bool is_last;

	if (!entry->is_range) {
		prefixes[0] = entry->first;
		return 1;
	}
	memcpy(at, entry->first.address, sizeof(at));
	do {
		uint32_t host_bits = largest_block(at, entry->last, bytes);
		struct fw_filter_prefix *prefix = &prefixes[count++];

		*prefix = (struct fw_filter_prefix){ .family = entry->first.family };
		prefix->length = (uint8_t)(bytes * 8 - host_bits);
		memcpy(prefix->address, at, bytes);
		fill_block(at, bytes, host_bits, end);
		is_last = !memcmp(end, entry->last, bytes);
		memcpy(at, end, bytes);
		step(at, bytes);
	} while (!is_last);
	return count;
}
