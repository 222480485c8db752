/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a send call's result means. For BPF programs in process context. */
#ifndef FW_SEND_BPF_H
#define FW_SEND_BPF_H

#include "kernel/linux/connection.bpf.h"

static __always_inline void charge_sent(struct sock *sk, long result)
{
	struct fw_flow_state *flow;

	if (result <= 0 || !family_counts(sk))
		return;
	flow = flow_get(sk);
	charge(flow, FW_SENT, result);
	if (flow)
		notice_autobind(flow, sk);
}

#endif
