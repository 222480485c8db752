/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* inet_pton() and inet_ntop(), which Windows has since Vista only; texts as RFC 5952 wants them. */
#include <arpa/inet.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define GROUPS 8

static bool parse_ipv4(const char *text, uint8_t address[4])
{
	uint8_t parsed[4];

	for (size_t i = 0; i < 4; i++) {
		unsigned int number = 0;
		size_t digits = 0;

		for (; *text >= '0' && *text <= '9' && digits < 4; digits++)
			number = number * 10 + (unsigned int)(*text++ - '0');
		if (!digits || number > 255 || (digits > 1 && text[-(ptrdiff_t)digits] == '0'))
			return false;
		parsed[i] = (uint8_t)number;
		if (*text++ != (i < 3 ? '.' : '\0'))
			return false;
	}
	memcpy(address, parsed, sizeof(parsed));
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

struct groups {
	uint8_t bytes[16];
	size_t length;
	size_t gap; /* where :: stands; none: 17 */
};

/* A group of 1 to 4 digits at *text, which moves on. */
static bool take_group(const char **text, struct groups *groups)
{
	unsigned int number = 0;
	size_t digits = 0;

	for (; hex_digit(**text) >= 0 && digits < 5; digits++)
		number = number << 4 | (unsigned int)hex_digit(*(*text)++);
	if (!digits || digits > 4 || groups->length > 14)
		return false;
	groups->bytes[groups->length++] = (uint8_t)(number >> 8);
	groups->bytes[groups->length++] = (uint8_t)number;
	return true;
}

static bool take_groups(const char *text, struct groups *groups)
{
	if (text[0] == ':' && *++text != ':')
		return false;
	while (*text) {
		if (*text == ':') {
			if (groups->gap <= 16)
				return false;
			groups->gap = groups->length;
			text++;
			continue;
		}
		if (strchr(text, '.') && !strchr(text, ':')) {
			if (groups->length > 12 || !parse_ipv4(text, groups->bytes + groups->length))
				return false;
			groups->length += 4;
			return true;
		}
		if (!take_group(&text, groups))
			return false;
		if (*text == ':' && text[1] == '\0')
			return false;
		if (*text && *text++ != ':')
			return false;
	}
	return true;
}

static bool parse_ipv6(const char *text, uint8_t address[16])
{
	struct groups groups = { .gap = 17 };
	size_t behind;

	if (!take_groups(text, &groups))
		return false;
	if (groups.gap > 16 ? groups.length != 16 : groups.length > 14)
		return false;
	if (groups.gap <= 16) {
		behind = groups.length - groups.gap;
		memmove(groups.bytes + 16 - behind, groups.bytes + groups.gap, behind);
		memset(groups.bytes + groups.gap, 0, 16 - groups.length);
	}
	memcpy(address, groups.bytes, 16);
	return true;
}

int inet_pton(int family, const char *text, void *address)
{
	if (family == AF_INET)
		return parse_ipv4(text, address);
	return family == AF_INET6 && parse_ipv6(text, address);
}

static unsigned int group_at(const uint8_t *address, size_t i)
{
	return (unsigned int)address[2 * i] << 8 | address[2 * i + 1];
}

/* The longest run of two or more zero groups, the first of equals; *length 0: none. */
static size_t find_zeros(const uint8_t *address, size_t *length)
{
	size_t best = 0, run = 0;

	*length = 0;
	for (size_t i = 0; i < GROUPS; i++) {
		run = group_at(address, i) ? 0 : run + 1;
		if (run > 1 && run > *length) {
			*length = run;
			best = i + 1 - run;
		}
	}
	return best;
}

static bool holds_ipv4(const uint8_t *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(address, mapped, sizeof(mapped));
}

static void write_ipv4(const uint8_t *address, char *text, size_t size)
{
	snprintf(text, size, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

static void write_ipv6(const uint8_t *address, char *text, size_t size)
{
	size_t zeros_length, zeros = find_zeros(address, &zeros_length), used = 0;

	if (holds_ipv4(address)) {
		memcpy(text, "::ffff:", 8);
		write_ipv4(address + 12, text + 7, size - 7);
		return;
	}
	text[0] = '\0';
	for (size_t i = 0; i < GROUPS;) {
		if (zeros_length && i == zeros) {
			used += (size_t)snprintf(text + used, size - used, "::");
			i += zeros_length;
			continue;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%x",
			used && text[used - 1] != ':' ? ":" : "", group_at(address, i));
		i++;
	}
}

const char *inet_ntop(int family, const void *address, char *text, unsigned int size)
{
	char written[INET6_ADDRSTRLEN];

	if (family == AF_INET)
		write_ipv4(address, written, sizeof(written));
	else if (family == AF_INET6)
		write_ipv6(address, written, sizeof(written));
	else
		return NULL;
	if (strlen(written) >= size)
		return NULL;
	memcpy(text, written, strlen(written) + 1);
	return text;
}
