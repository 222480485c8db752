/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_object.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_handler.h"

/* Pids that belong to the system: idle, and the process whose threads run work items. */
#define LAST_SYSTEM_PID 4

/*
 * Every request looks for its file. Many small trees instead of a large one: few of their nodes are
 * in a cache when there are many files, and no lock is everybody's. Files of one page of memory are
 * in one tree, as what they belong to lies together too.
 */
#define FILE_PAGE_LOG2 12
#define FILE_BUCKETS_LOG2 12
#define FILE_BUCKETS (1u << FILE_BUCKETS_LOG2)

struct file_bucket {
	KSPIN_LOCK lock;
	struct fw_object_table by_file;
};

static struct {
	KSPIN_LOCK lock;
	struct fw_object_table by_number;
	uint64_t numbers;			      /* given away */
	LONG volatile objects[FW_TDI_CONNECTION + 1]; /* allocated, by kind */
	struct file_bucket buckets[FILE_BUCKETS];
} tables;

static struct file_bucket *bucket_of(uint64_t key)
{
	uint64_t hash = (key >> FILE_PAGE_LOG2) * 0x9e3779b97f4a7c15ull;

	return &tables.buckets[hash >> (64 - FILE_BUCKETS_LOG2)];
}

void fw_tdi_tables_init(void)
{
	uint64_t seed = fw_time_boot_ns();
	uint32_t i;

	KeInitializeSpinLock(&tables.lock);
	fw_object_table_init(&tables.by_number, seed);
	for (i = 0; i < FILE_BUCKETS; i++) {
		KeInitializeSpinLock(&tables.buckets[i].lock);
		fw_object_table_init(&tables.buckets[i].by_file, seed);
	}
}

void fw_tdi_tables_lock(KIRQL *irql)
{
	KeAcquireSpinLock(&tables.lock, irql);
}

void fw_tdi_tables_unlock(KIRQL irql)
{
	KeReleaseSpinLock(&tables.lock, irql);
}

uint64_t fw_tdi_number_new(void)
{
	uint64_t number;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	number = ++tables.numbers;
	fw_tdi_tables_unlock(irql);
	return number;
}

struct fw_tdi_object *fw_tdi_object_new(struct fw_tdi_device *device, enum fw_tdi_kind kind)
{
	struct fw_tdi_object *object =
		ExAllocatePoolWithTag(NonPagedPool, sizeof(*object), FW_TDI_TAG);

	if (!object)
		return NULL;
	RtlZeroMemory(object, sizeof(*object));
	object->references = 1;
	object->kind = kind;
	object->device = device;
	object->protocol = device->protocol;
	object->number = fw_tdi_number_new();
	object->flow = object->number;
	object->process = fw_process_current_get();
	object->payer = object->process;
	KeInitializeSpinLock(&object->lock);
	InitializeListHead(&object->handlers);
	fw_object_table_init(&object->contexts, (uint64_t)(uintptr_t)object);
	if (!object->process)
		fw_tdi_count_failure();
	InterlockedIncrement(&tables.objects[kind]);
	return object;
}

void fw_tdi_object_hold(struct fw_tdi_object *object)
{
	InterlockedIncrement(&object->references);
}

void fw_tdi_object_put(struct fw_tdi_object *object)
{
	enum fw_tdi_kind kind;

	if (!object || InterlockedDecrement(&object->references))
		return;
	kind = object->kind;
	fw_limit_file_free(object->limited);
	fw_tdi_object_put(object->address);
	if (object->payer != object->process)
		fw_process_put(object->payer);
	fw_process_put(object->process);
	ExFreePoolWithTag(object, FW_TDI_TAG);
	InterlockedDecrement(&tables.objects[kind]);
}

/* Returns what was there under this file: it is gone without having been closed through us, as
 * nobody should. */
static struct fw_tdi_object *put_by_file(struct fw_tdi_object *object)
{
	struct file_bucket *bucket = bucket_of(object->by_file.key);
	struct fw_object_node *old;
	struct fw_tdi_object *stale = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&bucket->lock, &irql);
	old = fw_object_table_find(&bucket->by_file, object->by_file.key, 0);
	if (old && fw_object_table_remove(&bucket->by_file, old))
		stale = fw_object_of(old, struct fw_tdi_object, by_file);
	fw_object_table_insert(&bucket->by_file, &object->by_file);
	KeReleaseSpinLock(&bucket->lock, irql);
	return stale;
}

void fw_tdi_object_open(struct fw_tdi_object *object, FILE_OBJECT *file)
{
	struct fw_tdi_object *stale;
	KIRQL irql;

	object->file = file;
	object->by_file.key = (uint64_t)(uintptr_t)file;
	object->by_number.key = object->number;
	fw_tdi_object_hold(object);
	fw_tdi_tables_lock(&irql);
	fw_object_table_insert(&tables.by_number, &object->by_number);
	object->listed = TRUE;
	fw_tdi_tables_unlock(irql);
	stale = put_by_file(object);
	if (stale) {
		fw_tdi_object_retire(stale);
		fw_tdi_object_put(stale);
	}
}

