/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NT's notifications of processes, threads and images, made into rows and records. PASSIVE_LEVEL;
 * called by driver.c, which has the process table, the rules and the queues ready before and takes
 * them away after (NT-27).
 */
#ifndef FW_NT_PROCESS_NOTIFY_H
#define FW_NT_PROCESS_NOTIFY_H

#include <ntddk.h>

#include <stdbool.h>

/* Which of NT's routines tell of processes. */
enum fw_process_notify {
	FW_PROCESS_NOTIFY_NONE,
	FW_PROCESS_NOTIFY_PLAIN, /* no command lines, no denial */
	FW_PROCESS_NOTIFY_EX,
	FW_PROCESS_NOTIFY_EX2, /* those of subsystems (pico processes) too */
};

/* What can be registered is; places are few, so each may fail on its own. */
void fw_process_notify_start(void);

/* When it returns, no notification runs or will. */
void fw_process_notify_stop(void);

struct fw_process_notify_state {
	enum fw_process_notify processes;
	NTSTATUS process_status; /* of the last way that was tried */
	NTSTATUS ex_status;	 /* why not with command lines */
	NTSTATUS thread_status;
	NTSTATUS image_status;
};
const struct fw_process_notify_state *fw_process_notify_state(void);

#endif
