/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/rate.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "abi/rule.h"
#include "lib/decimal.h"

#define BITS 8u

static const struct unit {
	const char *name;
	uint64_t bits;
} units[] = {
	{ "", BITS },
	{ "B", BITS },
	{ "kB", BITS * 1000ull },
	{ "KB", BITS * 1000ull },
	{ "MB", BITS * 1000000ull },
	{ "GB", BITS * 1000000000ull },
	{ "TB", BITS * 1000000000000ull },
	{ "KiB", BITS << 10 },
	{ "MiB", BITS << 20 },
	{ "GiB", (uint64_t)BITS << 30 },
	{ "TiB", (uint64_t)BITS << 40 },
	{ "bit", 1 },
	{ "kbit", 1000ull },
	{ "Kbit", 1000ull },
	{ "Mbit", 1000000ull },
	{ "Gbit", 1000000000ull },
	{ "Tbit", 1000000000000ull },
	{ "Kibit", 1ull << 10 },
	{ "Mibit", 1ull << 20 },
	{ "Gibit", 1ull << 30 },
};

static const struct unit *find_unit(const char *name)
{
	size_t length = strlen(name);

	if (length > 2 && strcmp(name + length - 2, "/s") == 0)
		length -= 2;
	for (size_t i = 0; i < FW_ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, name, length) == 0)
			return &units[i];
	return NULL;
}

/* Mb, mbps, Mbps and the like: bits to some, bytes to others. */
static bool is_ambiguous(const char *text)
{
	size_t at = strspn(text, "0123456789.");

	if (at == 0)
		return false;
	if (strchr("kKmMgGtT", text[at]) && text[at])
		at++;
	return text[at] == 'b' && strncmp(text + at, "bit", 3) != 0;
}

static enum fw_status refuse(const char *text, struct fw_error *error)
{
	if (text[0] == '-')
		return fw_error_set(error, FW_USAGE,
			"rate '%.60s' is negative; write for example 10MB/s, or unlimited", text);
	if (is_ambiguous(text))
		return fw_error_set(error, FW_USAGE,
			"rate '%.60s' may mean bits or bytes; write MB/s for bytes, Mbit/s for bits",
			text);
	return fw_error_set(error, FW_USAGE,
		"'%.60s' is not a rate; write for example 10MB/s, 800kbit/s, 512KiB/s or unlimited",
		text);
}

static enum fw_status check_bounds(const char *text, uint64_t rate, struct fw_error *error)
{
	bool is_bare = text[strspn(text, "0123456789.")] == '\0';

	if (rate >= FW_RATE_MIN && rate <= FW_RATE_MAX)
		return FW_OK;
	if (rate == 0)
		return fw_error_set(error, FW_USAGE,
			"rate '%.60s' lets nothing through; 'flowwatcher block' does that", text);
	return fw_error_set(error, FW_USAGE, "rate '%.60s' is not between 1kB/s and 1TB/s%s", text,
		is_bare ? "; a number alone is bytes a second" : "");
}

enum fw_status fw_rate_parse(const char *text, uint64_t *rate, struct fw_error *error)
{
	struct fw_decimal decimal;
	const struct unit *unit;
	enum fw_status status;
	uint64_t bits;

	if (strcmp(text, "unlimited") == 0 || strcmp(text, "none") == 0) {
		*rate = 0;
		return FW_OK;
	}
	if (!fw_decimal_read(text, &decimal)) {
		/* Digits alone that are too many for a number are a rate all the same. */
		if (text[0] >= '0' && text[0] <= '9' &&
			find_unit(text + strspn(text, "0123456789")))
			return check_bounds(text, UINT64_MAX, error);
		return refuse(text, error);
	}
	unit = find_unit(decimal.unit);
	if (!unit)
		return refuse(text, error);
	if (!fw_decimal_scale(&decimal, unit->bits, &bits))
		bits = UINT64_MAX;
	status = check_bounds(text, bits / BITS, error);
	if (status == FW_OK)
		*rate = bits / BITS;
	return status;
}

char *fw_rate_format(uint64_t rate, char *text, size_t size)
{
	/* The largest that leaves no rest; of two, the one with the shorter number. */
	static const char *const names[] = { "TB", "TiB", "GB", "GiB", "MB", "MiB", "kB", "KiB",
		"B" };
	uint64_t best = rate;
	const char *name = "B";

	if (rate == 0) {
		snprintf(text, size, "unlimited");
		return text;
	}
	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		uint64_t bytes = find_unit(names[i])->bits / BITS;

		if (rate % bytes == 0 && rate / bytes < best) {
			best = rate / bytes;
			name = names[i];
		}
	}
	snprintf(text, size, "%" PRIu64 "%s/s", best, name);
	return text;
}
