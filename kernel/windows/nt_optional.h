/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What later NTs have and XP lacks, or what is not wanted among the imports: looked up once in
 * DriverEntry (NT-26), NULL where it is missing. The functions below use it or do without it.
 */
#ifndef FW_NT_OPTIONAL_H
#define FW_NT_OPTIONAL_H

#include <ntddk.h>

#include <stdbool.h>

#include "core/types.h"

/* The values of PSCREATEPROCESSNOTIFYTYPE that matter. */
#define FW_NOTIFY_SUBSYSTEMS 0

typedef NTSTATUS(NTAPI *fw_set_process_notify_ex2_fn)(ULONG kind, PVOID routine, BOOLEAN remove);
typedef NTSTATUS(NTAPI *fw_set_process_notify_ex_fn)(
	PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine, BOOLEAN remove);

struct fw_nt_optional {
	fw_set_process_notify_ex2_fn set_process_notify_ex2;
	fw_set_process_notify_ex_fn set_process_notify_ex;
	ULONGLONG(NTAPI *interrupt_time_precise)(ULONGLONG *counter);
	PVOID(NTAPI *map_locked_pages)
	(MDL *mdl, KPROCESSOR_MODE mode, ULONG cache, PVOID address, ULONG bug_check,
		ULONG priority);
	VOID(NTAPI *build_partial_mdl)(MDL *source, MDL *target, PVOID address, ULONG length);
};

extern struct fw_nt_optional fw_nt_optional;

/* PASSIVE_LEVEL, once, before anything else of the driver. */
void fw_nt_optional_init(void);

/* The address of a request's locked pages in system space, NULL: it has none, or they cannot be
 * mapped. */
void *fw_nt_mdl_address(MDL *mdl);

/* Make a descriptor that of a part of another one's memory. False: this kernel cannot. */
bool fw_nt_has_partial_mdls(void);
void fw_nt_mdl_part(MDL *source, MDL *target, void *address, uint32_t length);

#endif
