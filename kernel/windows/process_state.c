/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_text.h"
#include "kernel/windows/process_query.h"
#include "kernel/windows/process_row.h"

/* Ended processes whose rows stay; those that somebody refers to are not among those folded away.
 */
#define ENDED_KEPT 1024u
#define LOOKED_AT 64u /* of them at a time, for one to fold away */
#define NS_PER_TICK 100u
#define TICKS_TO_1970 116444736000000000ull /* from 1601 */

static struct {
	KSPIN_LOCK lock;
	bool is_ready;
	struct fw_object_table by_identity;
	struct fw_object_table by_number;
	struct fw_object_table by_pid;
	LIST_ENTRY ended;
	uint32_t ended_count;
	uint64_t last_number;
	uint64_t booted; /* 100 ns since 1601, as of the driver's load */
	uint64_t failures;
	struct fw_counters departed;
	struct fw_counters unattributed;
} table;

NTSTATUS fw_process_table_init(void)
{
	LARGE_INTEGER now;
	uint64_t seed = fw_time_boot_ns() ^ (uint64_t)(ULONG_PTR)&now;

	KeQuerySystemTime(&now);
	memset(&table, 0, sizeof(table));
	KeInitializeSpinLock(&table.lock);
	InitializeListHead(&table.ended);
	fw_object_table_init(&table.by_identity, seed);
	fw_object_table_init(&table.by_number, seed);
	fw_object_table_init(&table.by_pid, seed);
	table.booted = (uint64_t)now.QuadPart - fw_time_boot_ns() / NS_PER_TICK;
	table.is_ready = true;
	return STATUS_SUCCESS;
}

void fw_process_put(struct fw_process_state *process)
{
	if (process && InterlockedDecrement(&process->references) == 0)
		fw_free(process);
}

void fw_process_hold(struct fw_process_state *process)
{
	InterlockedIncrement(&process->references);
}

static void add_counters(struct fw_counters *sum, const struct fw_counters *more)
{
	sum->sent += more->sent;
	sum->received += more->received;
	sum->wire_sent += more->wire_sent;
	sum->wire_received += more->wire_received;
}

/* Out of every index; the table's reference is the caller's now. The table is locked. */
static void unlink_row(struct fw_process_state *process)
{
	fw_object_table_remove(&table.by_identity, &process->by_identity);
	fw_object_table_remove(&table.by_number, &process->by_number);
	if (process->has_ended) {
		RemoveEntryList(&process->ended_entry);
		table.ended_count--;
	} else {
		fw_object_table_remove(&table.by_pid, &process->by_pid);
	}
}

/* The oldest row that nobody but the table refers to, so that its counters are final; out of the
 * table, NULL: none is to be folded. Those that somebody refers to go behind the others, or many of
 * them, all looked at first, would keep the table growing. The table is locked, and only under its
 * lock does a row get its first reference beside the table's. */
static struct fw_process_state *fold_one(void)
{
	for (uint32_t i = 0; table.ended_count > ENDED_KEPT && i < LOOKED_AT; i++) {
		struct fw_process_state *process = CONTAINING_RECORD(
			table.ended.Flink, struct fw_process_state, ended_entry);

		if (process->references > 1) {
			RemoveEntryList(&process->ended_entry);
			InsertTailList(&table.ended, &process->ended_entry);
			continue;
		}
		add_counters(&table.departed, &process->counters);
		unlink_row(process);
		return process;
	}
	return NULL;
}

void fw_process_table_done(void)
{
	struct fw_object_node *node;
	KIRQL irql;

	if (!table.is_ready)
		return;
	do {
		struct fw_process_state *process = NULL;

		KeAcquireSpinLock(&table.lock, &irql);
		node = fw_object_table_first(&table.by_number);
		if (node) {
			process = fw_object_of(node, struct fw_process_state, by_number);
			unlink_row(process);
		}
		KeReleaseSpinLock(&table.lock, irql);
		fw_process_put(process);
	} while (node);
	table.is_ready = false;
}

static struct fw_process_state *of_identity(struct fw_object_node *node)
{
	return fw_object_of(node, struct fw_process_state, by_identity);
}

static struct fw_process_state *identity_get(uint32_t pid, uint64_t created)
{
	struct fw_object_node *node;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	node = fw_object_table_find(&table.by_identity, pid, created);
	if (node)
		fw_process_hold(of_identity(node));
	KeReleaseSpinLock(&table.lock, irql);
	return node ? of_identity(node) : NULL;
}

