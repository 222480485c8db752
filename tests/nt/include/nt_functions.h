/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The functions of the fake kernel, as drivers call them: the subset of ntoskrnl's and hal's exports that this project
 * uses. Each checks its caller's IRQL. What XP does not export is found by MmGetSystemRoutineAddress() only. Included
 * by <ntddk.h>.
 */
#ifndef FW_NT_FUNCTIONS_H
#define FW_NT_FUNCTIONS_H

#include "nt_atomics.h"
#include "nt_structures.h"

/* Levels and locks */
KIRQL KeGetCurrentIrql(void);
void KeRaiseIrql(KIRQL irql, PKIRQL old);
KIRQL KeRaiseIrqlToDpcLevel(void);
void KeLowerIrql(KIRQL irql);
void nt_paged_code(const char *function);
#define PAGED_CODE() nt_paged_code(__func__)

/* Locks initialised at one place are one class; the order of classes is checked. */
void nt_spin_lock_init(PKSPIN_LOCK lock, const char *file, int line);
#define KeInitializeSpinLock(lock) nt_spin_lock_init(lock, __FILE__, __LINE__)
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock);
#define KeAcquireSpinLock(lock, old) ((void)(*(old) = KeAcquireSpinLockRaiseToDpc(lock)))
void KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql);
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock);
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock);
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock);
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock);
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY head, PKSPIN_LOCK lock);
void ExInitializeFastMutex(PFAST_MUTEX mutex);
void ExAcquireFastMutex(PFAST_MUTEX mutex);
void ExReleaseFastMutex(PFAST_MUTEX mutex);
void KeInitializeMutex(PKMUTEX mutex, ULONG level);
LONG KeReleaseMutex(PKMUTEX mutex, BOOLEAN wait);
void KeEnterCriticalRegion(void);
void KeLeaveCriticalRegion(void);

/* Waiting */
typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _KWAIT_REASON { Executive, FreePage, PageIn, PoolAllocation, DelayExecution, Suspended,
	UserRequest } KWAIT_REASON;
typedef enum _WAIT_TYPE { WaitAll, WaitAny } WAIT_TYPE;
#define THREAD_WAIT_OBJECTS 3
#define MAXIMUM_WAIT_OBJECTS 64
void KeInitializeEvent(PKEVENT event, EVENT_TYPE type, BOOLEAN state);
LONG KeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait);
void KeClearEvent(PKEVENT event);
LONG KeResetEvent(PKEVENT event);
LONG KeReadStateEvent(PKEVENT event);
void KeInitializeSemaphore(PKSEMAPHORE semaphore, LONG count, LONG limit);
LONG KeReleaseSemaphore(PKSEMAPHORE semaphore, KPRIORITY increment, LONG adjustment, BOOLEAN wait);
NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode,
	BOOLEAN alertable, PLARGE_INTEGER timeout);
NTSTATUS KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
	KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout, PVOID blocks);
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER interval);

/* Time, timers, DPCs, work */
void KeQuerySystemTime(PLARGE_INTEGER time);
ULONGLONG KeQueryInterruptTime(void);
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER frequency);
void KeQueryTickCount(PLARGE_INTEGER count);
ULONG KeQueryTimeIncrement(void);
void KeStallExecutionProcessor(ULONG microseconds);
void ExSystemTimeToLocalTime(PLARGE_INTEGER system, PLARGE_INTEGER local);
void KeInitializeTimer(PKTIMER timer);
void KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type);
BOOLEAN KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc);
BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period_ms, PKDPC dpc);
BOOLEAN KeCancelTimer(PKTIMER timer);
BOOLEAN KeReadStateTimer(PKTIMER timer);
void KeInitializeDpc(PKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context);
BOOLEAN KeInsertQueueDpc(PKDPC dpc, PVOID argument1, PVOID argument2);
BOOLEAN KeRemoveQueueDpc(PKDPC dpc);
void KeFlushQueuedDpcs(void);
void KeSetTargetProcessorDpc(PKDPC dpc, CCHAR number);
void KeSetImportanceDpc(PKDPC dpc, KDPC_IMPORTANCE importance);
ULONG KeGetCurrentProcessorNumber(void);
extern CCHAR KeNumberProcessors;
typedef enum _WORK_QUEUE_TYPE { CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue }
	WORK_QUEUE_TYPE;
PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT device);
void IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE queue, PVOID context);
void IoFreeWorkItem(PIO_WORKITEM item);

/* Memory */
typedef enum _POOL_TYPE { NonPagedPool, PagedPool, NonPagedPoolNx = 512 } POOL_TYPE;
PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T size, ULONG tag);
void ExFreePoolWithTag(PVOID block, ULONG tag);
void ExFreePool(PVOID block);
void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list, PVOID allocate, PVOID free, ULONG flags,
	SIZE_T size, ULONG tag, USHORT depth);
void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list);
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list);
void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list, PVOID entry);

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_MAPPING_CAN_FAIL 0x2000
typedef enum _MM_PAGE_PRIORITY { LowPagePriority, NormalPagePriority = 16, HighPagePriority = 32 }
	MM_PAGE_PRIORITY;
typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;
PMDL IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN quota, struct _IRP *irp);
void IoFreeMdl(PMDL mdl);
void IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG length);
void MmBuildMdlForNonPagedPool(PMDL mdl);
void MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation);
void MmUnlockPages(PMDL mdl);
PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority);
#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define MmGetMdlVirtualAddress(mdl) ((PVOID)((PCHAR)(mdl)->StartVa + (mdl)->ByteOffset))
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING name);
#define MmIsAddressValid(address) ((address) != NULL)

/* Strings and bytes */
#define RtlCopyMemory(to, from, length) memcpy(to, from, length)
#define RtlMoveMemory(to, from, length) memmove(to, from, length)
#define RtlZeroMemory(to, length) memset(to, 0, length)
#define RtlFillMemory(to, length, value) memset(to, value, length)
#define RtlEqualMemory(a, b, length) (memcmp(a, b, length) == 0)
SIZE_T RtlCompareMemory(const void *a, const void *b, SIZE_T length);
void RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text);
void RtlInitAnsiString(PANSI_STRING string, PCSZ text);
void RtlCopyUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from);
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING to, PCWSTR text);
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING to, PCUNICODE_STRING from);
LONG RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case);
BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING string, BOOLEAN ignore_case);
WCHAR RtlUpcaseUnicodeChar(WCHAR character);
WCHAR RtlDowncaseUnicodeChar(WCHAR character);
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING to, PCUNICODE_STRING from, BOOLEAN allocate);
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING to, PANSI_STRING from, BOOLEAN allocate);
void RtlFreeUnicodeString(PUNICODE_STRING string);
void RtlFreeAnsiString(PANSI_STRING string);
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW version);
ULONG DbgPrint(const char *format, ...);
#define DPFLTR_IHVDRIVER_ID 77
#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_INFO_LEVEL 3
ULONG DbgPrintEx(ULONG component, ULONG level, const char *format, ...);
#define KdPrint(arguments) ((void)DbgPrint arguments)
__attribute__((noreturn)) void KeBugCheckEx(ULONG code, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d);
void nt_assert_failed(const char *text, const char *file, int line);
#define ASSERT(condition) \
	((condition) ? (void)0 : nt_assert_failed(#condition, __FILE__, __LINE__))
#define NT_ASSERT(condition) ASSERT(condition)

/* Devices */
#define DO_BUFFERED_IO 0x00000004u
#define DO_EXCLUSIVE 0x00000008u
#define DO_DIRECT_IO 0x00000010u
#define DO_DEVICE_INITIALIZING 0x00000080u
#define DO_POWER_PAGABLE 0x00002000u
#define FILE_DEVICE_NETWORK 0x00000012u
#define FILE_DEVICE_TRANSPORT 0x00000021u
#define FILE_DEVICE_UNKNOWN 0x00000022u
#define FILE_DEVICE_SECURE_OPEN 0x00000100u
#define METHOD_BUFFERED 0
#define METHOD_IN_DIRECT 1
#define METHOD_OUT_DIRECT 2
#define METHOD_NEITHER 3
#define FILE_ANY_ACCESS 0
#define FILE_READ_ACCESS 1
#define FILE_WRITE_ACCESS 2
#define FILE_READ_DATA 0x0001
#define FILE_WRITE_DATA 0x0002
#define DELETE 0x00010000u
#define READ_CONTROL 0x00020000u
#define SYNCHRONIZE 0x00100000u
#define GENERIC_READ 0x80000000u
#define GENERIC_WRITE 0x40000000u
#define GENERIC_ALL 0x10000000u
#define FILE_GENERIC_READ 0x00120089u
#define FILE_GENERIC_WRITE 0x00120116u
#define FILE_ALL_ACCESS 0x001f01ffu
#define STANDARD_RIGHTS_ALL 0x001f0000u
#define FILE_SHARE_READ 1
#define FILE_SHARE_WRITE 2
#define FILE_OPEN 1
#define FILE_OPEN_IF 3
#define FILE_NON_DIRECTORY_FILE 0x00000040u
#define FILE_SYNCHRONOUS_IO_NONALERT 0x00000020u
#define FILE_ATTRIBUTE_NORMAL 0x00000080u
#define CTL_CODE(type, function, method, access) \
	((ULONG)(type) << 16 | (ULONG)(access) << 14 | (ULONG)(function) << 2 | (ULONG)(method))
NTSTATUS IoCreateDevice(PDRIVER_OBJECT driver, ULONG extension_size, PUNICODE_STRING name, DEVICE_TYPE type,
	ULONG characteristics, BOOLEAN exclusive, PDEVICE_OBJECT *device);
void IoDeleteDevice(PDEVICE_OBJECT device);
NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING link, PUNICODE_STRING target);
NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING link);
PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT source, PDEVICE_OBJECT target);
NTSTATUS IoAttachDevice(PDEVICE_OBJECT source, PUNICODE_STRING name, PDEVICE_OBJECT *lower);
void IoDetachDevice(PDEVICE_OBJECT target);
NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file,
	PDEVICE_OBJECT *device);
PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT file);
PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT device);
PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT device);
NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT device);
void IoUnregisterShutdownNotification(PDEVICE_OBJECT device);

/* IRPs */
#define IO_NO_INCREMENT 0
#define IO_NETWORK_INCREMENT 2
#define EVENT_INCREMENT 1
#define STATUS_CONTINUE_COMPLETION STATUS_SUCCESS
PIRP IoAllocateIrp(CCHAR stack_size, BOOLEAN quota);
void IoFreeIrp(PIRP irp);
void IoReuseIrp(PIRP irp, NTSTATUS status);
USHORT IoSizeOfIrp_checked(CCHAR stack_size);
#define IoSizeOfIrp(count) ((USHORT)(sizeof(IRP) + (count) * sizeof(IO_STACK_LOCATION)))
PIRP IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID input, ULONG input_length,
	PVOID output, ULONG output_length, BOOLEAN internal, PKEVENT event, PIO_STATUS_BLOCK status);
NTSTATUS IoCallDriver(PDEVICE_OBJECT device, PIRP irp);
#define IofCallDriver IoCallDriver
void IoCompleteRequest(PIRP irp, CCHAR boost);
#define IofCompleteRequest IoCompleteRequest
PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP irp);
PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP irp);
void IoSkipCurrentIrpStackLocation(PIRP irp);
void IoCopyCurrentIrpStackLocationToNext(PIRP irp);
void IoSetNextIrpStackLocation(PIRP irp);
void IoSetCompletionRoutine(PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context, BOOLEAN success,
	BOOLEAN error, BOOLEAN cancel);
void IoMarkIrpPending(PIRP irp);
PDRIVER_CANCEL IoSetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine);
BOOLEAN IoCancelIrp(PIRP irp);
void IoAcquireCancelSpinLock(PKIRQL irql);
void IoReleaseCancelSpinLock(KIRQL irql);

/* Objects, handles, files */
extern POBJECT_TYPE *IoFileObjectType, *PsProcessType, *PsThreadType, *IoDriverObjectType, *IoDeviceObjectType;
NTSTATUS ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
	PVOID *object, PVOID information);
NTSTATUS ObReferenceObjectByPointer(PVOID object, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PVOID state, ACCESS_MASK access,
	POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object);
NTSTATUS ObOpenObjectByPointer(PVOID object, ULONG attributes, PVOID state, ACCESS_MASK access,
	POBJECT_TYPE type, KPROCESSOR_MODE mode, PHANDLE handle);
