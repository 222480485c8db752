/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists of prefixes, searched in the plainest way, and the addresses that frames carry. */
#include "packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

#define PUBLIC_END	 100 /* 100.64.0.0/10, 127.0.0.0/8 and others are behind it */
#define MOST_OF_A_PREFIX (1u << 20) /* addresses that are all taken */

static uint64_t state = 1;

void fw_packet_seed(uint64_t seed)
{
	state = seed ? seed : 1;
}

/* xorshift64*, of Vigna, "An experimental exploration of Marsaglia's xorshift generators,
 * scrambled" */
uint64_t fw_packet_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717u;
}

static void *grown(void *array, size_t *room, size_t size)
{
	*room = *room ? 2 * *room : 1024;
	array = realloc(array, *room * size);
	if (!array)
		fw_fail("memory for a list");
	return array;
}

/* Bits of an address behind `length`. */
static void set_host_bits(struct fw_packet_address *address, uint8_t length, bool on)
{
	for (unsigned int bit = length; bit < 8 * FW_PACKET_ADDRESS_SIZE(address->family); bit++) {
		if (on)
			address->bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		else
			address->bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	}
}

/* False: no prefix. */
static bool parse_prefix(const char *text, struct fw_packet_prefix *prefix)
{
	char address[64], *slash;

	memset(prefix, 0, sizeof(*prefix));
	snprintf(address, sizeof(address), "%s", text);
	slash = strchr(address, '/');
	if (slash)
		*slash = '\0';
	prefix->first.family = strchr(address, ':') ? 6 : 4;
	if (inet_pton(prefix->first.family == 4 ? AF_INET : AF_INET6, address,
		    prefix->first.bytes) != 1)
		return false;
	prefix->length = (uint8_t)(8 * FW_PACKET_ADDRESS_SIZE(prefix->first.family));
	if (slash)
		prefix->length = (uint8_t)atoi(slash + 1);
	return prefix->length <= 8 * FW_PACKET_ADDRESS_SIZE(prefix->first.family);
}

static int compare(const void *a, const void *b)
{
	const struct fw_packet_prefix *left = a, *right = b;
	int order = left->first.family - right->first.family;

	if (!order)
		order = memcmp(left->first.bytes, right->first.bytes, sizeof(left->first.bytes));
	return order ? order : left->length - right->length;
}

/* Lines that begin with no address (comments, adapters) are nothing. */
void fw_packet_list_read(struct fw_packet_list *list, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	size_t room = 0;

	if (!file)
		fw_fail(path);
	memset(list, 0, sizeof(*list));
	while (fgets(line, sizeof(line), file)) {
		struct fw_packet_prefix prefix;

		line[strcspn(line, " \t\r\n;#")] = '\0';
		if (!parse_prefix(line, &prefix))
			continue;
		if (list->count == room)
			list->prefixes = grown(list->prefixes, &room, sizeof(prefix));
		list->prefixes[list->count++] = prefix;
		list->has_length[prefix.first.family == 6][prefix.length] = true;
	}
	fclose(file);
	if (list->count)
		qsort(list->prefixes, list->count, sizeof(*list->prefixes), compare);
}

bool fw_packet_list_has(const struct fw_packet_list *list, const struct fw_packet_address *address)
{
	const bool *has_length = list->has_length[address->family == 6];
	struct fw_packet_prefix wanted;

	for (unsigned int length = 0; length <= 128; length++) {
		if (!has_length[length])
			continue;
		wanted = (struct fw_packet_prefix){ *address, (uint8_t)length };
		set_host_bits(&wanted.first, wanted.length, false);
		if (bsearch(&wanted, list->prefixes, list->count, sizeof(wanted), compare))
			return true;
	}
	return false;
}

static void add(struct fw_packet_pool *pool, const struct fw_packet_address *address)
{
	if (pool->count == pool->room)
		pool->addresses = grown(pool->addresses, &pool->room, sizeof(*address));
	pool->addresses[pool->count++] = *address;
}

