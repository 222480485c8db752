/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Any bytes as an answer of inet_diag. The first chooses the protocol that was asked for. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "backend/sockdiag/diag_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(const struct fw_diag_socket *socket, void *argument)
{
	size_t *left = argument;

	if (socket->state >= FW_STATE_COUNT || socket->family == FW_FAMILY_NONE)
		abort();
	return --*left > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW,
		FW_PROTOCOL_MPTCP, FW_PROTOCOL_PACKET };
	struct fw_diag_answer answer = { 0 };
	size_t left = 100;

	if (size < 1)
		return 0;
	/* A block of its own: aligned, and ending where the data ends. */
	char *buffer = malloc(size);

	if (!buffer)
		return 0;
	memcpy(buffer, data + 1, size - 1);
	fw_diag_parse(buffer, size - 1, 0, protocols[data[0] % FW_ARRAY_SIZE(protocols)], take,
		&left, &answer);
	free(buffer);
	return 0;
}
