/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/lifelines.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host/host.h"

#define MOST_PARENTS 64
#define LINE_SIZE    256
#define ROUTE_GATEWAY 0x2u /* RTF_GATEWAY of linux/route.h */
#define VARIABLE      "SSH_CONNECTION="

bool fw_gateways_read_ipv4(FILE *file, fw_gateway_fn row, void *argument)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), file)) {
		struct fw_gateway gateway = { .family = FW_FAMILY_IPV4 };
		unsigned int network, via, flags, mask;

		/* Addresses are printed as numbers of the machine's byte order. */
		if (sscanf(line, "%15s %8x %8x %4x %*u %*u %*u %8x", gateway.adapter, &network,
			    &via, &flags, &mask) != 5 ||
			network || mask || !(flags & ROUTE_GATEWAY))
			continue;
		memcpy(gateway.address, &via, sizeof(via));
		if (!row(&gateway, argument))
			return false;
	}
	return true;
}

static bool parse_hex(const char *text, uint8_t address[16])
{
	for (size_t i = 0; i < 16; i++) {
		unsigned int byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		address[i] = (uint8_t)byte;
	}
	return true;
}

bool fw_gateways_read_ipv6(FILE *file, fw_gateway_fn row, void *argument)
{
	char line[LINE_SIZE];

	while (fgets(line, sizeof(line), file)) {
		struct fw_gateway gateway = { .family = FW_FAMILY_IPV6 };
		char via[33];
		unsigned int length, flags;

		if (sscanf(line, "%*32s %2x %*32s %*2x %32s %*8x %*8x %*8x %8x %15s", &length, via,
			    &flags, gateway.adapter) != 4 ||
			length || !(flags & ROUTE_GATEWAY) || strlen(via) != 32 ||
			!parse_hex(via, gateway.address))
			continue;
		if (!row(&gateway, argument))
			return false;
	}
	return true;
}

void fw_host_gateways(fw_gateway_fn row, void *argument)
{
	FILE *ipv4 = fopen("/proc/self/net/route", "re");
	FILE *ipv6 = fopen("/proc/self/net/ipv6_route", "re");
	bool goes_on = true;

	if (ipv4)
		goes_on = fw_gateways_read_ipv4(ipv4, row, argument);
	if (ipv6 && goes_on)
		fw_gateways_read_ipv6(ipv6, row, argument);
	if (ipv4)
		fclose(ipv4);
	if (ipv6)
		fclose(ipv6);
}

/* Does the process have the variable? *peer then says whether its value could be read. */
static bool ask_process(uint32_t pid, uint8_t *family, uint8_t address[16], bool *peer)
{
	char path[32], *variable = NULL;
	size_t room = 0;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/environ", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getdelim(&variable, &room, '\0', file) > 0)
		found = strncmp(variable, VARIABLE, strlen(VARIABLE)) == 0;
	if (found)
		*peer = fw_ssh_peer_parse(variable + strlen(VARIABLE), family, address);
	free(variable);
	fclose(file);
	return found;
}

bool fw_host_ssh_peer(uint8_t *family, uint8_t address[16])
{
	const char *own = getenv("SSH_CONNECTION");
	uint32_t pid = (uint32_t)getppid();
	struct fw_process process;
	bool peer = false;

	if (own)
		return fw_ssh_peer_parse(own, family, address);
	for (int i = 0; i < MOST_PARENTS && pid > 1; i++) {
		if (ask_process(pid, family, address, &peer) ||
			fw_host_process(pid, &process, NULL) != FW_OK)
			break;
		pid = process.parent_pid;
	}
	return peer;
}

bool fw_host_desktop_peer(uint8_t *family, uint8_t address[16])
{
	(void)family;
	(void)address;
	return false;
}
