/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_adapter.h"

#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_text.h"

static struct {
	KSPIN_LOCK lock;
	LIST_ENTRY adapters; /* by index */
	LIST_ENTRY known;    /* until the last reference is dropped */
	uint32_t last;
	uint32_t count;
} table;

void fw_im_adapters_init(void)
{
	memset(&table, 0, sizeof(table));
	KeInitializeSpinLock(&table.lock);
	InitializeListHead(&table.adapters);
	InitializeListHead(&table.known);
}

static bool copy_instance(struct fw_im_adapter *adapter, const UNICODE_STRING *instance)
{
	uint32_t bytes = fw_text_units(instance) * (uint32_t)sizeof(WCHAR);

	adapter->instance.Buffer = fw_allocate(bytes + sizeof(WCHAR));
	if (!adapter->instance.Buffer)
		return false;
	if (bytes)
		memcpy(adapter->instance.Buffer, instance->Buffer, bytes);
	adapter->instance.Length = (USHORT)bytes;
	adapter->instance.MaximumLength = (USHORT)bytes;
	return true;
}

static void make_known(struct fw_im_adapter *adapter)
{
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	InsertTailList(&table.known, &adapter->known);
	KeReleaseSpinLock(&table.lock, irql);
}

struct fw_im_adapter *fw_im_adapter_new(
	const UNICODE_STRING *device, const UNICODE_STRING *instance)
{
	struct fw_im_adapter *adapter = fw_allocate(sizeof(*adapter));

	if (!adapter)
		return NULL;
	adapter->references = 1;
	InitializeListHead(&adapter->entry);
	KeInitializeSpinLock(&adapter->lock);
	for (int side = 0; side < FW_IM_SIDES; side++)
		KeInitializeSpinLock(&adapter->side[side].lock);
	KeInitializeEvent(&adapter->opened, NotificationEvent, FALSE);
	KeInitializeEvent(&adapter->closed, NotificationEvent, FALSE);
	KeInitializeEvent(&adapter->initialized, NotificationEvent, TRUE);
	KeInitializeEvent(&adapter->requests.none, NotificationEvent, TRUE);
	KeInitializeEvent(&adapter->lent.none, NotificationEvent, TRUE);
	adapter->below = adapter->above = NdisDeviceStateD0;
	fw_text_file_name(device, adapter->name, sizeof(adapter->name));
	if (!copy_instance(adapter, instance)) {
		fw_free(adapter);
		return NULL;
	}
	make_known(adapter);
	return adapter;
}

void fw_im_adapter_get(struct fw_im_adapter *adapter)
{
	InterlockedIncrement(&adapter->references);
}

struct fw_im_adapter *fw_im_adapter_known(const void *context)
{
	struct fw_im_adapter *found = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	for (LIST_ENTRY *entry = table.known.Flink; entry != &table.known && !found;
		entry = entry->Flink)
		if (CONTAINING_RECORD(entry, struct fw_im_adapter, known) == context)
			found = CONTAINING_RECORD(entry, struct fw_im_adapter, known);
	if (found)
		fw_im_adapter_get(found);
	KeReleaseSpinLock(&table.lock, irql);
	return found;
}

/* True: the last one, and nobody knows it any more. */
static bool drop(struct fw_im_adapter *adapter)
{
	bool is_last;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	is_last = !InterlockedDecrement(&adapter->references);
	if (is_last)
		RemoveEntryList(&adapter->known);
	KeReleaseSpinLock(&table.lock, irql);
	return is_last;
}

void fw_im_adapter_put(struct fw_im_adapter *adapter)
{
	if (!adapter || !drop(adapter))
		return;
	for (int side = 0; side < FW_IM_SIDES; side++)
		fw_im_set_put(adapter->side[side].set);
	fw_free(adapter->instance.Buffer);
	fw_free(adapter);
}

void fw_im_adapter_insert(struct fw_im_adapter *adapter)
{
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	adapter->index = ++table.last;
	InsertTailList(&table.adapters, &adapter->entry);
	table.count++;
	KeReleaseSpinLock(&table.lock, irql);
}

