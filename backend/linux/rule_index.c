/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_index.h"

#include "backend/linux/rule_key.h"
#include "core/name_hash.h"

#include <stdlib.h>
#include <string.h>

/* What makes a rule the rule that it is, in one form. */
struct identity {
	struct fw_policy_key key;
	uint32_t action;
	uint32_t flags;
	uint8_t prefix[16];
	uint16_t first_port, last_port;
	uint8_t prefix_family, prefix_length;
	uint8_t unused[2];
};

static struct identity identify(const struct fw_rule *rule)
{
	struct fw_policy_key keys[FW_RULE_KEYS];
	struct identity identity = { .action = rule->action };

	fw_rule_keys(rule, keys);
	identity.key = keys[0];
	if (rule->action != FW_RULE_BLOCK)
		return identity;
	identity.flags = rule->flags;
	memcpy(identity.prefix, rule->prefix, sizeof(identity.prefix));
	identity.first_port = rule->first_port;
	identity.last_port = rule->last_port;
	identity.prefix_family = rule->prefix_family;
	identity.prefix_length = rule->prefix_length;
	return identity;
}

static uint64_t hash(const struct fw_rule *rule)
{
	struct identity identity = identify(rule);

	return fw_hash_name(FW_HASH_SEED, (const char *)&identity, sizeof(identity));
}

static int compare_places(const void *left, const void *right)
{
	const struct fw_rule_place *a = left, *b = right;

	if (a->identity != b->identity)
		return a->identity < b->identity ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static const struct fw_rule *nth(const struct fw_rule *first, size_t stride, size_t place)
{
	return (const struct fw_rule *)((const char *)first + place * stride);
}

static const struct fw_rule *rule_at(const struct fw_rule_index *index, size_t place)
{
	return nth(index->first, index->stride, place);
}

bool fw_rule_index_init(struct fw_rule_index *index, const struct fw_rule *first, size_t stride,
	size_t count)
{
	*index = (struct fw_rule_index){ first, stride, count,
		calloc(count + 1, sizeof(*index->places)) };
	if (!index->places)
		return false;
	for (size_t i = 0; i < count; i++)
		index->places[i] = (struct fw_rule_place){ hash(rule_at(index, i)), i };
	if (count)
		qsort(index->places, count, sizeof(*index->places), compare_places);
	return true;
}

void fw_rule_index_done(struct fw_rule_index *index)
{
	free(index->places);
	*index = (struct fw_rule_index){ 0 };
}

size_t fw_rule_index_find(const struct fw_rule_index *index, const struct fw_rule *rule)
{
	struct identity wanted = identify(rule);
	uint64_t identity = hash(rule);
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->places[middle].identity < identity)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < index->count && index->places[low].identity == identity; low++) {
		const struct fw_rule *other = rule_at(index, index->places[low].place);
		struct identity found = identify(other);

		if (other != rule && memcmp(&found, &wanted, sizeof(found)) == 0)
			return index->places[low].place;
	}
	return FW_RULE_NOWHERE;
}

static size_t find_id(const struct fw_rule_index *index, uint32_t id)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rule_at(index, middle)->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->count && rule_at(index, low)->id == id ? low : FW_RULE_NOWHERE;
}

size_t fw_rule_index_pick(const struct fw_rule_index *index, const uint32_t *ids, size_t count,
	bool *picked)
{
	for (size_t i = 0; i < count; i++) {
		size_t place = find_id(index, ids[i]);

		if (place == FW_RULE_NOWHERE)
			return i;
		picked[place] = true;
	}
	return FW_RULE_NOWHERE;
}

bool fw_rules_have(const struct fw_rule *first, size_t stride, size_t count,
	enum fw_rule_action action)
{
	for (size_t i = 0; i < count; i++)
		if (nth(first, stride, i)->action == action)
			return true;
	return false;
}
