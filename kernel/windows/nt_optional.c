/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/nt_optional.h"

#include "kernel/windows/event_stream.h"

#define NS_PER_TICK 100u /* of interrupt time */

struct fw_nt_optional fw_nt_optional;

static void *look_up(const WCHAR *name)
{
	UNICODE_STRING string;

	RtlInitUnicodeString(&string, name);
	return (void *)(ULONG_PTR)MmGetSystemRoutineAddress(&string);
}

void fw_nt_optional_init(void)
{
	struct fw_nt_optional *found = &fw_nt_optional;

	*(void **)&found->set_process_notify_ex2 =
		look_up((const WCHAR *)L"PsSetCreateProcessNotifyRoutineEx2");
	*(void **)&found->set_process_notify_ex =
		look_up((const WCHAR *)L"PsSetCreateProcessNotifyRoutineEx");
	*(void **)&found->interrupt_time_precise =
		look_up((const WCHAR *)L"KeQueryInterruptTimePrecise");
	*(void **)&found->map_locked_pages =
		look_up((const WCHAR *)L"MmMapLockedPagesSpecifyCache");
	*(void **)&found->build_partial_mdl = look_up((const WCHAR *)L"IoBuildPartialMdl");
}

void *fw_nt_mdl_address(MDL *mdl)
{
	const ULONG cached = 1, normal_priority = 16;

	if (!mdl)
		return NULL;
	if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
		return mdl->MappedSystemVa;
	if (!fw_nt_optional.map_locked_pages)
		return NULL;
	return fw_nt_optional.map_locked_pages(
		mdl, KernelMode, cached, NULL, FALSE, normal_priority);
}

bool fw_nt_has_partial_mdls(void)
{
	return fw_nt_optional.build_partial_mdl != NULL;
}

void fw_nt_mdl_part(MDL *source, MDL *target, void *address, uint32_t length)
{
	fw_nt_optional.build_partial_mdl(source, target, address, length);
}

uint64_t fw_time_boot_ns(void)
{
	ULONGLONG counter;

	if (fw_nt_optional.interrupt_time_precise)
		return fw_nt_optional.interrupt_time_precise(&counter) * NS_PER_TICK;
	return KeQueryInterruptTime() * NS_PER_TICK;
}
