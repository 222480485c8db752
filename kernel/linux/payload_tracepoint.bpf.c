/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Payload by the socket layer's own tracepoints (Linux 6.3, commit 6e6eda44b939): every send and
 * receive call with its result, whatever the protocol and the way in (system call, sendfile,
 * io_uring).
 */
#include "kernel/linux/receive.bpf.h"
#include "kernel/linux/send.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("tp_btf/sock_send_length")
int BPF_PROG(fw_sock_send_length, struct sock *sk, int result, int flags)
{
	charge_sent(sk, result);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(fw_sock_recv_length, struct sock *sk, int result, int flags)
{
	charge_received(sk, result, flags);
	return 0;
}
