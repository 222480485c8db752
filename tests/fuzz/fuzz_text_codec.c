/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bytes of any kind: replaced text is valid and stable, printable text holds no control. */
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/text_codec.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_printable(const char *bytes, size_t size, size_t room)
{
	char *text = malloc(room);
	size_t length;

	if (!text)
		return;
	length = fw_text_printable(bytes, size, text, room);
	if (length >= room || text[length] || !fw_utf8_is_valid(text, length))
		abort();
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			abort();
	if (fw_text_columns(text) > length)
		abort();
	free(text);
}

static void check_quoted(const char *bytes, size_t size)
{
	char *text = malloc(FW_SHELL_QUOTED_SIZE(size));
	size_t length;

	if (!text)
		return;
	length = fw_shell_quote(bytes, size, text);
	if (length < size || length >= FW_SHELL_QUOTED_SIZE(size) || text[length] ||
		!fw_utf8_is_valid(text, length))
		abort();
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const char *bytes = (const char *)data;
	char *text = malloc(FW_UTF8_REPLACED_SIZE(size)), *base64 = malloc(FW_BASE64_SIZE(size));
	size_t length;

	if (text && base64) {
		length = fw_utf8_replace(bytes, size, text);
		if (length >= FW_UTF8_REPLACED_SIZE(size) || !fw_utf8_is_valid(text, length))
			abort();
		if (fw_utf8_is_valid(bytes, size) && (length != size || memcmp(text, bytes, size)))
			abort();
		if (fw_base64_encode(bytes, size, base64) != FW_BASE64_SIZE(size) - 1)
			abort();
		check_quoted(bytes, size);
		check_printable(bytes, size, size + 1);
		check_printable(bytes, size, 1 + size / 2);
	}
	free(text);
	free(base64);
	return 0;
}