struct fw_process_state *fw_process_running_get(uint32_t pid)
{
	struct fw_process_state *process = NULL;
	struct fw_object_node *node;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	node = fw_object_table_find(&table.by_pid, pid, 0);
	if (node) {
		process = fw_object_of(node, struct fw_process_state, by_pid);
		fw_process_hold(process);
	}
	KeReleaseSpinLock(&table.lock, irql);
	return process;
}

/* Stable as long as the driver is loaded, whatever is done to the clock: of the boot time that was
 * taken once. */
static uint64_t start_ns(uint64_t created)
{
	return created > table.booted ? (created - table.booted) * NS_PER_TICK : 1;
}

static void describe_image(struct fw_process_state *row, const UNICODE_STRING *image)
{
	static const WCHAR system_name[] = { 'S', 'y', 's', 't', 'e', 'm' };
	const UNICODE_STRING system = { .Length = sizeof(system_name),
		.MaximumLength = sizeof(system_name),
		.Buffer = (WCHAR *)(ULONG_PTR)system_name };
	uint32_t shown = 0;

	if (!image && row->process.pid <= 4) {
		row->process.flags |= FW_PROCESS_KERNEL;
		image = &system;
	} else if (image && fw_text_path_end(image, row->process.exe, FW_EXE_SIZE)) {
		row->process.flags |= FW_PROCESS_EXE_CUT;
	}
	if (!image)
		return;
	fw_text_file_name(image, row->process.comm, FW_COMM_SIZE);
	while (shown < FW_COMM_SIZE && row->process.comm[shown])
		shown++;
	row->comm_length =
		fw_text_fold_utf8(row->process.comm, shown, row->comm, sizeof(row->comm));
	if (!(row->process.flags & FW_PROCESS_KERNEL))
		row->exe_length = fw_text_fold(image, row->exe, sizeof(row->exe));
}

/* By value, so that a row keeps no others: who created it may be gone long before it is. */
static void copy_lineage(struct fw_process_state *row, const struct fw_process_state *creator)
{
	uint32_t inherited = creator ? creator->generations : 0;

	if (inherited > FW_RULE_MAX_ANCESTORS - 1)
		inherited = FW_RULE_MAX_ANCESTORS - 1;
	row->lineage[0].pid = row->process.pid;
	row->lineage[0].start_ns = row->process.start_ns;
	if (inherited)
		memcpy(&row->lineage[1], creator->lineage, inherited * sizeof(row->lineage[0]));
	row->generations = 1 + inherited;
}

static struct fw_process_state *make_row(const struct fw_process_facts *facts)
{
	struct fw_process_state *row = fw_allocate(sizeof(*row));

	if (!row)
		return NULL;
	row->references = 2; /* the table's and the caller's */
	row->first_tid = facts->first_tid;
	row->created = facts->created;
	row->process.pid = facts->pid;
	row->process.parent_pid = facts->parent_pid;
	row->process.start_ns = start_ns(facts->created);
	row->process.uid = UINT32_MAX;
	row->rules_generation = UINT32_MAX; /* of no rules */
	row->by_identity.key = facts->pid;
	row->by_identity.sub_key = facts->created;
	row->by_pid.key = facts->pid;
	KeInitializeSpinLock(&row->lock);
	describe_image(row, facts->image);
	copy_lineage(row, facts->creator);
	return row;
}

/* Of an earlier process with this pid, whose end nobody told. The table is locked. */
static void end_earlier(uint32_t pid)
{
	struct fw_object_node *node = fw_object_table_find(&table.by_pid, pid, 0);
	struct fw_process_state *earlier;

	if (!node)
		return;
	earlier = fw_object_of(node, struct fw_process_state, by_pid);
	fw_object_table_remove(&table.by_pid, node);
	earlier->has_ended = true;
	InsertTailList(&table.ended, &earlier->ended_entry);
	table.ended_count++;
}

struct fw_process_state *fw_process_make(const struct fw_process_facts *facts)
{
	struct fw_process_state *row = identity_get(facts->pid, facts->created), *folded;
	struct fw_object_node *other;
	KIRQL irql;

	if (row)
		return row;
	row = make_row(facts);
	if (!row) {
		fw_process_count_failure();
		return NULL;
	}
	KeAcquireSpinLock(&table.lock, &irql);
	other = fw_object_table_find(&table.by_identity, facts->pid, facts->created);
	if (other) {
		fw_process_hold(of_identity(other));
	} else {
		end_earlier(facts->pid);
		row->by_number.key = ++table.last_number;
		fw_object_table_insert(&table.by_identity, &row->by_identity);
		fw_object_table_insert(&table.by_number, &row->by_number);
		fw_object_table_insert(&table.by_pid, &row->by_pid);
	}
	folded = fold_one();
	KeReleaseSpinLock(&table.lock, irql);
	fw_process_put(folded);
	if (!other)
		return row;
	row->references = 1;
	fw_process_put(row);
	return of_identity(other);
}

