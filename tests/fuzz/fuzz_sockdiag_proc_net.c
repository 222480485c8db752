/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Any text as a line of a /proc/net table. */
#include <netinet/in.h>
#include <stdlib.h>

#include "backend/sockdiag/proc_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW, IPPROTO_ICMP };
	struct fw_diag_socket socket;

	for (size_t i = 0; i < FW_ARRAY_SIZE(protocols); i++) {
		const uint8_t family = i % 2 ? FW_FAMILY_IPV6 : FW_FAMILY_IPV4;

		if (fw_proc_net_parse((const char *)data, size, family, protocols[i], &socket) &&
			(socket.state >= FW_STATE_COUNT || socket.cookie != socket.inode))
			abort();
	}
	return 0;
}
