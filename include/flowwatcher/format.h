/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Quantities, addresses and times as text for people, and the classic line. Every function writes
 * at most `size` bytes with the zero, cutting what does not fit, and returns `text`. Callable from
 * any thread.
 */
#ifndef FLOWWATCHER_FORMAT_H
#define FLOWWATCHER_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/flow.h"

#define FW_BYTES_TEXT_SIZE   16
#define FW_ADDRESS_TEXT_SIZE 64 /* "[" IPv6 "]:65535" and to spare */
#define FW_TIME_TEXT_SIZE    40
#define FW_CLASSIC_TEXT_SIZE 160

/* "0 B", "999 B", "1.23 kB", "45.6 MB": powers of 1000, three digits. */
char *fw_format_bytes(uint64_t bytes, char *text, size_t size);

/* Bytes in interval_ns -> bytes a second, rounded to the nearest, saturating. 0 for no interval. */
uint64_t fw_rate_per_second(uint64_t bytes, uint64_t interval_ns);

/* The address alone (network byte order, as in abi/flow.h): "192.0.2.1", "2001:db8::1"; "" where
 * the family has none. */
char *fw_format_address(uint8_t family, const uint8_t address[16], char *text, size_t size);

/* With its port (host byte order): "192.0.2.1:80", "[2001:db8::1]:80", port 0 as "*"; "-" where the
 * family has no addresses. */
char *fw_format_endpoint(uint8_t family, const uint8_t address[16], uint16_t port, char *text,
	size_t size);

/* RFC 3339, UTC, nanoseconds: "2024-02-29T12:00:00.000000001Z". `utc_ns`: since 1970. */
char *fw_format_utc(uint64_t utc_ns, char *text, size_t size);

/* The same for a moment given in ns since boot, as records and snapshots carry it. */
char *fw_format_boot_time(uint64_t boot_ns, char *text, size_t size);

/* The classic monitor's line, rates over the interval; no newline. */
char *fw_format_classic(uint32_t pid, uint64_t sent, uint64_t received, uint64_t interval_ns,
	char *text, size_t size);

#endif
