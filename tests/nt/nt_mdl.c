/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Descriptors of memory: they must be built or locked before anybody maps them, and freed. */
#include "nt_internal.h"

static LONG mdls;

PMDL IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN quota, struct _IRP *irp)
{
	PMDL mdl, last;

	(void)quota;
	nt_enter("IoAllocateMdl", DISPATCH_LEVEL);
	if (nt_fails("IoAllocateMdl"))
		return NULL;
	mdl = calloc(1, sizeof(*mdl));
	if (!mdl)
		abort();
	mdl->Size = sizeof(*mdl);
	mdl->ByteCount = length;
	mdl->ByteOffset = (ULONG)((uintptr_t)address & (PAGE_SIZE - 1));
	mdl->StartVa = (PCHAR)address - mdl->ByteOffset;
	if (irp && !secondary)
		irp->MdlAddress = mdl;
	else if (irp) {
		for (last = irp->MdlAddress; last->Next; last = last->Next)
			;
		last->Next = mdl;
	}
	__atomic_add_fetch(&mdls, 1, __ATOMIC_RELAXED);
	return mdl;
}

/* The part must lie within the source, and shares what is known of its memory. */
void IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG length)
{
	uintptr_t first = (uintptr_t)MmGetMdlVirtualAddress(source);
	size_t offset = (uintptr_t)address - first;

	nt_enter("IoBuildPartialMdl", DISPATCH_LEVEL);
	if (source->Size != sizeof(*source) || target->Size != sizeof(*target))
		nt_violation(NT_RULE_COMPLETION, "IoBuildPartialMdl of what is no MDL, or freed");
	if (!(source->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_PAGES_LOCKED | MDL_PARTIAL)))
		nt_violation(NT_RULE_LEVEL, "IoBuildPartialMdl of memory that is not locked");
	if ((uintptr_t)address < first || offset + length > source->ByteCount || length > target->ByteCount)
		nt_violation(NT_RULE_LEVEL, "IoBuildPartialMdl of %u bytes at %zu of %u", length, offset,
			source->ByteCount);
	target->MdlFlags = MDL_PARTIAL | (source->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_PAGES_LOCKED));
	target->ByteCount = length;
	target->ByteOffset = (ULONG)((uintptr_t)address & (PAGE_SIZE - 1));
	target->StartVa = (PCHAR)address - target->ByteOffset;
	target->MappedSystemVa = source->MappedSystemVa ? (PCHAR)source->MappedSystemVa + offset : NULL;
	target->Next = NULL;
}

void IoFreeMdl(PMDL mdl)
{
	nt_enter("IoFreeMdl", DISPATCH_LEVEL);
	if (mdl->Size != sizeof(*mdl))
		nt_violation(NT_RULE_COMPLETION, "IoFreeMdl of what is no MDL, or freed");
	mdl->Size = 0;
	free(mdl);
	__atomic_sub_fetch(&mdls, 1, __ATOMIC_RELAXED);
}

void MmBuildMdlForNonPagedPool(PMDL mdl)
{
	nt_enter("MmBuildMdlForNonPagedPool", DISPATCH_LEVEL);
	mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
	mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

void MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
	(void)mode;
	(void)operation;
	nt_enter_unlocked("MmProbeAndLockPages", APC_LEVEL);
	mdl->MdlFlags |= MDL_PAGES_LOCKED;
}

void MmUnlockPages(PMDL mdl)
{
	nt_enter("MmUnlockPages", DISPATCH_LEVEL);
	if (!(mdl->MdlFlags & MDL_PAGES_LOCKED))
		nt_violation(NT_RULE_LEVEL, "MmUnlockPages of pages that are not locked");
	mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}

PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority)
{
	(void)priority;
	nt_enter("MmGetSystemAddressForMdlSafe", DISPATCH_LEVEL);
	if (mdl->Size != sizeof(*mdl))
		nt_violation(NT_RULE_LEVEL, "MmGetSystemAddressForMdlSafe of what is no MDL, or freed");
	if (mdl->MappedSystemVa)
		return mdl->MappedSystemVa;
	if (!(mdl->MdlFlags & MDL_PAGES_LOCKED))
		nt_violation(NT_RULE_LEVEL, "MmGetSystemAddressForMdlSafe of memory that is not locked");
	if (nt_fails("MmGetSystemAddressForMdlSafe"))
		return NULL;
	mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
	return mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

void nt_mdl_check(const char *when)
{
	if (__atomic_load_n(&mdls, __ATOMIC_RELAXED))
		nt_violation(NT_RULE_UNLOAD, "%d MDLs are left after %s", mdls, when);
}
