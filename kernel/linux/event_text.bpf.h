/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A process_create record with its texts: collected once, put into each reader's queue as one
 * record of its own size. For BPF programs in process context.
 */
#ifndef FW_EVENT_TEXT_BPF_H
#define FW_EVENT_TEXT_BPF_H

#include "kernel/linux/path.bpf.h"
#include "kernel/linux/reader.bpf.h"

#define FW_PATH_TEXT	 4096
#define FW_CGROUP_TEXT	 2048
#define FW_CHUNK	 4096
#define FW_COMMAND_CHUNKS 1536ul /* 6 MiB: more than that of arguments exec does not take */
#define FW_CLAIMED_LENGTH 65536  /* of arguments that are longer and so no exec's */

#define BPF_RB_RING_SIZE 1

/* Texts grow down from their end, as in struct path_walk. */
struct event_text {
	__u64 busy;
	__u64 arguments; /* user address */
	__u32 arguments_length;
	__u32 exe_offset;
	__u32 directory_offset;
	__u32 cgroup_offset;
	struct fw_process_create_record record;
	char exe[2 * FW_PATH_TEXT];
	char directory[2 * FW_PATH_TEXT];
	char cgroup[2 * FW_CGROUP_TEXT];
	char chunk[FW_CHUNK];
};

/* One a CPU; tracepoints run without preemption, and `busy` tells where that is not so any more. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_text);
} event_texts SEC(".maps");

static long path_text_step(__u32 index, void *walk)
{
	return path_step(walk, FW_PATH_TEXT);
}

static long cgroup_text_step(__u32 index, void *walk)
{
	return cgroup_step(walk, FW_CGROUP_TEXT);
}

/* Returns the offset of the text's first byte. */
static __always_inline __u32 read_path_text(char *text, const struct path *path, __u32 *flags,
	__u32 cut)
{
	struct path_walk walk = { .text = text, .offset = FW_PATH_TEXT - 1 };

	walk.dentry = BPF_CORE_READ(path, dentry);
	walk.mount = BPF_CORE_READ(path, mnt);
	bpf_loop(FW_PATH_DEPTH, path_text_step, &walk, 0);
	if (!walk.reached_root)
		*flags |= cut;
	return walk.offset;
}

static __always_inline void read_cgroup_text(struct event_text *text, struct task_struct *task)
{
	struct kernfs_node *node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	struct path_walk walk = { .text = text->cgroup, .node = node,
		.offset = FW_CGROUP_TEXT - 1 };

	text->cgroup_offset = FW_CGROUP_TEXT - 1;
	if (!node)
		return;
	text->record.cgroup_id = BPF_CORE_READ(node, id);
	bpf_loop(FW_PATH_DEPTH, cgroup_text_step, &walk, 0);
	text->cgroup_offset = walk.offset;
	if (!walk.reached_root)
		text->record.flags |= FW_EVENT_CGROUP_CUT;
}

static __always_inline void read_texts(struct event_text *text, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct file *file = BPF_CORE_READ(mm, exe_file);
	__u64 length = BPF_CORE_READ(mm, arg_end);

	text->exe_offset = text->directory_offset = FW_PATH_TEXT - 1;
	text->arguments = BPF_CORE_READ(mm, arg_start);
	/* A process may set both to anything (PR_SET_MM). It shall not fill the queues with
	 * that. */
	length = mm && length > text->arguments ? length - text->arguments : 0;
	if (length > FW_COMMAND_CHUNKS * FW_CHUNK) {
		length = FW_CLAIMED_LENGTH;
		text->record.flags |= FW_EVENT_COMMAND_LINE_CUT;
	}
	text->arguments_length = length;
	if (mm && file)
		text->exe_offset = read_path_text(text->exe, &file->f_path, &text->record.flags,
			FW_PROCESS_EXE_CUT);
	if (fs)
		text->directory_offset = read_path_text(text->directory, &fs->pwd,
			&text->record.flags, FW_EVENT_DIRECTORY_CUT);
	read_cgroup_text(text, task);
}

/* Where each text will lie, and the record's size. */
static __always_inline void lay_out(struct fw_process_create_record *record,
	const struct event_text *text, __u32 arguments_length)
{
	record->exe.offset = sizeof(*record);
	record->exe.length = FW_PATH_TEXT - 1 - text->exe_offset;
	record->directory.offset = record->exe.offset + record->exe.length;
	record->directory.length = FW_PATH_TEXT - 1 - text->directory_offset;
	record->cgroup.offset = record->directory.offset + record->directory.length;
	record->cgroup.length = FW_CGROUP_TEXT - 1 - text->cgroup_offset;
	record->command_line.offset = record->cgroup.offset + record->cgroup.length;
	record->command_line.length = arguments_length;
	record->header.size = (record->command_line.offset + arguments_length + 7) & ~7u;
}

