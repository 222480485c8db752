/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/proc_text.h"

#include <string.h>

/* Set in the flags field of a kernel thread: PF_KTHREAD in the kernel's include/linux/sched.h. */
#define TASK_FLAG_KTHREAD 0x00200000u

/* A reading position in a text; every step checks the end. */
struct cursor {
	const char *at;
	const char *end;
};

static void skip_blanks(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

static bool skip_word(struct cursor *cursor)
{
	skip_blanks(cursor);
	const char *begin = cursor->at;

	while (cursor->at < cursor->end && !strchr(" \t\n", *cursor->at))
		cursor->at++;
	return cursor->at > begin;
}

static bool read_number(struct cursor *cursor, uint64_t maximum, uint64_t *number)
{
	uint64_t value = 0;

	skip_blanks(cursor);
	if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
		return false;
	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
		uint64_t digit = (uint64_t)(*cursor->at - '0');

		if (value > (maximum - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return true;
}

/* Takes the next line, without its newline, out of the cursor; false at the end. */
static bool next_line(struct cursor *cursor, struct cursor *line)
{
	if (cursor->at >= cursor->end)
		return false;
	const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));

	line->at = cursor->at;
	line->end = newline ? newline : cursor->end;
	cursor->at = newline ? newline + 1 : cursor->end;
	return true;
}

static bool take_prefix(struct cursor *cursor, const char *prefix)
{
	size_t length = strlen(prefix);

	if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, prefix, length))
		return false;
	cursor->at += length;
	return true;
}

static void copy_comm(char comm[FW_COMM_SIZE], const char *begin, const char *end)
{
	size_t length = (size_t)(end - begin);

	if (length > FW_COMM_SIZE - 1)
		length = FW_COMM_SIZE - 1;
	memset(comm, 0, FW_COMM_SIZE);
	memcpy(comm, begin, length);
}

/* Fields after comm: state(3) ppid(4) pgrp session tty tpgid flags(9)
 * ... threads(20) interval starttime(22). */
bool fw_proc_stat_parse(const char *text, size_t length, struct fw_proc_stat *stat)
{
	struct fw_proc_stat out = { 0 };
	const char *open = length ? memchr(text, '(', length) : NULL;
	const char *close = length ? memrchr(text, ')', length) : NULL;
	uint64_t parent, flags, threads;

	if (!open || !close || close < open)
		return false;
	copy_comm(out.comm, open + 1, close);
	struct cursor cursor = { close + 1, text + length };

	skip_blanks(&cursor);
	const char state = cursor.at < cursor.end ? *cursor.at : '?';

	if (!skip_word(&cursor) || !read_number(&cursor, UINT32_MAX, &parent))
		return false;
	for (int field = 5; field < 9; field++)
		if (!skip_word(&cursor))
			return false;
	if (!read_number(&cursor, UINT32_MAX, &flags))
		return false;
	for (int field = 10; field < 20; field++)
		if (!skip_word(&cursor))
			return false;
	if (!read_number(&cursor, UINT32_MAX, &threads) || !skip_word(&cursor) ||
		!read_number(&cursor, UINT64_MAX, &out.start_ticks))
		return false;
	out.parent_pid = (uint32_t)parent;
	/* A first thread that ends before the others is shown as Z too. */
	out.is_zombie = (state == 'Z' || state == 'X') && threads <= 1;
	out.is_kernel_thread = flags & TASK_FLAG_KTHREAD;
	*stat = out;
	return true;
}

bool fw_proc_status_parse(const char *text, size_t length, struct fw_proc_status *status)
{
	struct cursor cursor = { text, text + length }, line;
	uint64_t tgid = 0, real, effective = 0;
	bool has_tgid = false, has_uid = false;

	while (next_line(&cursor, &line)) {
		if (!has_tgid && take_prefix(&line, "Tgid:"))
			has_tgid = read_number(&line, UINT32_MAX, &tgid);
		else if (!has_uid && take_prefix(&line, "Uid:"))
			has_uid = read_number(&line, UINT32_MAX, &real) &&
				  read_number(&line, UINT32_MAX, &effective);
	}
	if (!has_tgid || !has_uid)
		return false;
	status->tgid = (uint32_t)tgid;
	status->effective_uid = (uint32_t)effective;
	return true;
}

/* The path of a line of /proc/PID/cgroup, "ID:CONTROLLERS:PATH"; the kernel marks removed ones. */
static bool cgroup_line_path(struct cursor *line, const char *hierarchy, struct cursor *path)
{
	static const char removed[] = " (deleted)";
	const size_t removed_length = sizeof(removed) - 1;

	if (!take_prefix(line, hierarchy) || line->at == line->end || *line->at != '/')
		return false;
	*path = *line;
	if ((size_t)(path->end - path->at) > removed_length &&
		!memcmp(path->end - removed_length, removed, removed_length))
		path->end -= removed_length;
	return true;
}

bool fw_proc_cgroup_parse(const char *text, size_t length, char *cgroup, size_t size)
{
	struct cursor cursor = { text, text + length }, line, unified = { 0 }, named = { 0 };
	uint64_t id;

	while (next_line(&cursor, &line)) {
		if (cgroup_line_path(&line, "0::", &unified))
			continue;
		if (read_number(&line, UINT32_MAX, &id))
			cgroup_line_path(&line, ":name=systemd:", &named);
	}
	bool unified_is_root = unified.end - unified.at == 1;
	struct cursor *path = unified.at && !(unified_is_root && named.at) ? &unified : &named;

	if (!path->at || (size_t)(path->end - path->at) >= size)
		return false;
	memcpy(cgroup, path->at, (size_t)(path->end - path->at));
	cgroup[path->end - path->at] = '\0';
	return true;
}

bool fw_proc_socket_link_parse(const char *link, size_t length, uint64_t *inode)
{
	struct cursor cursor = { link, link + length };
	uint64_t value;

	if (!take_prefix(&cursor, "socket:[") || !read_number(&cursor, UINT64_MAX, &value) ||
		cursor.end - cursor.at != 1 || *cursor.at != ']')
		return false;
	*inode = value;
	return true;
}
