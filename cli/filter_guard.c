/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_guard.h"

#include "cli/filter_words.h"
#include "flowwatcher/adapter_pattern.h"
#include "flowwatcher/format.h"
#include "flowwatcher/prefix_list.h"
#include "lib/host/lifelines.h"

#include <stdio.h>

struct question {
	const char *adapter, *source;
	const struct fw_filter_prefix *prefixes;
	size_t count;
	struct fw_error *error;
	enum fw_status status;
};

/* Is the address in the list? `what` says whose it is. */
static bool is_hit(struct question *question, uint8_t family, const uint8_t address[16],
	const char *what)
{
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE], text[FW_ADDRESS_TEXT_SIZE], origin[FW_ORIGIN_SIZE];
	const struct fw_filter_prefix *found =
		fw_prefix_list_find(question->prefixes, question->count, family, address);

	if (!found)
		return false;
	question->status = fw_error_set(question->error, FW_FAILED,
		"the list of %.64s has %s (%.200s), which contains %s, %s; --force sets it all the same",
		question->adapter, fw_filter_prefix_format(found, prefix, sizeof(prefix)),
		fw_origin_text(question->source, found->line, origin, sizeof(origin)),
		fw_format_address(family, address, text, sizeof(text)), what);
	return true;
}

static bool check_gateway(const struct fw_gateway *gateway, void *argument)
{
	struct question *question = argument;

	return !fw_adapter_matches(question->adapter, gateway->adapter) ||
	       !is_hit(question, gateway->family, gateway->address,
		       "the gateway of the default route");
}

enum fw_status fw_filter_guard_everything(const char *adapter,
	const struct fw_filter_prefix *prefixes, size_t count, struct fw_error *error)
{
	if (!fw_prefix_list_is_everything(prefixes, count, FW_FAMILY_IPV4) &&
		!fw_prefix_list_is_everything(prefixes, count, FW_FAMILY_IPV6))
		return FW_OK;
	return fw_error_set(error, FW_FAILED,
		"the list of %.64s has every address of a family, so that nothing passes; --force sets it "
		"all the same",
		adapter);
}

enum fw_status fw_filter_guard(const char *adapter, const struct fw_filter_prefix *prefixes,
	size_t count, const char *source, struct fw_error *error)
{
	struct question question = { adapter, source, prefixes, count, error, FW_OK };
	uint8_t address[16], family;

	if (fw_filter_guard_everything(adapter, prefixes, count, error) != FW_OK)
		return FW_FAILED;
	if (fw_host_ssh_peer(&family, address) &&
		is_hit(&question, family, address, "from which this SSH session comes"))
		return FW_FAILED;
	if (fw_host_desktop_peer(&family, address) &&
		is_hit(&question, family, address, "from which this Remote Desktop session comes"))
		return FW_FAILED;
	fw_host_gateways(check_gateway, &question);
	return question.status;
}
