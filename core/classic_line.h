/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A line of the classic monitor's dump, byte for byte: "[FlowWatcher] DumpNetworkUsage: Process Id:
 * %4d, Sent: %10lld bytes / s Received: %10lld bytes / s.", the same from the command and from a kernel
 * side, whose own formatting knows no 64 bits everywhere. No allocation; callable from anywhere.
 */
#ifndef FW_CORE_CLASSIC_LINE_H
#define FW_CORE_CLASSIC_LINE_H

#include "core/types.h"

#define FW_CLASSIC_LINE_SIZE 160 /* of the longest, with its terminating zero, and more */

/* Bytes a second; of less than a millisecond the bytes themselves. */
static inline uint64_t fw_classic_rate(uint64_t bytes, uint64_t interval_ns)
{
	uint64_t interval_us = interval_ns / 1000;

	if (interval_us < 1000)
		return bytes;
	if (bytes > UINT64_MAX / 1000000)
		return bytes / interval_us * 1000000;
	return bytes * 1000000 / interval_us;
}

static inline char *fw_classic_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

/* Right-aligned. */
static inline char *fw_classic_number(char *to, uint64_t number, uint32_t width)
{
	char digits[20];
	uint32_t count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	for (uint32_t i = count; i < width; i++)
		*to++ = ' ';
	while (count)
		*to++ = digits[--count];
	return to;
}

static inline void fw_classic_line(
	uint32_t pid, uint64_t sent, uint64_t received, char line[FW_CLASSIC_LINE_SIZE])
{
	char *to = fw_classic_text(line, "[FlowWatcher] DumpNetworkUsage: Process Id: ");

	to = fw_classic_number(to, pid, 4);
	to = fw_classic_text(to, ", Sent: ");
	to = fw_classic_number(to, sent, 10);
	to = fw_classic_text(to, " bytes / s Received: ");
	to = fw_classic_number(to, received, 10);
	to = fw_classic_text(to, " bytes / s.");
	*to = '\0';
}

#endif