struct fw_process_state *fw_process_current_get(void)
{
	struct fw_process_facts facts = { .pid = (uint32_t)(ULONG_PTR)PsGetCurrentProcessId(),
		.first_tid = FW_TID_UNKNOWN,
		.created = fw_process_created(FW_CURRENT_PROCESS) };
	struct fw_process_state *process = identity_get(facts.pid, facts.created);
	UNICODE_STRING *image;

	if (process)
		return process;
	image = fw_process_image_name(FW_CURRENT_PROCESS);
	facts.image = image;
	process = fw_process_make(&facts);
	fw_free(image);
	return process;
}

void fw_process_end(struct fw_process_state *process)
{
	struct fw_process_state *folded;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	if (!process->has_ended)
		end_earlier(process->process.pid);
	folded = fold_one();
	KeReleaseSpinLock(&table.lock, irql);
	fw_process_put(folded);
}

struct fw_process_state *fw_process_next(uint64_t after)
{
	struct fw_process_state *process = NULL;
	struct fw_object_node *node;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	node = fw_object_table_after(&table.by_number, after, UINT64_MAX);
	if (node) {
		process = fw_object_of(node, struct fw_process_state, by_number);
		fw_process_hold(process);
	}
	KeReleaseSpinLock(&table.lock, irql);
	return process;
}

void fw_process_sent(struct fw_process_state *process, uint64_t bytes)
{
	KSPIN_LOCK *lock = process ? &process->lock : &table.lock;
	KIRQL irql;

	KeAcquireSpinLock(lock, &irql);
	(process ? &process->counters : &table.unattributed)->sent += bytes;
	KeReleaseSpinLock(lock, irql);
}

void fw_process_received(struct fw_process_state *process, uint64_t bytes)
{
	KSPIN_LOCK *lock = process ? &process->lock : &table.lock;
	KIRQL irql;

	KeAcquireSpinLock(lock, &irql);
	(process ? &process->counters : &table.unattributed)->received += bytes;
	KeReleaseSpinLock(lock, irql);
}

struct fw_counters fw_process_counters(struct fw_process_state *process)
{
	struct fw_counters counters;
	KIRQL irql;

	KeAcquireSpinLock(&process->lock, &irql);
	counters = process->counters;
	KeReleaseSpinLock(&process->lock, irql);
	return counters;
}

struct fw_counters fw_process_since_dump(struct fw_process_state *process)
{
	struct fw_counters since;
	KIRQL irql;

	KeAcquireSpinLock(&process->lock, &irql);
	since.sent = process->counters.sent - process->dumped.sent;
	since.received = process->counters.received - process->dumped.received;
	since.wire_sent = 0;
	since.wire_received = 0;
	process->dumped = process->counters;
	KeReleaseSpinLock(&process->lock, irql);
	return since;
}

bool fw_process_runs(const struct fw_process_state *process)
{
	bool runs;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	runs = !process->has_ended;
	KeReleaseSpinLock(&table.lock, irql);
	return runs;
}

void fw_process_describe(const struct fw_process_state *process, uint32_t *pid,
	uint64_t *start_ns_out, char comm[FW_COMM_SIZE])
{
	*pid = process ? process->process.pid : 0;
	*start_ns_out = process ? process->process.start_ns : 0;
	if (process)
		memcpy(comm, process->process.comm, FW_COMM_SIZE);
	else
		memset(comm, 0, FW_COMM_SIZE);
}

void fw_process_subject(const struct fw_process_state *process, struct fw_rule_subject *subject)
{
	subject->exe = process->exe;
	subject->exe_length = process->exe_length;
	subject->comm = process->comm;
	subject->comm_length = process->comm_length;
	subject->lineage = process->lineage;
	subject->generations = process->generations;
}

void fw_process_status(struct fw_control_status *status)
{
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	status->processes = table.by_number.count;
	status->failures = table.failures;
	status->boot_utc_ns = (table.booted - TICKS_TO_1970) * NS_PER_TICK;
	status->departed = table.departed;
	status->unattributed = table.unattributed;
	KeReleaseSpinLock(&table.lock, irql);
}

void fw_process_count_failure(void)
{
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	table.failures++;
	KeReleaseSpinLock(&table.lock, irql);
}
