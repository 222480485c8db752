/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/prefix.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/format.h"

#define IPV4_BITS	  32u
#define IPV6_BITS	  128u
#define MAPPED_BITS	  96u /* of ::ffff:0:0/96, the IPv4-mapped addresses of RFC 4291 */
#define HOST_SIZE	  64  /* of the longest text of address and length */

#define EXAMPLES "10.0.0.0/8, 192.0.2.1:443, 2001:db8::/32 or [2001:db8::1]:8000-8999"

/* The parts of a text, none of them looked into. */
struct parts {
	char address[HOST_SIZE];
	const char *length; /* NULL: none */
	const char *ports;  /* NULL: none */
};

static enum fw_status refuse(const char *text, struct fw_error *error)
{
	return fw_error_set(error, FW_USAGE,
		"'%.80s' is not an address with a length and a port; write for example " EXAMPLES,
		text);
}

/* What stands in front of a port, without brackets; a text with several ':' and none is IPv6. */
static bool split(const char *text, struct parts *parts)
{
	const char *end = text + strlen(text), *begin = text, *colon = strchr(text, ':');
	char *slash;

	if (text[0] == '[') {
		begin = text + 1;
		end = strchr(text, ']');
		if (!end || (end[1] != ':' && end[1] != '\0'))
			return false;
		parts->ports = end[1] == ':' ? end + 2 : NULL;
	} else if (colon && !strchr(colon + 1, ':')) {
		end = colon;
		parts->ports = colon + 1;
	}
	if ((size_t)(end - begin) >= sizeof(parts->address))
		return false;
	memcpy(parts->address, begin, (size_t)(end - begin));
	slash = strchr(parts->address, '/');
	if (slash) {
		*slash = '\0';
		parts->length = slash + 1;
	}
	return true;
}

/* Digits alone, up to `most`. */
static bool parse_number(const char *text, size_t digits, uint32_t most, uint32_t *number)
{
	uint32_t value = 0;

	if (digits == 0 || digits > 5)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text[i] - '0');
	}
	*number = value;
	return value <= most;
}

static enum fw_status parse_ports(
	const char *text, struct fw_prefix *prefix, struct fw_error *error)
{
	size_t digits = strcspn(text, "-");
	const char *last = text[digits] ? text + digits + 1 : text;
	uint32_t first_port, last_port;

	if (!parse_number(text, digits, FW_LAST_PORT, &first_port) ||
		!parse_number(last, strlen(last), FW_LAST_PORT, &last_port) || first_port == 0 ||
		last_port < first_port)
		return fw_error_set(error, FW_USAGE,
			"'%.60s' is not a port; write one from 1 to 65535, or two as in 8000-8999",
			text);
	prefix->first_port = (uint16_t)first_port;
	prefix->last_port = (uint16_t)last_port;
	return FW_OK;
}

static bool is_mapped(const struct fw_prefix *prefix)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return prefix->family == FW_FAMILY_IPV6 && prefix->length >= MAPPED_BITS &&
	       memcmp(prefix->address, mapped, sizeof(mapped)) == 0;
}

static void unmap(struct fw_prefix *prefix)
{
	prefix->family = FW_FAMILY_IPV4;
	prefix->length = (uint8_t)(prefix->length - MAPPED_BITS);
	memmove(prefix->address, prefix->address + 12, 4);
	memset(prefix->address + 4, 0, 12);
}

/* Returns whether one was set. */
static bool clear_host_bits(struct fw_prefix *prefix)
{
	size_t bytes = prefix->family == FW_FAMILY_IPV4 ? 4 : 16;
	bool any = false;

	for (size_t i = 0; i < bytes; i++) {
		size_t first = i * 8;
		uint8_t mask = 0;

		if (first + 8 <= prefix->length)
			mask = 0xff;
		else if (first < prefix->length)
			mask = (uint8_t)(0xff << (first + 8 - prefix->length));
		any |= prefix->address[i] & ~mask;
		prefix->address[i] &= mask;
	}
	return any;
}

static enum fw_status parse_address(const char *text, const struct parts *parts,
	struct fw_prefix *prefix, struct fw_error *error)
{
	uint32_t bits, length;

	if (inet_pton(AF_INET, parts->address, prefix->address) == 1)
		prefix->family = FW_FAMILY_IPV4;
	else if (inet_pton(AF_INET6, parts->address, prefix->address) == 1)
		prefix->family = FW_FAMILY_IPV6;
	else
		return refuse(text, error);
	bits = length = prefix->family == FW_FAMILY_IPV4 ? IPV4_BITS : IPV6_BITS;
	if (parts->length && !parse_number(parts->length, strlen(parts->length), bits, &length))
		return fw_error_set(error, FW_USAGE,
			"the length in '%.80s' is not a number of bits from 0 to %u", text, bits);
	prefix->length = (uint8_t)length;
	if (is_mapped(prefix))
		unmap(prefix);
	return FW_OK;
}

enum fw_status fw_prefix_parse(const char *text, struct fw_prefix *prefix, struct fw_error *error)
{
	struct fw_prefix parsed = { .last_port = FW_LAST_PORT };
	char network[FW_PREFIX_TEXT_SIZE], host[FW_ADDRESS_TEXT_SIZE];
	struct parts parts = { .address = "" };
	enum fw_status status;

	if (!split(text, &parts))
		return refuse(text, error);
	status = parse_address(text, &parts, &parsed, error);
	if (status == FW_OK && parts.ports)
		status = parse_ports(parts.ports, &parsed, error);
	if (status != FW_OK)
		return status;
	fw_format_address(parsed.family, parsed.address, host, sizeof(host));
	if (clear_host_bits(&parsed))
		return fw_error_set(error, FW_USAGE,
			"'%.80s' has bits set behind its first %u; write %s for the network, %s for the "
			"address",
			text, parsed.length, fw_prefix_format(&parsed, network, sizeof(network)),
			host);
	*prefix = parsed;
	return FW_OK;
}

char *fw_prefix_format(const struct fw_prefix *prefix, char *text, size_t size)
{
	bool is_ipv6 = prefix->family == FW_FAMILY_IPV6;
	bool has_port = prefix->first_port != 0 || prefix->last_port != FW_LAST_PORT;
	char address[FW_ADDRESS_TEXT_SIZE], length[8] = "", ports[16] = "";

	fw_format_address(prefix->family, prefix->address, address, sizeof(address));
	if (prefix->length < (is_ipv6 ? IPV6_BITS : IPV4_BITS))
		snprintf(length, sizeof(length), "/%u", prefix->length);
	if (has_port && prefix->first_port == prefix->last_port)
		snprintf(ports, sizeof(ports), ":%u", prefix->first_port);
	else if (has_port)
		snprintf(ports, sizeof(ports), ":%u-%u", prefix->first_port, prefix->last_port);
	if (is_ipv6 && has_port)
		snprintf(text, size, "[%s%s]%s", address, length, ports);
	else
		snprintf(text, size, "%s%s%s", address, length, ports);
	return text;
}
