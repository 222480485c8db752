/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tdi_doubles.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/process_state.h"
#include "kernel/windows/rule_table.h"

struct tdi_doubles tdi_doubles;

struct fw_process_state {
	LONG volatile references;
	uint32_t pid;
};

void tdi_doubles_reset(void)
{
	memset(&tdi_doubles, 0, sizeof(tdi_doubles));
}

unsigned tdi_doubles_records(enum fw_record_type type)
{
	unsigned count = 0;

	while (tdi_doubles_record(type, count))
		count++;
	return count;
}

const union tdi_record *tdi_doubles_record(enum fw_record_type type, unsigned n)
{
	unsigned index;

	for (index = 0; index < tdi_doubles.count; index++)
		if (tdi_doubles.records[index].header.type == type && !n--)
			return &tdi_doubles.records[index];
	return NULL;
}

struct fw_process_state *fw_process_current_get(void)
{
	struct fw_process_state *process;

	PAGED_CODE();
	process = ExAllocatePoolWithTag(NonPagedPool, sizeof(*process), 0x65626f64);
	if (!process)
		return NULL;
	process->references = 1;
	process->pid = (uint32_t)(uintptr_t)PsGetCurrentProcessId();
	InterlockedIncrement(&tdi_doubles.processes);
	return process;
}

void fw_process_hold(struct fw_process_state *process)
{
	InterlockedIncrement(&process->references);
}

void fw_process_put(struct fw_process_state *process)
{
	if (!process || InterlockedDecrement(&process->references))
		return;
	ExFreePoolWithTag(process, 0x65626f64);
	InterlockedDecrement(&tdi_doubles.processes);
}

void fw_process_sent(struct fw_process_state *process, uint64_t bytes)
{
	nt_enter_unlocked("fw_process_sent", DISPATCH_LEVEL);
	__atomic_add_fetch(process ? &tdi_doubles.sent[process->pid / 100 % TDI_DOUBLES_PIDS]
				   : &tdi_doubles.unattributed_sent,
		bytes, __ATOMIC_RELAXED);
}

void fw_process_received(struct fw_process_state *process, uint64_t bytes)
{
	nt_enter_unlocked("fw_process_received", DISPATCH_LEVEL);
	__atomic_add_fetch(process ? &tdi_doubles.received[process->pid / 100 % TDI_DOUBLES_PIDS]
				   : &tdi_doubles.unattributed_received,
		bytes, __ATOMIC_RELAXED);
}

void fw_process_describe(const struct fw_process_state *process, uint32_t *pid, uint64_t *start_ns,
	char comm[FW_COMM_SIZE])
{
	*pid = process->pid;
	*start_ns = process->pid * 1000ull;
	memset(comm, 0, FW_COMM_SIZE);
	strcpy(comm, "double.exe");
}

uint32_t fw_rules_refuse(struct fw_process_state *process, const struct fw_attempt *attempt)
{
	nt_enter_unlocked("fw_rules_refuse", DISPATCH_LEVEL);
	__atomic_add_fetch(&tdi_doubles.judged, 1, __ATOMIC_RELAXED);
	if (!(tdi_doubles.refuse_operations & 1u << attempt->operation))
		return 0;
	if (tdi_doubles.refuse_pid && (!process || process->pid != tdi_doubles.refuse_pid))
		return 0;
	if (tdi_doubles.refuse_family && tdi_doubles.refuse_family != attempt->family)
		return 0;
	if (tdi_doubles.refuse_port && tdi_doubles.refuse_port != attempt->remote_port)
		return 0;
	__atomic_add_fetch(&tdi_doubles.refused, 1, __ATOMIC_RELAXED);
	return 7;
}

void *fw_nt_mdl_address(MDL *mdl)
{
	return MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
}

bool fw_nt_has_partial_mdls(void)
{
	return true;
}

void fw_nt_mdl_part(MDL *source, MDL *target, void *address, uint32_t length)
{
	IoBuildPartialMdl(source, target, address, length);
}

struct fw_limit *tdi_limit_new(uint64_t sent_rate, uint64_t received_rate)
{
	const struct fw_rule rule = { .sent_rate = sent_rate, .received_rate = received_rate };

	return fw_limit_new(&rule);
}

bool fw_rules_have_limits(void)
{
	return __atomic_load_n(&tdi_doubles.limit, __ATOMIC_RELAXED) != NULL;
}

struct fw_limit *fw_rules_limit(struct fw_process_state *process, enum fw_limit_direction direction)
{
	struct fw_limit *limit;

	void (*in_limit)(void) = tdi_doubles.in_limit;

	nt_enter_unlocked("fw_rules_limit", DISPATCH_LEVEL);
	if (in_limit) {
		tdi_doubles.in_limit = NULL;
		in_limit();
	}
	limit = __atomic_load_n(&tdi_doubles.limit, __ATOMIC_RELAXED);
	if (!limit || !process || process->pid != TDI_DOUBLES_LIMITED ||
		!limit->ways[direction].rate)
		return NULL;
	fw_limit_hold(limit);
	return limit;
}

uint32_t fw_rules_generation(void)
{
	return 1;
}

bool fw_event_wanted(enum fw_record_type type)
{
	return type != FW_RECORD_NONE;
}

void fw_event_publish(struct fw_record_header *record)
{
	unsigned index;

	nt_enter_unlocked("fw_event_publish", DISPATCH_LEVEL);
	index = __atomic_fetch_add(&tdi_doubles.count, 1, __ATOMIC_RELAXED);
	if (index < TDI_DOUBLES_RECORDS && record->size <= sizeof(union tdi_record))
		memcpy(&tdi_doubles.records[index], record, record->size);
}

uint64_t fw_time_boot_ns(void)
{
	return KeQueryInterruptTime() * 100 + 1;
}
