/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The inverted call from the user side: several reads are kept pending in the driver, which serves them in their
 * order; what each brings is checked and handed on. Called by windows_backend.c, one thread.
 */
#ifndef FW_INVERTED_CALL_H
#define FW_INVERTED_CALL_H

#include "backend/backend.h"
#include "backend/windows/device_channel.h"
#include "lib/host/nt_path.h"

struct fw_inverted_call;

/* `channel` and `drives` outlive it. */
enum fw_status fw_inverted_call_start(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	const struct fw_subscription *subscription, struct fw_inverted_call **call,
	struct fw_error *error);
/* After fw_device_close(), because the driver writes into its buffers until then. NULL is accepted. */
void fw_inverted_call_free(struct fw_inverted_call *call);

/* As the operations of backend.h of these names. */
enum fw_status fw_inverted_call_poll(struct fw_inverted_call *call, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error);
enum fw_status fw_inverted_call_drain(struct fw_inverted_call *call, fw_record_fn record,
	void *argument, struct fw_error *error);

#endif
