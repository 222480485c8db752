/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a client of the transport is about to do, put to the rules. IRQL <= DISPATCH_LEVEL, no lock
 * is held. */
#ifndef FW_NT_TDI_JUDGE_H
#define FW_NT_TDI_JUDGE_H

#include "abi/rule.h"
#include "kernel/windows/tdi_object.h"

/* Does a rule refuse it? A remote end of NULL is not known. Never while the filter is bypassed. */
bool fw_tdi_refused(struct fw_tdi_object *object, const struct fw_tdi_endpoint *remote,
	enum fw_blocked_operation operation, uint64_t bytes);

/* How a refusal is said to who connects or sends (a socket's WSAEACCES, as no refusal of a peer
 * is), and to who is connected to. */
#define FW_TDI_REFUSED STATUS_ACCESS_DENIED
#define FW_TDI_REFUSED_INCOMING STATUS_CONNECTION_REFUSED

#endif
