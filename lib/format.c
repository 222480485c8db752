/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/classic_line.h"
#include "lib/host/host.h"
#include "lib/proportion.h"

/* bytes / part, rounded; a part is even. */
static uint64_t round_to(uint64_t bytes, uint64_t part)
{
	return bytes / part + (bytes % part >= part / 2);
}

char *fw_format_bytes(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t unit = 1000;
	size_t which = 0;

	if (bytes < 1000) {
		snprintf(text, size, "%" PRIu64 " B", bytes);
		return text;
	}
	/* 999.5 of a unit would round to 1000 of it. */
	while (which + 1 < FW_ARRAY_SIZE(units) && bytes >= unit * 1000 - unit / 2) {
		unit *= 1000;
		which++;
	}
	/* A hundred exabytes do not fit in 64 bits, so nothing is multiplied here. */
	if (round_to(bytes, unit / 100) < 1000) {
		uint64_t hundredths = round_to(bytes, unit / 100);

		snprintf(text, size, "%" PRIu64 ".%02" PRIu64 " %s", hundredths / 100,
			hundredths % 100, units[which]);
	} else if (round_to(bytes, unit / 10) < 1000) {
		uint64_t tenths = round_to(bytes, unit / 10);

		snprintf(text, size, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
			units[which]);
	} else {
		snprintf(text, size, "%" PRIu64 " %s", round_to(bytes, unit), units[which]);
	}
	return text;
}

uint64_t fw_rate_per_second(uint64_t bytes, uint64_t interval_ns)
{
	struct fw_proportion rate;

	if (interval_ns == 0)
		return 0;
	rate = fw_proportion_of(bytes, 1000000000u, interval_ns);
	if (rate.rest >= interval_ns - interval_ns / 2)
		rate.is_beyond |= __builtin_add_overflow(rate.whole, 1, &rate.whole);
	return rate.is_beyond ? UINT64_MAX : rate.whole;
}

char *fw_format_address(uint8_t family, const uint8_t address[16], char *text, size_t size)
{
	int system_family = family == FW_FAMILY_IPV4 ? AF_INET : AF_INET6;
	char buffer[INET6_ADDRSTRLEN] = "";

	if (family == FW_FAMILY_IPV4 || family == FW_FAMILY_IPV6)
		inet_ntop(system_family, address, buffer, sizeof(buffer));
	snprintf(text, size, "%s", buffer);
	return text;
}

char *fw_format_endpoint(uint8_t family, const uint8_t address[16], uint16_t port, char *text,
	size_t size)
{
	char address_text[INET6_ADDRSTRLEN];
	char port_text[8] = "*";

	fw_format_address(family, address, address_text, sizeof(address_text));
	if (port)
		snprintf(port_text, sizeof(port_text), "%u", (unsigned int)port);
	if (address_text[0] == '\0')
		snprintf(text, size, "-");
	else if (family == FW_FAMILY_IPV6)
		snprintf(text, size, "[%s]:%s", address_text, port_text);
	else
		snprintf(text, size, "%s:%s", address_text, port_text);
	return text;
}

char *fw_format_utc(uint64_t utc_ns, char *text, size_t size)
{
	time_t seconds = (time_t)(utc_ns / 1000000000u);
	char date[32];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, size, "%s.%09uZ", date, (unsigned int)(utc_ns % 1000000000u));
	return text;
}

char *fw_format_boot_time(uint64_t boot_ns, char *text, size_t size)
{
	return fw_format_utc(fw_host_boot_to_utc_ns(boot_ns), text, size);
}

char *fw_format_classic(uint32_t pid, uint64_t sent, uint64_t received, uint64_t interval_ns,
	char *text, size_t size)
{
	char line[FW_CLASSIC_LINE_SIZE];

	fw_classic_line(pid, fw_rate_per_second(sent, interval_ns),
		fw_rate_per_second(received, interval_ns), line);
	snprintf(text, size, "%s", line);
	return text;
}
