/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records of processes and threads. Nothing is done while nobody reads such records.
 */
#include "kernel/linux/event_text.bpf.h"

#include <bpf/bpf_tracing.h>

/* Processes whose exit was told, of those that had several threads left. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u8);
} exits_told SEC(".maps");

static __noinline int deliver_exit_to(__u32 slot, struct fw_process_exit_record *record)
{
	deliver_to(slot, &record->header, FW_QUEUE_PROCESS, sizeof(*record));
	return 0;
}

static __noinline int deliver_thread_to(__u32 slot, struct fw_thread_record *record)
{
	deliver_to(slot, &record->header, FW_QUEUE_PROCESS, sizeof(*record));
	return 0;
}

static __always_inline void describe_identity(struct fw_process_create_record *record,
	struct task_struct *task)
{
	record->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	record->pid = BPF_CORE_READ(task, tgid);
	record->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	record->parent_start_ns = BPF_CORE_READ(task, real_parent, group_leader, start_boottime);
	record->uid = BPF_CORE_READ(task, cred, euid.val);
	record->flags = BPF_CORE_READ(task, flags) & PF_KTHREAD ? FW_PROCESS_KERNEL : 0;
	record->reserved = 0;
	__builtin_memset(record->comm, 0, sizeof(record->comm));
	BPF_CORE_READ_INTO((char(*)[FW_TASK_COMM_SIZE])&record->comm, task, comm);
}

/* `task` runs, or is a fresh copy of the one that does: its arguments are at hand. */
static __noinline int tell_create(struct task_struct *task, __u32 cause)
{
	__u32 key = 0;
	struct event_text *text = bpf_map_lookup_elem(&event_texts, &key);

	if (!text)
		return 0;
	if (__sync_lock_test_and_set(&text->busy, 1)) {
		lose_create();
		return 0;
	}
	record_begin(&text->record.header, FW_RECORD_PROCESS_CREATE, 0);
	text->record.header.flags = 0;
	text->record.header.sequence = 0;
	text->record.cause = cause;
	describe_identity(&text->record, task);
	read_texts(text, task);
	deliver_create_record(text);
	__sync_lock_test_and_set(&text->busy, 0);
	return 0;
}

static __always_inline void tell_thread(__u16 type, struct task_struct *task, __u32 tid,
	__u64 start_ns)
{
	struct fw_thread_record record = {};

	record_begin(&record.header, type, sizeof(record));
	record.process_start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	record.start_ns = start_ns;
	record.pid = BPF_CORE_READ(task, tgid);
	record.tid = tid;
	BPF_CORE_READ_INTO((char(*)[FW_TASK_COMM_SIZE])&record.comm, task, comm);
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_thread_to(slot, &record);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(fw_event_new_task, struct task_struct *task, __u64 clone_flags)
{
	if (clone_flags & CLONE_THREAD) {
		if (anybody_reads(FW_RECORD_THREAD_CREATE))
			tell_thread(FW_RECORD_THREAD_CREATE, task, task->pid, task->start_boottime);
	} else if (anybody_reads(FW_RECORD_PROCESS_CREATE)) {
		tell_create(task, FW_CREATE_FORK);
	}
	return 0;
}

/* A thread that calls exec becomes the process: its own number ends here, and its start is
 * forgotten. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(fw_event_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	if (old_pid != task->pid && anybody_reads(FW_RECORD_THREAD_EXIT))
		tell_thread(FW_RECORD_THREAD_EXIT, task, old_pid, 0);
	if (anybody_reads(FW_RECORD_PROCESS_CREATE))
		tell_create(task, FW_CREATE_EXEC);
	return 0;
}

/*
 * Of threads that end at the same moment, each may find that none is left. One that does while
 * others are there, ended but not released, leaves a note; so the last one needs only to look for
 * it.
 */
static __always_inline bool is_first_to_tell(struct task_struct *task)
{
	__u64 handle = task_handle(task);
	__u8 told = 1;

	if (task->signal->nr_threads == 1)
		return !bpf_map_lookup_elem(&exits_told, &handle);
	return bpf_map_update_elem(&exits_told, &handle, &told, BPF_NOEXIST) == 0;
}

static __always_inline void describe_end(struct fw_process_exit_record *record,
	struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	int status = signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code :
							 task->group_leader->exit_code;

	record->exit_code = (status >> 8) & 0xff;
	record->signal = status & 0x7f;
	if (status & 0x80)
		record->flags |= FW_EVENT_CORE_DUMPED;
}

static __always_inline void tell_exit(struct task_struct *task)
{
	struct fw_process_exit_record record = {};
	struct fw_process_state *process;
	__u32 slot;

	record_begin(&record.header, FW_RECORD_PROCESS_EXIT, sizeof(record));
	record.pid = task->tgid;
	record.start_ns = task->group_leader->start_boottime;
	record.parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	record.uid = BPF_CORE_READ(task, cred, euid.val);
	record.flags = task->flags & PF_KTHREAD ? FW_PROCESS_KERNEL : 0;
	BPF_CORE_READ_INTO((char(*)[FW_TASK_COMM_SIZE])&record.comm, task, group_leader, comm);
	describe_end(&record, task);
	process = row_find(task_handle(task), &slot);
	if (process)
		record.counters = process->counters;
#pragma clang loop unroll(full)
	for (__u32 reader = 0; reader < FW_MAX_READERS; reader++)
		deliver_exit_to(reader, &record);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(fw_event_exit, struct task_struct *task)
{
	if (task->pid != task->tgid && anybody_reads(FW_RECORD_THREAD_EXIT))
		tell_thread(FW_RECORD_THREAD_EXIT, task, task->pid, task->start_boottime);
	if (task->signal->live.counter || !anybody_reads(FW_RECORD_PROCESS_EXIT))
		return 0;
	if (is_first_to_tell(task))
		tell_exit(task);
	return 0;
}

/* Every process there is: the fixed part of its record, whose texts the reader adds. */
SEC("iter/task")
int fw_iter_processes(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct fw_process_create_record record = {};

	if (!task || task->pid != task->tgid || !task->signal->live.counter)
		return 0;
	record_begin(&record.header, FW_RECORD_PROCESS_CREATE, sizeof(record));
	record.header.flags = FW_RECORD_EXISTING;
	record.cause = FW_CREATE_FOUND;
	describe_identity(&record, task);
	record.cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	bpf_seq_write(context->meta->seq, &record, sizeof(record));
	return 0;
}