struct argument_copy {
	struct bpf_dynptr *into;
	struct event_text *text;
	__u32 offset; /* in the record */
	__u32 left;
	__u64 from;
	bool cut; /* memory that is not there */
};

static long copy_arguments(__u32 index, void *argument)
{
	struct argument_copy *copy = argument;
	struct event_text *text = copy->text;
	__u32 length = copy->left < FW_CHUNK ? copy->left : FW_CHUNK;

	if (!length || length > FW_CHUNK)
		return WALK_STOP;
	if (bpf_probe_read_user(text->chunk, length, (const void *)copy->from)) {
		copy->cut = true;
		return WALK_STOP;
	}
	bpf_dynptr_write(copy->into, copy->offset, text->chunk, length, 0);
	copy->offset += length;
	copy->from += length;
	copy->left -= length;
	return WALK_ON;
}

/* A dynptr must be given back even if there was no room. */
static __always_inline bool reserve(void *ring, __u32 size, struct bpf_dynptr *place)
{
	if (bpf_ringbuf_reserve_dynptr(ring, size, 0, place) == 0)
		return true;
	bpf_ringbuf_discard_dynptr(place, BPF_RB_NO_WAKEUP);
	return false;
}

/* Room for the whole record; or, where a long command line does not fit, for a part of it. */
static __always_inline bool reserve_record(void *ring, struct bpf_dynptr *place,
	const struct event_text *text, struct fw_process_create_record *record)
{
	__u32 most = bpf_ringbuf_query(ring, BPF_RB_RING_SIZE) / 4;

	lay_out(record, text, text->arguments_length);
	if (reserve(ring, record->header.size, place))
		return true;
	if (text->arguments_length <= most)
		return false;
	record->flags |= FW_EVENT_COMMAND_LINE_CUT;
	lay_out(record, text, most);
	return reserve(ring, record->header.size, place);
}

static __always_inline void write_texts(struct bpf_dynptr *into, struct event_text *text,
	struct fw_process_create_record *record)
{
	struct argument_copy copy = { .into = into, .text = text, .from = text->arguments,
		.offset = record->command_line.offset, .left = record->command_line.length };

	bpf_dynptr_write(into, record->exe.offset,
		&text->exe[text->exe_offset & (FW_PATH_TEXT - 1)],
		record->exe.length & (FW_PATH_TEXT - 1), 0);
	bpf_dynptr_write(into, record->directory.offset,
		&text->directory[text->directory_offset & (FW_PATH_TEXT - 1)],
		record->directory.length & (FW_PATH_TEXT - 1), 0);
	bpf_dynptr_write(into, record->cgroup.offset,
		&text->cgroup[text->cgroup_offset & (FW_CGROUP_TEXT - 1)],
		record->cgroup.length & (FW_CGROUP_TEXT - 1), 0);
	bpf_loop(FW_COMMAND_CHUNKS, copy_arguments, &copy, 0);
	if (!copy.cut)
		return;
	record->command_line.length -= copy.left;
	record->flags |= FW_EVENT_COMMAND_LINE_CUT;
}

static __noinline int deliver_create_to(__u32 slot, struct event_text *text)
{
	struct fw_process_create_record record = text->record;
	struct fw_reader_state *reader;
	struct bpf_dynptr place;
	__u64 wake;
	void *ring = queue_for(slot, &reader, FW_RECORD_PROCESS_CREATE, FW_QUEUE_PROCESS);

	if (!ring)
		return 0;
	if (!reserve_record(ring, &place, text, &record)) {
		lose(reader, FW_RECORD_PROCESS_CREATE);
		return 0;
	}
	wake = wake_flag(ring, record.header.size);
	write_texts(&place, text, &record);
	bpf_dynptr_write(&place, 0, &record, sizeof(record), 0);
	bpf_ringbuf_submit_dynptr(&place, wake);
	return 0;
}

static __always_inline void deliver_create_record(struct event_text *text)
{
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_create_to(slot, text);
}

/* The record could not be made: every reader that wanted it has lost it. */
static __noinline int lose_create(void)
{
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++) {
		struct fw_reader_state *reader = reader_of(slot, FW_RECORD_PROCESS_CREATE);

		if (!reader)
			continue;
		__sync_fetch_and_add(&reader->produced[FW_RECORD_PROCESS_CREATE], 1);
		lose(reader, FW_RECORD_PROCESS_CREATE);
	}
	return 0;
}

#endif
