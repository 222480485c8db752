/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/lifelines.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <wtsapi32.h>

#include "lib/host/network_adapters.h"

#define FAMILY_IPV4 2u /* AF_INET */
#define IPV4_AT	    2  /* where in WTS_CLIENT_ADDRESS.Address an IPv4 address is */

struct listing {
	fw_gateway_fn row;
	void *argument;
};

static bool hand_gateways(const struct fw_network_adapter *adapter, void *argument)
{
	const struct listing *listing = argument;

	for (size_t i = 0; i < adapter->gateway_count; i++) {
		struct fw_gateway gateway = { .family = adapter->gateways[i].family };

		memcpy(gateway.address, adapter->gateways[i].address, sizeof(gateway.address));
		memcpy(gateway.adapter, adapter->name, sizeof(gateway.adapter));
		if (!listing->row(&gateway, listing->argument))
			return false;
	}
	return true;
}

void fw_host_gateways(fw_gateway_fn row, void *argument)
{
	struct listing listing = { row, argument };

	fw_network_adapters(hand_gateways, &listing, NULL);
}

/* Programs have their parents' environment here, elevated ones aside, and nobody else's can be read. */
bool fw_host_ssh_peer(uint8_t *family, uint8_t address[16])
{
	const char *own = getenv("SSH_CONNECTION");

	return own && fw_ssh_peer_parse(own, family, address);
}

/* Whose family says nothing is at the machine itself. Peers by IPv6 are not told in one way by all versions. */
bool fw_host_desktop_peer(uint8_t *family, uint8_t address[16])
{
	WTS_CLIENT_ADDRESS *client;
	LPWSTR answer;
	DWORD length;
	bool found;

	if (!WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, WTS_CURRENT_SESSION, WTSClientAddress, &answer,
		    &length))
		return false;
	client = (void *)answer;
	found = length >= sizeof(*client) && client->AddressFamily == FAMILY_IPV4;
	if (found) {
		*family = FW_FAMILY_IPV4;
		memset(address, 0, 16);
		memcpy(address, client->Address + IPV4_AT, 4);
	}
	WTSFreeMemory(answer);
	return found;
}
