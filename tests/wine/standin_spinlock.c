/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Wine's 32-bit ntoskrnl.exe has stubs that end the process in the place of these two, which XP and later have. The x86
 * drivers that run there are linked with this; everything else of them is as it is.
 */
#include <ntddk.h>

#define ACQUIRE "@KefAcquireSpinLockAtDpcLevel@4"
#define RELEASE "@KefReleaseSpinLockFromDpcLevel@4"

static void __fastcall acquire(PKSPIN_LOCK lock)
{
	while (InterlockedExchange((volatile LONG *)lock, 1))
		YieldProcessor();
}

static void __fastcall release(PKSPIN_LOCK lock)
{
	InterlockedExchange((volatile LONG *)lock, 0);
}

/* What callers that take them for imports read. */
extern PVOID standin_acquire __asm__("__imp_" ACQUIRE), standin_release __asm__("__imp_" RELEASE);
PVOID standin_acquire = (PVOID)acquire;
PVOID standin_release = (PVOID)release;