static void step(struct fw_packet_address *address, int by)
{
	for (size_t i = FW_PACKET_ADDRESS_SIZE(address->family); i-- > 0;) {
		address->bytes[i] = (uint8_t)(address->bytes[i] + by);
		if (address->bytes[i] != (by > 0 ? 0 : 0xff))
			return;
	}
}

static void add_all(struct fw_packet_pool *pool, const struct fw_packet_prefix *prefix)
{
	unsigned int bits = 8 * FW_PACKET_ADDRESS_SIZE(prefix->first.family) - prefix->length;
	struct fw_packet_address address = prefix->first;

	for (uint64_t i = 0; i < (bits < 20 ? 1u << bits : MOST_OF_A_PREFIX); i++) {
		add(pool, &address);
		step(&address, 1);
	}
}

static struct fw_packet_address any_of(const struct fw_packet_prefix *prefix)
{
	struct fw_packet_address address = prefix->first;
	unsigned int size = FW_PACKET_ADDRESS_SIZE(address.family);

	for (unsigned int bit = prefix->length; bit < 8 * size; bit++)
		if (fw_packet_random() >> 63)
			address.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return address;
}

static void add_edges(struct fw_packet_pool *pool, const char *path, size_t count)
{
	struct fw_packet_list list;

	fw_packet_list_read(&list, path);
	for (size_t i = 0; list.count && i < count; i++) {
		const struct fw_packet_prefix *prefix =
			&list.prefixes[fw_packet_random() % list.count];
		struct fw_packet_address address = any_of(prefix);

		add(pool, &address);
		address = prefix->first;
		add(pool, &address);
		step(&address, -1);
		add(pool, &address);
		address = prefix->first;
		set_host_bits(&address, prefix->length, true);
		add(pool, &address);
		step(&address, 1);
		add(pool, &address);
	}
	free(list.prefixes);
}

/* Addresses of IPv4 that are in a list, or public ones that are not. */
static void add_by_list(struct fw_packet_pool *pool, const char *path, size_t count, bool listed)
{
	const struct fw_packet_prefix any = { .first = { .family = 4 } };
	struct fw_packet_list list;

	fw_packet_list_read(&list, path);
	if (!list.count)
		return;
	for (size_t end = pool->count + count; pool->count < end;) {
		struct fw_packet_address address =
			any_of(listed ? &list.prefixes[fw_packet_random() % list.count] : &any);

		if (listed || (address.bytes[0] > 0 && address.bytes[0] < PUBLIC_END &&
			!fw_packet_list_has(&list, &address)))
			add(pool, &address);
	}
	free(list.prefixes);
}

void fw_packet_pool_add(struct fw_packet_pool *pool, const char *text)
{
	char name[512], word[512];
	struct fw_packet_prefix prefix;
	size_t count;

	if (sscanf(text, "edges:%500[^:]:%zu", name, &count) == 2) {
		add_edges(pool, name, count);
		return;
	}
	if (sscanf(text, "in:%500[^:]:%zu", name, &count) == 2 ||
		sscanf(text, "out:%500[^:]:%zu", name, &count) == 2) {
		add_by_list(pool, name, count, text[0] == 'i');
		return;
	}
	/* The count is behind the last colon; an IPv6 prefix has more of them. */
	snprintf(word, sizeof(word), "%s", text);
	if (!strncmp(word, "random:", 7) && strrchr(word, ':') > word + 7) {
		count = strtoull(strrchr(word, ':') + 1, NULL, 10);
		*strrchr(word, ':') = '\0';
		if (parse_prefix(word + 7, &prefix)) {
			while (count-- > 0) {
				struct fw_packet_address address = any_of(&prefix);

				add(pool, &address);
			}
			return;
		}
	} else if (parse_prefix(text, &prefix)) {
		add_all(pool, &prefix);
		return;
	}
	errno = EINVAL;
	fw_fail(text);
}
