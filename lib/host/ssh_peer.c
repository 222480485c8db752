/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/lifelines.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool fw_ssh_peer_parse(const char *value, uint8_t *family, uint8_t address[16])
{
	uint8_t parsed[16] = { 0 };
	char text[INET6_ADDRSTRLEN];
	size_t length = strcspn(value, " %");

	if (length >= sizeof(text))
		return false;
	memcpy(text, value, length);
	text[length] = '\0';
	if (inet_pton(AF_INET, text, parsed) == 1) {
		*family = FW_FAMILY_IPV4;
	} else if (inet_pton(AF_INET6, text, parsed) != 1) {
		return false;
	} else if (memcmp(parsed, mapped, sizeof(mapped)) == 0) {
		*family = FW_FAMILY_IPV4;
		memmove(parsed, parsed + 12, 4);
		memset(parsed + 4, 0, 12);
	} else {
		*family = FW_FAMILY_IPV6;
	}
	memcpy(address, parsed, sizeof(parsed));
	return true;
}
