/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/proc_net.h"

#include <netinet/in.h>
#include <string.h>

/* Longest field wanted: an IPv6 address of 32 digits, a colon and a port. */
#define FIELD_SIZE 48

struct cursor {
	const char *at;
	const char *end;
};

static bool next_field(struct cursor *cursor, char field[FIELD_SIZE])
{
	size_t length = 0;

	while (cursor->at < cursor->end && *cursor->at == ' ')
		cursor->at++;
	for (; cursor->at < cursor->end && *cursor->at != ' ' && *cursor->at != '\n';
		cursor->at++) {
		if (length == FIELD_SIZE - 1 || !*cursor->at)
			return false;
		field[length++] = *cursor->at;
	}
	field[length] = '\0';
	return length > 0;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* Exactly `digits` (at most 8) hexadecimal digits. */
static bool take_hex(const char **text, unsigned int digits, uint32_t *number)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < digits; i++) {
		int digit = hex_digit((*text)[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*text += digits;
	*number = value;
	return true;
}

static bool take_decimal(const char *text, uint64_t maximum, uint64_t *number)
{
	uint64_t value = 0;

	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');

		if (value > (maximum - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

/* Each 32-bit word of the address is printed as a number of this machine; the port is a number. */
static bool take_endpoint(
	const char *field, unsigned int words, uint8_t address[16], uint16_t *port)
{
	uint32_t word;

	for (unsigned int i = 0; i < words; i++) {
		if (!take_hex(&field, 8, &word))
			return false;
		memcpy(address + 4 * i, &word, sizeof(word));
	}
	if (*field++ != ':' || !take_hex(&field, 4, &word) || *field)
		return false;
	*port = (uint16_t)word;
	return true;
}

/* Raw sockets show their protocol where others show the port; ping sockets their identifier. */
static void settle_protocol(struct fw_diag_socket *socket, uint32_t state)
{
	if (socket->protocol == IPPROTO_RAW) {
		socket->protocol = socket->local_port;
		socket->local_port = 0;
	}
	if (socket->protocol == IPPROTO_TCP && state < FW_STATE_COUNT)
		socket->state = (uint8_t)state;
}

/* Fields: slot local remote state queues timer retransmits uid timeout inode ... */
bool fw_proc_net_parse(const char *line, size_t length, uint8_t family, uint16_t protocol,
	struct fw_diag_socket *socket)
{
	struct cursor cursor = { line, line + length };
	struct fw_diag_socket out = { .family = family, .protocol = protocol };
	unsigned int words = family == FW_FAMILY_IPV4 ? 1 : 4;
	char field[10][FIELD_SIZE];
	uint32_t state;
	uint64_t uid, inode;

	for (size_t i = 0; i < FW_ARRAY_SIZE(field); i++)
		if (!next_field(&cursor, field[i]))
			return false;
	const char *state_text = field[3];

	if (!take_endpoint(field[1], words, out.local_address, &out.local_port) ||
		!take_endpoint(field[2], words, out.remote_address, &out.remote_port) ||
		!take_hex(&state_text, 2, &state) || *state_text ||
		!take_decimal(field[7], UINT32_MAX, &uid) ||
		!take_decimal(field[9], UINT64_MAX, &inode))
		return false;
	out.uid = (uint32_t)uid;
	out.inode = inode;
	out.cookie = inode;
	settle_protocol(&out, state);
	*socket = out;
	return true;
}
