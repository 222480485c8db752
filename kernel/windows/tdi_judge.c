/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_judge.h"

#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_attach.h"

bool fw_tdi_refused(struct fw_tdi_object *object, const struct fw_tdi_endpoint *remote,
	enum fw_blocked_operation operation, uint64_t bytes)
{
	struct fw_attempt attempt = { 0 };
	KIRQL irql;

	if (fw_tdi_bypassed())
		return false;
	KeAcquireSpinLock(&object->lock, &irql);
	RtlCopyMemory(attempt.local_address, object->local.address, sizeof(attempt.local_address));
	attempt.local_port = object->local.port;
	attempt.connection_id = object->flow;
	KeReleaseSpinLock(&object->lock, irql);
	if (remote) {
		RtlCopyMemory(
			attempt.remote_address, remote->address, sizeof(attempt.remote_address));
		attempt.remote_port = remote->port;
		attempt.family = remote->family;
	}
	attempt.protocol = object->protocol;
	attempt.operation = (uint8_t)operation;
	attempt.bytes = bytes;
	return fw_rules_refuse(object->payer, &attempt) != 0;
}
