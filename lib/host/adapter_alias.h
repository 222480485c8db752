/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Adapters by what users of this system call them (adapter_alias_linux.c, adapter_alias_windows.c). Called
 * by cli/ from any thread. */
#ifndef FW_ADAPTER_ALIAS_H
#define FW_ADAPTER_ALIAS_H

#include <stdbool.h>

#include "abi/filter.h"

/* The name of the one adapter that is called so, where users know no other name of it. False: none is, and
 * `name` stays. They may be one. */
bool fw_adapter_alias_find(const char *alias, char name[FW_ADAPTER_NAME_SIZE]);

#endif
