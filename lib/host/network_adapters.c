/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/network_adapters.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/prefix_order.h"
#include "lib/host/wide_text.h"
#include "lib/host/windows_error.h"

#define FIRST_BYTES 16384u
#define MOST_TRIES  8 /* adapters may come between two questions */
#define ASKED (GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER | GAA_FLAG_INCLUDE_PREFIX)

/* What XP gives ends before; what is behind counts only if the structure says that it is so long. */
static bool has_gateways(const IP_ADAPTER_ADDRESSES_LH *from)
{
	return from->Length >= offsetof(IP_ADAPTER_ADDRESSES_LH, Ipv4Metric);
}

static bool take_address(const SOCKET_ADDRESS *from, struct fw_filter_prefix *address)
{
	const struct sockaddr_in *ipv4 = (const void *)from->lpSockaddr;
	const struct sockaddr_in6 *ipv6 = (const void *)from->lpSockaddr;

	memset(address, 0, sizeof(*address));
	if (ipv4->sin_family == AF_INET && from->iSockaddrLength >= (INT)sizeof(*ipv4)) {
		address->family = FW_FAMILY_IPV4;
		address->length = 32;
		memcpy(address->address, &ipv4->sin_addr, 4);
		return true;
	}
	if (ipv4->sin_family != AF_INET6 || from->iSockaddrLength < (INT)sizeof(*ipv6))
		return false;
	address->family = FW_FAMILY_IPV6;
	address->length = 128;
	memcpy(address->address, &ipv6->sin6_addr, 16);
	return true;
}

/* XP tells networks and addresses apart: the longest that is not the address alone. */
static uint8_t find_length(const IP_ADAPTER_ADDRESSES_LH *from, const struct fw_filter_prefix *address)
{
	uint8_t longest = 0;

	for (const IP_ADAPTER_PREFIX_XP *at = from->FirstPrefix; at; at = at->Next) {
		struct fw_filter_prefix network;

		if (take_address(&at->Address, &network) && network.family == address->family &&
			at->PrefixLength < address->length && at->PrefixLength > longest &&
			fw_prefix_bits_agree(network.address, address->address, at->PrefixLength))
			longest = (uint8_t)at->PrefixLength;
	}
	return longest ? longest : address->length;
}

static void take_addresses(const IP_ADAPTER_ADDRESSES_LH *from, struct fw_network_adapter *adapter)
{
	const IP_ADAPTER_UNICAST_ADDRESS_LH *at = from->FirstUnicastAddress;

	for (; at && adapter->address_count < FW_NETWORK_ADDRESSES; at = at->Next) {
		struct fw_filter_prefix *address = &adapter->addresses[adapter->address_count];

		if (!take_address(&at->Address, address))
			continue;
		adapter->address_count++;
		if (has_gateways(from) && at->OnLinkPrefixLength <= address->length)
			address->length = at->OnLinkPrefixLength;
		else
			address->length = find_length(from, address);
	}
}

static void take_gateways(const IP_ADAPTER_ADDRESSES_LH *from, struct fw_network_adapter *adapter)
{
	const IP_ADAPTER_GATEWAY_ADDRESS_LH *at = from->FirstGatewayAddress;

	for (; at && adapter->gateway_count < FW_NETWORK_ADDRESSES; at = at->Next)
		adapter->gateway_count += take_address(&at->Address, &adapter->gateways[adapter->gateway_count]);
}

/* XP has IPv4's in a table of routes only. */
static void take_routes(
	const MIB_IPFORWARDTABLE *routes, DWORD index, struct fw_network_adapter *adapter)
{
	for (DWORD i = 0; routes && i < routes->dwNumEntries; i++) {
		const MIB_IPFORWARDROW *route = &routes->table[i];
		struct fw_filter_prefix *gateway = &adapter->gateways[adapter->gateway_count];

		if (route->dwForwardDest || route->dwForwardMask || route->dwForwardIfIndex != index ||
			!route->dwForwardNextHop || adapter->gateway_count == FW_NETWORK_ADDRESSES)
			continue;
		*gateway = (struct fw_filter_prefix){ .family = FW_FAMILY_IPV4, .length = 32 };
		memcpy(gateway->address, &route->dwForwardNextHop, 4);
		adapter->gateway_count++;
	}
}

static void fill(const IP_ADAPTER_ADDRESSES_LH *from, const MIB_IPFORWARDTABLE *routes,
	struct fw_network_adapter *adapter)
{
	memset(adapter, 0, sizeof(*adapter));
	snprintf(adapter->name, sizeof(adapter->name), "%s", from->AdapterName ? from->AdapterName : "");
	if (from->FriendlyName)
		fw_wide_to_text(from->FriendlyName, adapter->alias, sizeof(adapter->alias));
	take_addresses(from, adapter);
	if (has_gateways(from))
		take_gateways(from, adapter);
	else
		take_routes(routes, from->IfIndex, adapter);
}

/* The answer of a question whose length is known only by asking. NULL: *number says why not. */
static void *ask_addresses(DWORD *number)
{
	ULONG size = FIRST_BYTES;
	void *answer = NULL;

	*number = ERROR_BUFFER_OVERFLOW;
	for (int i = 0; i < MOST_TRIES && *number == ERROR_BUFFER_OVERFLOW; i++) {
		free(answer);
		answer = malloc(size);
		if (!answer) {
			*number = ERROR_NOT_ENOUGH_MEMORY;
			return NULL;
		}
		*number = GetAdaptersAddresses(AF_UNSPEC, ASKED | GAA_FLAG_INCLUDE_GATEWAYS, NULL, answer, &size);
		/* XP may not know all that Vista is asked for. */
		if (*number == ERROR_INVALID_PARAMETER)
			*number = GetAdaptersAddresses(AF_UNSPEC, ASKED, NULL, answer, &size);
	}
	if (*number == ERROR_SUCCESS)
		return answer;
	free(answer);
	return NULL;
}

static MIB_IPFORWARDTABLE *ask_routes(void)
{
	ULONG size = FIRST_BYTES;
	MIB_IPFORWARDTABLE *routes = malloc(size);

	if (routes && GetIpForwardTable(routes, &size, FALSE) == ERROR_INSUFFICIENT_BUFFER) {
		free(routes);
		routes = malloc(size);
	}
	if (routes && GetIpForwardTable(routes, &size, FALSE) != ERROR_SUCCESS) {
		free(routes);
		routes = NULL;
	}
	return routes;
}

enum fw_status fw_network_adapters(fw_network_adapter_fn row, void *argument, struct fw_error *error)
{
	struct fw_network_adapter *adapter = malloc(sizeof(*adapter)); /* too large for a stack */
	MIB_IPFORWARDTABLE *routes = NULL;
	IP_ADAPTER_ADDRESSES_LH *first = NULL;
	enum fw_status status = FW_OK;
	DWORD number = ERROR_NOT_ENOUGH_MEMORY;

	if (adapter)
		first = ask_addresses(&number);
	if (!first && number != ERROR_NO_DATA)
		status = fw_error_set_windows(error, number, "asking Windows for its adapters");
	if (first && !has_gateways(first))
		routes = ask_routes();
	for (const IP_ADAPTER_ADDRESSES_LH *at = first; at && status == FW_OK; at = at->Next) {
		fill(at, routes, adapter);
		if (!row(adapter, argument))
			status = FW_STOPPED;
	}
	free(first);
	free(routes);
	free(adapter);
	return status;
}