bool fw_im_adapter_remove(struct fw_im_adapter *adapter)
{
	bool was;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	was = !IsListEmpty(&adapter->entry);
	if (was) {
		RemoveEntryList(&adapter->entry);
		InitializeListHead(&adapter->entry);
		table.count--;
	}
	KeReleaseSpinLock(&table.lock, irql);
	return was;
}

uint32_t fw_im_adapter_count(void)
{
	uint32_t count;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	count = table.count;
	KeReleaseSpinLock(&table.lock, irql);
	return count;
}

/* The first for which `is_it` holds. A machine has few adapters. */
static struct fw_im_adapter *find(
	bool (*is_it)(const struct fw_im_adapter *adapter, const void *what), const void *what)
{
	struct fw_im_adapter *found = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&table.lock, &irql);
	for (LIST_ENTRY *entry = table.adapters.Flink; entry != &table.adapters && !found;
		entry = entry->Flink) {
		found = CONTAINING_RECORD(entry, struct fw_im_adapter, entry);
		if (!is_it(found, what))
			found = NULL;
	}
	if (found)
		fw_im_adapter_get(found);
	KeReleaseSpinLock(&table.lock, irql);
	return found;
}

static bool is_after(const struct fw_im_adapter *adapter, const void *after)
{
	return adapter->index > *(const uint32_t *)after;
}

static bool is_named(const struct fw_im_adapter *adapter, const void *name)
{
	return strncmp(adapter->name, name, sizeof(adapter->name)) == 0;
}

struct fw_im_adapter *fw_im_adapter_next(uint32_t after)
{
	return find(is_after, &after);
}

struct fw_im_adapter *fw_im_adapter_named(const char *name)
{
	return find(is_named, name);
}

static bool begin(struct fw_im_adapter *adapter, bool is_up)
{
	bool may;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	may = !adapter->leaves && adapter->binding && adapter->below == NdisDeviceStateD0;
	if (is_up)
		may = may && adapter->miniport && adapter->above == NdisDeviceStateD0;
	adapter->requests.count += may;
	KeReleaseSpinLock(&adapter->lock, irql);
	return may;
}

bool fw_im_adapter_begin(struct fw_im_adapter *adapter)
{
	return begin(adapter, false);
}

bool fw_im_adapter_begin_up(struct fw_im_adapter *adapter)
{
	return begin(adapter, true);
}

static void use(struct fw_im_adapter *adapter, struct fw_im_use *use)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	use->count++;
	KeReleaseSpinLock(&adapter->lock, irql);
}

/* With the event set under the lock nobody who waits for it is through before we have let go of the
 * adapter. For each packet there is none to be set. */
static void disuse(struct fw_im_adapter *adapter, struct fw_im_use *use)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	if (!--use->count && use->waiters)
		KeSetEvent(&use->none, IO_NO_INCREMENT, FALSE);
	KeReleaseSpinLock(&adapter->lock, irql);
}

static void wait_for(struct fw_im_adapter *adapter, struct fw_im_use *use)
{
	KIRQL irql;
	bool is_busy;

	KeAcquireSpinLock(&adapter->lock, &irql);
	is_busy = use->count != 0;
	if (is_busy) {
		use->waiters++;
		KeClearEvent(&use->none);
	}
	KeReleaseSpinLock(&adapter->lock, irql);
	if (!is_busy)
		return;
	KeWaitForSingleObject(&use->none, Executive, KernelMode, FALSE, NULL);
	KeAcquireSpinLock(&adapter->lock, &irql);
	use->waiters--;
	KeReleaseSpinLock(&adapter->lock, irql);
}

void fw_im_adapter_end(struct fw_im_adapter *adapter)
{
	disuse(adapter, &adapter->requests);
}

void fw_im_adapter_wait(struct fw_im_adapter *adapter)
{
	wait_for(adapter, &adapter->requests);
}

void fw_im_adapter_lend(struct fw_im_adapter *adapter)
{
	use(adapter, &adapter->lent);
}

void fw_im_adapter_returned(struct fw_im_adapter *adapter)
{
	disuse(adapter, &adapter->lent);
}

void fw_im_adapter_wait_lent(struct fw_im_adapter *adapter)
{
	wait_for(adapter, &adapter->lent);
}

bool fw_im_adapter_is_awake(struct fw_im_adapter *adapter)
{
	return adapter->below == NdisDeviceStateD0 && adapter->above == NdisDeviceStateD0;
}
