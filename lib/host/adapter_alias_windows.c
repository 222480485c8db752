/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/adapter_alias.h"

#include <string.h>

#include "lib/host/network_adapters.h"

struct search {
	const char *alias;
	char *name;
	bool found;
};

/* Windows lets no two connections have one name, whatever its case. */
static bool compare(const struct fw_network_adapter *adapter, void *argument)
{
	struct search *search = argument;

	search->found = !_stricmp(adapter->alias, search->alias);
	if (search->found)
		memcpy(search->name, adapter->name, sizeof(adapter->name));
	return !search->found;
}

bool fw_adapter_alias_find(const char *alias, char name[FW_ADAPTER_NAME_SIZE])
{
	struct search search = { .alias = alias, .name = name };

	if (*alias)
		fw_network_adapters(compare, &search, NULL);
	return search.found;
}
