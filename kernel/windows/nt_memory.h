/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Non-paged memory of the driver, under one tag. IRQL <= DISPATCH_LEVEL. */
#ifndef FW_NT_MEMORY_H
#define FW_NT_MEMORY_H

#include <ntddk.h>

#define FW_POOL_TAG ((ULONG)'F' | (ULONG)'l' << 8 | (ULONG)'o' << 16 | (ULONG)'W' << 24)

/* Zeroed; NULL: there is none. */
static inline void *fw_allocate(size_t bytes)
{
	void *memory = ExAllocatePoolWithTag(NonPagedPool, bytes, FW_POOL_TAG);

	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

/* NULL is accepted. */
static inline void fw_free(void *memory)
{
	if (memory)
		ExFreePoolWithTag(memory, FW_POOL_TAG);
}

#endif
