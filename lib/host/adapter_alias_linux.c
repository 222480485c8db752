/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/adapter_alias.h"

/* Users know the names themselves, and an alias need not be one adapter's alone. */
bool fw_adapter_alias_find(const char *alias, char name[FW_ADAPTER_NAME_SIZE])
{
	(void)alias;
	(void)name;
	return false;
}