LONG_PTR ObfReferenceObject(PVOID object);
LONG_PTR ObfDereferenceObject(PVOID object);
#define ObReferenceObject(object) ObfReferenceObject(object)
#define ObDereferenceObject(object) ObfDereferenceObject(object)
NTSTATUS ZwCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
	PIO_STATUS_BLOCK status, PLARGE_INTEGER allocation, ULONG file_attributes, ULONG share,
	ULONG disposition, ULONG options, PVOID ea, ULONG ea_length);
NTSTATUS ZwClose(HANDLE handle);
#define REG_SZ 1
#define REG_DWORD 4
#define KEY_READ 0x20019u
typedef enum _KEY_VALUE_INFORMATION_CLASS { KeyValueBasicInformation, KeyValueFullInformation,
	KeyValuePartialInformation } KEY_VALUE_INFORMATION_CLASS;
NTSTATUS ZwOpenKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS ZwQueryValueKey(HANDLE key, PUNICODE_STRING name, KEY_VALUE_INFORMATION_CLASS kind, PVOID buffer,
	ULONG length, PULONG needed);

/* Processes and threads */
HANDLE PsGetCurrentProcessId(void);
HANDLE PsGetCurrentThreadId(void);
PEPROCESS IoGetCurrentProcess(void);
#define PsGetCurrentProcess() IoGetCurrentProcess()
PETHREAD PsGetCurrentThread(void);
#define KeGetCurrentThread() PsGetCurrentThread()
HANDLE PsGetProcessId(PEPROCESS process);
LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS process);
NTSTATUS PsGetProcessExitStatus(PEPROCESS process);
NTSTATUS PsLookupProcessByProcessId(HANDLE pid, PEPROCESS *process);
PEPROCESS IoThreadToProcess(PETHREAD thread);
PEPROCESS IoGetRequestorProcess(PIRP irp);
ULONG IoGetRequestorProcessId(PIRP irp);
extern PEPROCESS PsInitialSystemProcess;
typedef enum _PROCESSINFOCLASS { ProcessBasicInformation = 0, ProcessTimes = 4, ProcessImageFileName = 27 } PROCESSINFOCLASS;
NTSTATUS ZwQueryInformationProcess(HANDLE process, PROCESSINFOCLASS kind, PVOID buffer, ULONG length,
	PULONG needed);
#define THREAD_ALL_ACCESS 0x001f03ffu
NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes, HANDLE process,
	PCLIENT_ID client, PKSTART_ROUTINE routine, PVOID context);
NTSTATUS PsTerminateSystemThread(NTSTATUS status);

typedef void (*PCREATE_PROCESS_NOTIFY_ROUTINE)(HANDLE parent, HANDLE pid, BOOLEAN create);
typedef void (*PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(PEPROCESS process, HANDLE pid, PPS_CREATE_NOTIFY_INFO info);
typedef void (*PCREATE_THREAD_NOTIFY_ROUTINE)(HANDLE pid, HANDLE tid, BOOLEAN create);
typedef void (*PLOAD_IMAGE_NOTIFY_ROUTINE)(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info);
typedef enum _PSCREATEPROCESSNOTIFYTYPE { PsCreateProcessNotifySubsystems } PSCREATEPROCESSNOTIFYTYPE;
NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE routine, BOOLEAN remove);
NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine);
NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine);
NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine);
NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine);

/* Security */
typedef struct _GENERIC_MAPPING {
	ACCESS_MASK GenericRead, GenericWrite, GenericExecute, GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;
typedef struct _LUID {
	ULONG LowPart;
	LONG HighPart;
} LUID, *PLUID;
typedef PVOID PACCESS_TOKEN;
#define SE_LOAD_DRIVER_PRIVILEGE 10
PGENERIC_MAPPING IoGetFileObjectGenericMapping(void);
BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN token);
BOOLEAN SeSinglePrivilegeCheck(LUID privilege, KPROCESSOR_MODE mode);
PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS process);
void PsDereferencePrimaryToken(PACCESS_TOKEN token);
void SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT context);
void SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT context);
void SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT context);
void SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT context);
#define SeQuerySubjectContextToken(context) \
	((context)->ClientToken ? (context)->ClientToken : (context)->PrimaryToken)

#endif
