/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Sockets by their system calls, at the root cgroup: who created one, which port it took, and the
 * end of those that tcp_destroy_sock does not see.
 */
#include "kernel/linux/connection.bpf.h"

static __always_inline struct fw_flow_state *flow_of(struct bpf_sock *sk)
{
	struct fw_flow_state *flow;

	flow = bpf_sk_storage_get(&flows, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!flow)
		__sync_fetch_and_add(&machine.flow_failures, 1);
	else if (flow->self != (__u64)sk)
		flow_begin(flow, (__u64)sk);
	if (flow && !flow->id)
		flow->id = bpf_get_socket_cookie(sk);
	return flow;
}

SEC("cgroup/sock_create")
int fw_socket_created(struct bpf_sock *sk)
{
	struct fw_flow_state *flow = flow_of(sk);

	if (flow) {
		flow->flags |= FW_FLOW_BORN;
		flow->creator = current_handle();
	}
	return 1;
}

static __always_inline int bound(struct bpf_sock *sk)
{
	struct fw_connection connection = {};
	struct fw_flow_state *flow = flow_of(sk);

	if (!flow || flow->flags & FW_FLOW_PORT_SHOWN)
		return 1;
	flow_own(flow); /* not flow_touch(): Linux 6.1 has no task storage in these hooks */
	flow->flags |= FW_FLOW_PORT_SHOWN;
	flow->since_ns = bpf_ktime_get_boot_ns();
	if (!anybody_reads(FW_RECORD_PORT_TAKEN))
		return 1;
	describe_socket(&connection, (struct sock *)sk);
	describe_current(&connection);
	connection.state = FW_STATE_NONE; /* bound is not a state of TCP */
	deliver_port(FW_RECORD_PORT_TAKEN, flow, &connection);
	return 1;
}

SEC("cgroup/post_bind4")
int fw_bound4(struct bpf_sock *sk)
{
	return bound(sk);
}

SEC("cgroup/post_bind6")
int fw_bound6(struct bpf_sock *sk)
{
	return bound(sk);
}

/* close() of the last descriptor. TCP lives on until its queue is drained: tcp_destroy_sock ends
 * it. */
SEC("cgroup/sock_release")
int fw_socket_released(struct bpf_sock *sk)
{
	struct fw_connection_record record = {};
	struct fw_flow_state *flow;

	if (sk->protocol == IPPROTO_TCP && sk->type == SOCK_STREAM)
		return 1;
	flow = bpf_sk_storage_get(&flows, sk, 0, 0);
	if (!flow)
		return 1;
	abandon(flow);
	flow->flags |= FW_FLOW_CLOSED;
	describe_socket(&record.connection, (struct sock *)sk);
	if (flow->flags & FW_FLOW_PORT_SHOWN && anybody_reads(FW_RECORD_PORT_RELEASED))
		deliver_port(FW_RECORD_PORT_RELEASED, flow, &record.connection);
	if (!anybody_reads(FW_RECORD_CONNECTION_CLOSE))
		return 1;
	record_begin(&record.header, FW_RECORD_CONNECTION_CLOSE, sizeof(record));
	describe_flow(&record.connection, flow);
	describe_owner(&record.connection, flow->owner);
	describe_creator(&record.connection, flow->creator);
	record.connection.closed_ns = record.header.time_ns;
	deliver_connection_record(&record);
	return 1;
}
