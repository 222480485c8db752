/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whose the subflows of multipath TCP are. For BPF programs that see packets. */
#ifndef FW_MULTIPATH_BPF_H
#define FW_MULTIPATH_BPF_H

#include "kernel/linux/flow.bpf.h"

/*
 * A subflow of a multipath connection belongs to whoever uses the connection. Only stream sockets
 * may be asked: the kernel's own TCP answers leave by a raw socket of protocol TCP, which Linux 6.1
 * takes for a tcp_sock and follows a pointer that is not there.
 */
static __always_inline __u64 multipath_owner(struct bpf_sock *sk)
{
	struct mptcp_sock *multipath;
	struct fw_flow_state *flow;

	if (sk->type != SOCK_STREAM)
		return 0;
	multipath = bpf_skc_to_mptcp_sock(sk);

	if (!multipath)
		return 0;
	flow = bpf_sk_storage_get(&flows, multipath, 0, 0);
	return flow ? flow->owner : 0;
}

#endif