struct fw_tdi_object *fw_tdi_object_get(const FILE_OBJECT *file)
{
	uint64_t key = (uint64_t)(uintptr_t)file;
	struct file_bucket *bucket = bucket_of(key);
	struct fw_object_node *node;
	struct fw_tdi_object *object = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&bucket->lock, &irql);
	node = fw_object_table_find(&bucket->by_file, key, 0);
	if (node) {
		object = fw_object_of(node, struct fw_tdi_object, by_file);
		fw_tdi_object_hold(object);
	}
	KeReleaseSpinLock(&bucket->lock, irql);
	return object;
}

FILE_OBJECT *fw_tdi_object_file(struct fw_tdi_object *object)
{
	FILE_OBJECT *file = NULL;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	/* Until its cleanup is over others hold it. */
	if (!object->retired)
		file = object->file;
	if (file)
		ObReferenceObject(file);
	fw_tdi_tables_unlock(irql);
	return file;
}

struct fw_tdi_object *fw_tdi_object_after(uint64_t number)
{
	struct fw_object_node *node;
	struct fw_tdi_object *object = NULL;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	node = fw_object_table_after(&tables.by_number, number, 0);
	if (node) {
		object = fw_object_of(node, struct fw_tdi_object, by_number);
		fw_tdi_object_hold(object);
	}
	fw_tdi_tables_unlock(irql);
	return object;
}

/* With the lock of the tables: what the caller has to put. */
static struct fw_tdi_object *separate(struct fw_tdi_object *connection)
{
	struct fw_tdi_object *address = connection->address;

	if (address)
		fw_object_table_remove(&address->contexts, &connection->by_context);
	connection->address = NULL;
	return address;
}

bool fw_tdi_object_retire(struct fw_tdi_object *object)
{
	struct fw_tdi_object *address = NULL;
	bool first;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	first = !object->retired;
	object->retired = TRUE;
	if (object->listed)
		fw_object_table_remove(&tables.by_number, &object->by_number);
	object->listed = FALSE;
	if (first)
		address = separate(object);
	fw_tdi_tables_unlock(irql);
	if (first)
		fw_tdi_handlers_retire(object);
	fw_tdi_object_put(address);
	return first;
}

void fw_tdi_object_close(struct fw_tdi_object *object)
{
	struct file_bucket *bucket = bucket_of(object->by_file.key);
	bool removed;
	KIRQL irql;

	/* Not if another object is there under its file, nor if it never was. */
	KeAcquireSpinLock(&bucket->lock, &irql);
	removed = fw_object_table_find(&bucket->by_file, object->by_file.key, 0) ==
			  &object->by_file &&
		  fw_object_table_remove(&bucket->by_file, &object->by_file);
	KeReleaseSpinLock(&bucket->lock, irql);
	if (removed)
		fw_tdi_object_put(object);
}

/* A connection that a thread of the system made belongs to whose address it serves. */
static void choose_payer(struct fw_tdi_object *connection, struct fw_tdi_object *address)
{
	char comm[FW_COMM_SIZE];
	uint64_t start_ns;
	uint32_t pid = 0;

	if (connection->process)
		fw_process_describe(connection->process, &pid, &start_ns, comm);
	if (pid > LAST_SYSTEM_PID || !address->process || address->process == connection->process)
		return;
	fw_process_hold(address->process);
	if (InterlockedCompareExchangePointer((void *volatile *)&connection->payer,
		    address->process, connection->process) != connection->process)
		fw_process_put(address->process);
}

void fw_tdi_object_associate(struct fw_tdi_object *connection, struct fw_tdi_object *address)
{
	struct fw_tdi_object *old;
	KIRQL irql;

	if (address)
		choose_payer(connection, address);
	fw_tdi_tables_lock(&irql);
	old = separate(connection);
	if (address && !connection->retired) {
		connection->by_context.key = (uint64_t)(uintptr_t)connection->context;
		connection->by_context.sub_key = connection->number;
		fw_object_table_insert(&address->contexts, &connection->by_context);
		connection->address = address;
		fw_tdi_object_hold(address);
	}
	fw_tdi_tables_unlock(irql);
	fw_tdi_object_put(old);
}

struct fw_tdi_object *fw_tdi_object_address(struct fw_tdi_object *connection)
{
	struct fw_tdi_object *address;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	address = connection->address;
	if (address)
		fw_tdi_object_hold(address);
	fw_tdi_tables_unlock(irql);
	return address;
}

struct fw_tdi_object *fw_tdi_object_of_context(struct fw_tdi_object *address, void *context)
{
	uint64_t key = (uint64_t)(uintptr_t)context;
	struct fw_object_node *node, *next;
	struct fw_tdi_object *connection = NULL;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	node = fw_object_table_after(&address->contexts, key, 0);
	next = node ? fw_object_table_after(&address->contexts, key, node->sub_key) : NULL;
	if (node && node->key == key && !(next && next->key == key)) {
		connection = fw_object_of(node, struct fw_tdi_object, by_context);
		fw_tdi_object_hold(connection);
	}
	fw_tdi_tables_unlock(irql);
	return connection;
}

void fw_tdi_object_counts(uint32_t *addresses, uint32_t *connections)
{
	*addresses = (uint32_t)(tables.objects[FW_TDI_ADDRESS] + tables.objects[FW_TDI_CONTROL]);
	*connections = (uint32_t)tables.objects[FW_TDI_CONNECTION];
}
