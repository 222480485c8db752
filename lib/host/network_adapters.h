/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The adapters that Windows' network stack has (network_adapters.c): their GUID, by which drivers name them
 * too, what users call the connection, addresses and gateways. Called by what is Windows' alone, from any
 * thread; tests put a list of their own in its place.
 */
#ifndef FW_NETWORK_ADAPTERS_H
#define FW_NETWORK_ADAPTERS_H

#include <stddef.h>

#include "abi/filter.h"
#include "flowwatcher/error.h"

#define FW_NETWORK_ADDRESSES 64 /* of each kind that are told of one adapter */

struct fw_network_adapter {
	char name[FW_ADAPTER_NAME_SIZE];  /* "{4D36E972-E325-11CE-BFC1-08002BE10318}" */
	char alias[FW_ADAPTER_TEXT_SIZE]; /* "Local Area Connection" */
	/* with the length of their network; host bits stay */
	struct fw_filter_prefix addresses[FW_NETWORK_ADDRESSES];
	size_t address_count;
	struct fw_filter_prefix gateways[FW_NETWORK_ADDRESSES]; /* of default routes */
	size_t gateway_count;
};

/* Return false to stop early; the adapter is only valid during the call. */
typedef bool (*fw_network_adapter_fn)(const struct fw_network_adapter *adapter, void *argument);

/* FW_STOPPED: the callback ended it. error may be NULL. */
enum fw_status fw_network_adapters(fw_network_adapter_fn row, void *argument, struct fw_error *error);

#endif
