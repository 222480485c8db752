/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Iterators that the backend reads as files: every socket with state, every socket with a
 * descriptor, and the pass over existing sockets that `load` makes once.
 */
#include "kernel/linux/socket_row.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("iter/bpf_sk_storage_map")
int fw_iter_flows(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct fw_flow_state *flow = context->value;
	struct sock *sk = context->sk;
	struct fw_socket_row row = {};

	if (!sk || !flow || flow->self != (__u64)sk || flow->flags & FW_FLOW_CLOSED)
		return 0;
	if (flow->flags & FW_FLOW_KERNEL && !flow->owner)
		return 0;
	describe_socket(&row.connection, sk);
	describe_flow_of(&row.connection, flow, sk);
	row.owner = flow->owner;
	row.creator = flow->creator;
	row.since_ns = flow->since_ns;
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}

static __always_inline struct sock *socket_of(struct file *file)
{
	struct socket *socket = bpf_sock_from_file(file);

	return socket ? socket->sk : 0;
}

static __always_inline void write_reader_identity(struct seq_file *seq)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fw_socket_row row = {};

	row.holder_pid = task->tgid;
	row.holder_start_ns = task->group_leader->start_boottime;
	bpf_seq_write(seq, &row, sizeof(row));
}

SEC("iter/task_file")
int fw_iter_descriptors(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct fw_socket_row row = {};
	struct fw_flow_state *flow;
	struct sock *sk;

	if (!context->meta->seq_num)
		write_reader_identity(context->meta->seq);
	if (!task || !file)
		return 0;
	sk = socket_of(file);
	if (!sk || !family_counts(sk))
		return 0;
	describe_socket(&row.connection, sk);
	flow = bpf_sk_storage_get(&flows, sk, 0, 0);
	if (flow) {
		describe_flow_of(&row.connection, flow, sk);
		row.owner = flow->owner;
		row.creator = flow->creator;
		row.since_ns = flow->since_ns;
	} else {
		row.connection.id = bpf_get_socket_cookie(sk);
	}
	row.holder_pid = task->tgid;
	row.holder_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	BPF_CORE_READ_INTO(&row.connection.comm, task, group_leader, comm);
	bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}

/* Nobody can have received anything from it yet: not connected, or not accepted. */
static __always_inline bool is_unread(struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state == TCP_CLOSE || state == TCP_SYN_SENT || state == TCP_LISTEN ||
	       !BPF_CORE_READ(sk, sk_socket);
}

/*
 * Which side began a connection that is there already. `bytes_acked` is how far the peer's
 * acknowledgment moved, which for the side that connected began in front of its SYN; where the
 * payload begins follows from how much of it was sent. True until a FIN is sent; after anything odd
 * neither comes out.
 */
static __always_inline __u32 begun_flag(struct sock *sk, struct tcp_sock *tcp)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
	__u32 begin = tcp->snd_nxt - (__u32)(tcp->bytes_sent - tcp->bytes_retrans);
	__u32 beyond = (__u32)tcp->bytes_acked - (tcp->snd_una - begin);

	if ((state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT) || beyond > 1)
		return 0;
	return beyond ? FW_FLOW_CONNECTED : FW_FLOW_ACCEPTED;
}

/*
 * A socket from before counting began. Of a TCP connection only what is consumed from now on
 * counts; bytes on their way in a concurrent call may fall on either side of the line.
 */
static __always_inline void seed(struct sock *sk, struct tcp_sock *tcp, __u64 holder)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);

	if (flow)
		return;
	flow = flow_get(sk);
	if (!flow)
		return;
	flow->opened_ns = 0;
	flow->holder = holder;
	if (!tcp || flow->sequence_state == FW_SEQUENCE_KNOWN)
		return;
	if (is_unread(sk)) {
		flow->flags |= FW_FLOW_BORN;
		return;
	}
	flow->flags |= begun_flag(sk, tcp);
	flow->seen_sequence = tcp->copied_seq;
	flow->sequence_state = FW_SEQUENCE_KNOWN;
}

/* Everything that some process holds a descriptor for, in all network namespaces. */
SEC("iter/task_file")
int fw_iter_seed(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = socket_of(file);
	if (sk && family_counts(sk))
		seed(sk, tcp_of(sk),
			fw_handle(task->tgid, BPF_CORE_READ(task, group_leader, start_boottime)));
	return 0;
}

/* Connections nobody holds a descriptor for: waiting for accept(), on their way in a message,
 * registered with io_uring. Of the reader's network namespace only. */
SEC("iter/tcp")
int fw_iter_seed_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct tcp_sock *tcp;

	if (!common)
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (tcp)
		seed((struct sock *)tcp, tcp, 0);
	return 0;
}
