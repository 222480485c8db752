/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/text_codec.h"

#include <stdint.h>
#include <string.h>

/* Shortest code point that may take a sequence of this length, by RFC 3629. */
static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t lead_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* Length of the valid sequence at `bytes`, 0 if there is none; *code is the character. */
static size_t sequence_length(const char *bytes, size_t left, uint32_t *code)
{
	unsigned char lead = (unsigned char)bytes[0];
	size_t length = lead_length(lead);
	uint32_t value;

	if (length == 0 || length > left)
		return 0;
	value = length == 1 ? lead : lead & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char next = (unsigned char)bytes[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (next & 0x3f);
	}
	if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return length;
}

bool fw_utf8_is_valid(const char *bytes, size_t length)
{
	uint32_t code;

	for (size_t at = 0; at < length;) {
		size_t step = sequence_length(bytes + at, length - at, &code);

		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

size_t fw_utf8_replace(const char *bytes, size_t length, char *text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	uint32_t code;
	size_t out = 0;

	for (size_t at = 0; at < length;) {
		size_t step = sequence_length(bytes + at, length - at, &code);

		if (step == 0) {
			memcpy(text + out, replacement, 3);
			out += 3;
			at++;
			continue;
		}
		memcpy(text + out, bytes + at, step);
		out += step;
		at += step;
	}
	text[out] = '\0';
	return out;
}

size_t fw_base64_encode(const char *bytes, size_t length, char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t out = 0;

	for (size_t at = 0; at < length; at += 3) {
		size_t left = length - at;
		uint32_t group = (uint32_t)(unsigned char)bytes[at] << 16;

		if (left > 1)
			group |= (uint32_t)(unsigned char)bytes[at + 1] << 8;
		if (left > 2)
			group |= (unsigned char)bytes[at + 2];
		text[out++] = digits[group >> 18];
		text[out++] = digits[group >> 12 & 63];
		text[out++] = left > 1 ? digits[group >> 6 & 63] : '=';
		text[out++] = left > 2 ? digits[group & 63] : '=';
	}
	text[out] = '\0';
	return out;
}

/* C0, DEL and C1: a terminal would obey them. */
static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

size_t fw_text_printable(const char *bytes, size_t length, char *text, size_t size)
{
	size_t out = 0;

	for (size_t at = 0; at < length;) {
		uint32_t code = 0;
		size_t step = sequence_length(bytes + at, length - at, &code);
		bool shown = step > 0 && !is_control(code);

		if (out + (shown ? step : 1) >= size)
			break;
		if (shown) {
			memcpy(text + out, bytes + at, step);
			out += step;
		} else {
			text[out++] = '?';
		}
		at += step ? step : 1;
	}
	if (size > 0)
		text[out] = '\0';
	return out;
}

enum quoting { QUOTE_NONE, QUOTE_PLAIN, QUOTE_ESCAPED };

static enum quoting needed_quoting(const char *bytes, size_t length)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789@%_+=:,./-";
	enum quoting quoting = length ? QUOTE_NONE : QUOTE_PLAIN;

	for (size_t at = 0; at < length;) {
		uint32_t code = 0;
		size_t step = sequence_length(bytes + at, length - at, &code);

		if (step == 0 || is_control(code))
			return QUOTE_ESCAPED;
		if (!memchr(safe, bytes[at], sizeof(safe) - 1))
			quoting = QUOTE_PLAIN;
		at += step;
	}
	return quoting;
}

/* Between single quotes only the quote itself is special. */
static size_t quote_plain(const char *bytes, size_t length, char *text)
{
	size_t out = 0;

	text[out++] = '\'';
	for (size_t at = 0; at < length; at++) {
		if (bytes[at] == '\'') {
			memcpy(text + out, "'\\''", 4);
			out += 4;
		} else {
			text[out++] = bytes[at];
		}
	}
	text[out++] = '\'';
	return out;
}

static size_t escape_byte(char byte, char *text)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char value = (unsigned char)byte;

	text[0] = '\\';
	if (byte == '\n' || byte == '\t') {
		text[1] = byte == '\n' ? 'n' : 't';
		return 2;
	}
	if (byte == '\\' || byte == '\'') {
		text[1] = byte;
		return 2;
	}
	text[1] = 'x';
	text[2] = digits[value >> 4];
	text[3] = digits[value & 15];
	return 4;
}

static size_t quote_escaped(const char *bytes, size_t length, char *text)
{
	size_t out = 2;

	memcpy(text, "$'", 2);
	for (size_t at = 0; at < length;) {
		uint32_t code = 0;
		size_t step = sequence_length(bytes + at, length - at, &code);

		if (step > 0 && !is_control(code) && code != '\\' && code != '\'') {
			memcpy(text + out, bytes + at, step);
			out += step;
			at += step;
			continue;
		}
		for (size_t end = at + (step ? step : 1); at < end; at++)
			out += escape_byte(bytes[at], text + out);
	}
	text[out++] = '\'';
	return out;
}

size_t fw_shell_quote(const char *bytes, size_t length, char *text)
{
	size_t out = length;

	switch (needed_quoting(bytes, length)) {
	case QUOTE_NONE:
		memcpy(text, bytes, length);
		break;
	case QUOTE_PLAIN:
		out = quote_plain(bytes, length, text);
		break;
	case QUOTE_ESCAPED:
		out = quote_escaped(bytes, length, text);
		break;
	}
	text[out] = '\0';
	return out;
}

size_t fw_text_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		if (((unsigned char)*text & 0xc0) != 0x80)
			columns++;
	return columns;
}
