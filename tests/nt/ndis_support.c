/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What of NDIS is the kernel under another name: locks, events, timers, work, memory, strings; and the configuration. */
#include <stdio.h>

#include "ndis_internal.h"

#define TAG 0x7369644e /* Ndis */

struct configuration {
	NDIS_CONFIGURATION_PARAMETER value;
	WCHAR text[NDIS_NAME];
	char section[NDIS_NAME];
};

static unsigned configurations;

/* Locks that are set up at one place of the driver are of one class. */
void ndis_spin_lock_allocate(PNDIS_SPIN_LOCK lock, const char *file, int line)
{
	nt_spin_lock_init(&lock->SpinLock, file, line);
	lock->OldIrql = 0xff;
}

void NdisFreeSpinLock(PNDIS_SPIN_LOCK lock)
{
	(void)lock;
	nt_enter("NdisFreeSpinLock", DISPATCH_LEVEL);
}

void NdisAcquireSpinLock(PNDIS_SPIN_LOCK lock)
{
	KIRQL old = KeAcquireSpinLockRaiseToDpc(&lock->SpinLock);

	lock->OldIrql = old;
}

void NdisReleaseSpinLock(PNDIS_SPIN_LOCK lock)
{
	KeReleaseSpinLock(&lock->SpinLock, lock->OldIrql);
}

void NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK lock)
{
	KeAcquireSpinLockAtDpcLevel(&lock->SpinLock);
	lock->OldIrql = DISPATCH_LEVEL;
}

void NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK lock)
{
	KeReleaseSpinLockFromDpcLevel(&lock->SpinLock);
}

void NdisInitializeEvent(PNDIS_EVENT event)
{
	KeInitializeEvent(&event->Event, NotificationEvent, FALSE);
}

void NdisSetEvent(PNDIS_EVENT event)
{
	KeSetEvent(&event->Event, IO_NO_INCREMENT, FALSE);
}

void NdisResetEvent(PNDIS_EVENT event)
{
	KeResetEvent(&event->Event);
}

BOOLEAN NdisWaitEvent(PNDIS_EVENT event, UINT milliseconds)
{
	LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)milliseconds * 10000 };

	return KeWaitForSingleObject(&event->Event, Executive, KernelMode, FALSE, milliseconds ? &timeout : NULL) ==
	       STATUS_SUCCESS;
}

void NdisMSleep(ULONG microseconds)
{
	LARGE_INTEGER interval = { .QuadPart = -(LONGLONG)microseconds * 10 };

	KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

void NdisInitializeTimer(PNDIS_TIMER timer, PNDIS_TIMER_FUNCTION routine, PVOID context)
{
	KeInitializeTimer(&timer->Timer);
	KeInitializeDpc(&timer->Dpc, (PKDEFERRED_ROUTINE)(void *)routine, context);
}

void NdisSetTimer(PNDIS_TIMER timer, UINT milliseconds)
{
	LARGE_INTEGER due = { .QuadPart = -(LONGLONG)milliseconds * 10000 };

	KeSetTimer(&timer->Timer, due, &timer->Dpc);
}

void NdisCancelTimer(PNDIS_TIMER timer, PBOOLEAN cancelled)
{
	*cancelled = KeCancelTimer(&timer->Timer);
}

static void work(void *context)
{
	PNDIS_WORK_ITEM item = context;

	item->Routine(item, item->Context);
}

NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM item)
{
	nt_enter("NdisScheduleWorkItem", DISPATCH_LEVEL);
	if (nt_fails("NdisScheduleWorkItem"))
		return NDIS_STATUS_RESOURCES;
	ndis_later(work, item, PASSIVE_LEVEL);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *address, UINT length, ULONG tag)
{
	*address = ExAllocatePoolWithTag(NonPagedPool, length, tag);
	return *address ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

void NdisFreeMemory(PVOID address, UINT length, UINT flags)
{
	(void)length;
	if (flags)
		nt_violation(NT_RULE_OBJECT, "NdisFreeMemory with flags, of memory from the pool");
	ExFreePool(address);
}

void NdisFreeString(NDIS_STRING string)
{
	nt_enter("NdisFreeString", PASSIVE_LEVEL);
	if (string.Buffer)
		ExFreePool(string.Buffer);
}

void NdisGetCurrentSystemTime(PLARGE_INTEGER time)
{
	KeQuerySystemTime(time);
}

UINT NdisGetVersion(void)
{
	return 0x00050001;
}

static void open_configuration(PNDIS_STATUS status, PNDIS_HANDLE handle, const char *section, const char *function)
{
	struct configuration *configuration;

	nt_enter_unlocked(function, PASSIVE_LEVEL);
	*status = NDIS_STATUS_FAILURE;
	if (nt_fails(function))
		return;
	configuration = ndis_new(sizeof(*configuration));
	snprintf(configuration->section, sizeof(configuration->section), "%s", section);
	configurations++;
	*handle = configuration;
	*status = NDIS_STATUS_SUCCESS;
}

void NdisOpenProtocolConfiguration(PNDIS_STATUS status, PNDIS_HANDLE configuration, PNDIS_STRING section)
{
	char text[NDIS_NAME];

	open_configuration(status, configuration, nt_utf8(section, text, sizeof(text)), "NdisOpenProtocolConfiguration");
}

void NdisOpenConfiguration(PNDIS_STATUS status, PNDIS_HANDLE configuration, NDIS_HANDLE wrapper)
{
	open_configuration(status, configuration, ndis_adapter_of(wrapper, "NdisOpenConfiguration")->text,
		"NdisOpenConfiguration");
}

void NdisCloseConfiguration(NDIS_HANDLE configuration)
{
	nt_enter_unlocked("NdisCloseConfiguration", PASSIVE_LEVEL);
	configurations--;
	free(configuration);
}

/* The one value that there is: UpperBindings, the name of the adapter to make above the one that is bound. */
void NdisReadConfiguration(PNDIS_STATUS status, PNDIS_CONFIGURATION_PARAMETER *value, NDIS_HANDLE handle,
	PNDIS_STRING keyword, NDIS_PARAMETER_TYPE type)
{
	struct configuration *configuration = handle;
	const char *adapter = strrchr(configuration->section, '\\');
	char name[NDIS_NAME];

	nt_enter_unlocked("NdisReadConfiguration", PASSIVE_LEVEL);
	*status = NDIS_STATUS_FAILURE;
	nt_utf8(keyword, name, sizeof(name));
	if (nt_fails("NdisReadConfiguration") || strcmp(name, "UpperBindings") || !adapter)
		return;
	if (type != NdisParameterString)
		nt_violation(0, "NdisReadConfiguration of UpperBindings as another type than a string");
	snprintf(name, sizeof(name), "\\Device\\Upper-%.100s", adapter + 1);
	configuration->value.ParameterType = NdisParameterString;
	nt_utf16(name, configuration->text, NDIS_NAME, &configuration->value.ParameterData.StringData);
	*value = &configuration->value;
	*status = NDIS_STATUS_SUCCESS;
}

void NdisReadNetworkAddress(PNDIS_STATUS status, PVOID *address, PUINT length, NDIS_HANDLE configuration)
{
	(void)address;
	(void)length;
	(void)configuration;
	nt_enter_unlocked("NdisReadNetworkAddress", PASSIVE_LEVEL);
	*status = NDIS_STATUS_FAILURE;
}

void ndis_support_check(const char *when)
{
	if (configurations)
		nt_violation(NT_RULE_UNLOAD, "%u configurations are open after %s", configurations, when);
}
