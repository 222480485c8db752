/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/nt_path.h"

#include <stdio.h>
#include <string.h>

#define NETWORK "\\Device\\Mup"
#define ROOT	"\\SystemRoot"
#define GLOBAL	"\\??\\"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Does the path begin with all of `prefix`, whatever the case, and end or go on with '\' there? */
static bool is_below(const char *path, size_t length, const char *prefix)
{
	size_t prefix_length = strlen(prefix);

	if (!prefix_length || length < prefix_length)
		return false;
	for (size_t i = 0; i < prefix_length; i++)
		if (lower(path[i]) != lower(prefix[i]))
			return false;
	return length == prefix_length || path[prefix_length] == '\\';
}

/* Put `text` in the place of the first `cut` bytes. */
static size_t exchange(char *path, size_t length, size_t cut, const char *text)
{
	size_t text_length = strlen(text);

	if (text_length > cut)
		return length;
	memmove(path + text_length, path + cut, length - cut);
	memcpy(path, text, text_length);
	return length - cut + text_length;
}

size_t fw_nt_path_to_dos(const struct fw_drive_table *table, char *path, size_t length)
{
	char drive[] = "A:";

	if (length > strlen(GLOBAL) && !memcmp(path, GLOBAL, strlen(GLOBAL)))
		return exchange(path, length, strlen(GLOBAL), "");
	if (is_below(path, length, ROOT) && table->windows[0])
		return exchange(path, length, strlen(ROOT), table->windows);
	/* The path behind it begins with the second of the two '\'. */
	if (is_below(path, length, NETWORK))
		return exchange(path, length, strlen(NETWORK), "\\");
	for (size_t i = 0; i < FW_DRIVES; i++) {
		drive[0] = (char)('A' + i);
		if (is_below(path, length, table->devices[i]))
			return exchange(path, length, strlen(table->devices[i]), drive);
	}
	return length;
}

static bool put(char *nt, size_t size, const char *first, const char *second)
{
	int length = snprintf(nt, size, "%s%s", first, second);

	if (length < 0 || (size_t)length >= size)
		return false;
	for (char *at = nt; *at; at++)
		if (*at == '/')
			*at = '\\';
	return true;
}

bool fw_nt_path_from_dos(const struct fw_drive_table *table, const char *path, char *nt, size_t size)
{
	char letter = lower(path[0]);

	if (letter >= 'a' && letter <= 'z' && path[1] == ':' && (path[2] == '\\' || path[2] == '/')) {
		const char *device = table->devices[letter - 'a'];

		/* What is no drive of its own (subst) the driver may still know. */
		return device[0] ? put(nt, size, device, path + 2) : put(nt, size, "", path);
	}
	if (path[0] == '\\' && path[1] == '\\')
		return put(nt, size, NETWORK, path + 1);
	return path[0] == '\\' && put(nt, size, "", path);
}
