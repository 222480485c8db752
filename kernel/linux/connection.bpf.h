/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Life of a connection and of the port it holds: who owns it, and the records about it. For BPF
 * programs that hold the socket as a BTF pointer.
 */
#ifndef FW_CONNECTION_BPF_H
#define FW_CONNECTION_BPF_H

#include "kernel/linux/reader.bpf.h"
#include "kernel/linux/socket_row.bpf.h"

static __always_inline void flow_own(struct fw_flow_state *flow)
{
	__u64 handle = current_handle();

	if (!handle)
		return;
	flow->owner = handle;
	if (!flow->creator)
		flow->creator = handle;
}

/* The running process did something to the flow that moves no payload (connect, listen). */
static __always_inline void flow_touch(struct fw_flow_state *flow)
{
	struct fw_process_state *process = owner_row(flow, current_handle());

	if (process)
		claim(flow, process);
}

static __always_inline void describe_owner(struct fw_connection *connection, __u64 owner)
{
	struct fw_process_name *name = bpf_map_lookup_elem(&names, &owner);
	__u32 slot;
	struct fw_process_state *process = row_find(owner, &slot);

	if (process) {
		connection->owner_pid = fw_handle_pid(owner);
		connection->owner_start_ns = process->start_ns;
		connection->group = process->group;
	}
	if (name)
		__builtin_memcpy(connection->comm, name->comm, sizeof(name->comm));
}

static __always_inline void describe_creator(struct fw_connection *connection, __u64 creator)
{
	__u32 slot;
	struct fw_process_state *process = row_find(creator, &slot);

	connection->creator_pid = fw_handle_pid(creator);
	if (process)
		connection->creator_start_ns = process->start_ns;
}

/* The same of the process that runs, which may have no row yet. */
static __always_inline void describe_current(struct fw_connection *connection)
{
	struct task_struct *task = bpf_get_current_task_btf();

	connection->owner_pid = task->tgid;
	connection->owner_start_ns = task->group_leader->start_boottime;
	BPF_CORE_READ_INTO((char (*)[FW_TASK_COMM_SIZE])&connection->comm, task, group_leader,
		comm);
}

/* close() with unread data or SO_LINGER 0 clears the peer's address before tcp_destroy_sock. */
static __always_inline void keep_addresses(struct sock *sk)
{
	struct fw_connection now = {};
	struct fw_flow_state *flow;

	if (!anybody_reads(FW_RECORD_CONNECTION_CLOSE))
		return;
	flow = bpf_sk_storage_get(&flows, sk, 0, 0);
	if (!flow)
		return;
	describe_socket(&now, sk);
	__builtin_memcpy(flow->last_local, now.local_address, sizeof(flow->last_local));
	__builtin_memcpy(flow->last_remote, now.remote_address, sizeof(flow->last_remote));
	flow->last_local_port = now.local_port;
	flow->last_remote_port = now.remote_port;
}

static __always_inline void restore_addresses(struct fw_connection *connection,
	const struct fw_flow_state *flow)
{
	if (connection->remote_port || !flow->last_remote_port)
		return;
	__builtin_memcpy(connection->local_address, flow->last_local, sizeof(flow->last_local));
	__builtin_memcpy(connection->remote_address, flow->last_remote, sizeof(flow->last_remote));
	connection->local_port = flow->last_local_port;
	connection->remote_port = flow->last_remote_port;
}

static __always_inline void deliver_connection(__u16 type, struct fw_flow_state *flow,
	struct sock *sk)
{
	struct fw_connection_record record = {};

	record_begin(&record.header, type, sizeof(record));
	describe_socket(&record.connection, sk);
	describe_flow_of(&record.connection, flow, sk);
	describe_owner(&record.connection, flow->owner);
	describe_creator(&record.connection, flow->creator);
	if (type == FW_RECORD_CONNECTION_CLOSE) {
		restore_addresses(&record.connection, flow);
		record.connection.closed_ns = record.header.time_ns;
	}
	deliver_connection_record(&record);
}

static __always_inline void port_describe(struct fw_port *port, const struct fw_flow_state *flow,
	const struct fw_connection *connection)
{
	port->connection_id = flow->id;
	port->owner_pid = connection->owner_pid;
	port->owner_start_ns = connection->owner_start_ns;
	port->since_ns = flow->since_ns;
	port->uid = connection->uid;
	port->network_namespace = connection->network_namespace;
	port->protocol = connection->protocol;
	port->port = connection->local_port;
	port->family = connection->family;
	port->state = connection->state;
	__builtin_memcpy(port->address, connection->local_address, sizeof(port->address));
	__builtin_memcpy(port->comm, connection->comm, sizeof(port->comm));
}

static __always_inline void deliver_port(__u16 type, const struct fw_flow_state *flow,
	struct fw_connection *connection)
{
	struct fw_port_record record = {};

	record_begin(&record.header, type, sizeof(record));
	if (!connection->owner_pid)
		describe_owner(connection, flow->owner);
	port_describe(&record.port, flow, connection);
	deliver_port_record(&record);
}

static __always_inline void deliver_port_of(__u16 type, const struct fw_flow_state *flow,
	struct sock *sk)
{
	struct fw_connection connection = {};

	if (!anybody_reads(type))
		return;
	describe_socket(&connection, sk);
	deliver_port(type, flow, &connection);
}

static __always_inline void port_taken(struct fw_flow_state *flow, struct sock *sk)
{
	flow->flags |= FW_FLOW_PORT_SHOWN;
	flow->since_ns = bpf_ktime_get_boot_ns();
	deliver_port_of(FW_RECORD_PORT_TAKEN, flow, sk);
}

static __always_inline void port_released(struct sock *sk)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);

	if (!flow || !(flow->flags & FW_FLOW_PORT_SHOWN))
		return;
	flow->flags &= ~FW_FLOW_PORT_SHOWN;
	deliver_port_of(FW_RECORD_PORT_RELEASED, flow, sk);
}

/* A send on an unbound UDP socket took a port without a bind() that anybody saw. */
static __always_inline void notice_autobind(struct fw_flow_state *flow, struct sock *sk)
{
	if (flow->flags & FW_FLOW_PORT_SHOWN)
		return;
	if (is_udp(sk))
		port_taken(flow, sk);
}

static __always_inline void connection_opened(struct sock *sk)
{
	struct fw_flow_state *flow;

	if (!anybody_reads(FW_RECORD_CONNECTION_OPEN))
		return;
	flow = flow_get(sk);
	if (flow)
		deliver_connection(FW_RECORD_CONNECTION_OPEN, flow, sk);
}

/* Wire bytes nobody claimed by the end belong to nobody. */
static __always_inline void abandon(struct fw_flow_state *flow)
{
	if (flow->unclaimed_sent)
		__sync_fetch_and_add(&machine.unattributed.wire_sent,
			__sync_lock_test_and_set(&flow->unclaimed_sent, 0));
	if (flow->unclaimed_received)
		__sync_fetch_and_add(&machine.unattributed.wire_received,
			__sync_lock_test_and_set(&flow->unclaimed_received, 0));
}

static __always_inline void connection_closed(struct sock *sk)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);

	if (!flow || flow->self != (__u64)sk)
		return;
	abandon(flow);
	if (flow->flags & FW_FLOW_PORT_SHOWN)
		port_released(sk);
	flow->flags |= FW_FLOW_CLOSED;
	if (anybody_reads(FW_RECORD_CONNECTION_CLOSE))
		deliver_connection(FW_RECORD_CONNECTION_CLOSE, flow, sk);
}

#endif
