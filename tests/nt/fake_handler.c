/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Event handlers of the fake transport, and data that clients keep for a while. */
#include "fake_internal.h"

struct chain {
	PMDL mdl;
	UCHAR data[];
};

/* Between this and the call the handler may be replaced: the event comes late, as with real transports. */
bool fake_handler_enter(struct fake_file *address, unsigned event, struct fake_handler *handler)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	*handler = address->handlers[event];
	if (address->closing)
		handler->function = NULL;
	if (handler->function) {
		__atomic_add_fetch(&address->calls, 1, __ATOMIC_RELAXED);
		fake_totals[address->protocol].events++;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	nt_point();
	return handler->function;
}

void fake_handler_leave(struct fake_file *address)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	__atomic_sub_fetch(&address->calls, 1, __ATOMIC_RELEASE);
	KeReleaseSpinLock(&fake_lock, irql);
}

unsigned fake_transport_handlers(void)
{
	unsigned count = 0, event;
	struct fake_file *file;
	LIST_ENTRY *entry;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	for (entry = fake_files.Flink; entry != &fake_files; entry = entry->Flink) {
		file = CONTAINING_RECORD(entry, struct fake_file, all);
		for (event = 0; event < FAKE_EVENTS; event++)
			count += file->handlers[event].function != NULL;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	return count;
}

PVOID fake_chain_new(const void *data, size_t size, PMDL *mdl)
{
	struct chain *chain = malloc(sizeof(*chain) + size);

	nt_failures_pause();
	chain->mdl = IoAllocateMdl(chain->data, (ULONG)size, FALSE, FALSE, NULL);
	nt_failures_resume();
	MmBuildMdlForNonPagedPool(chain->mdl);
	memcpy(chain->data, data, size);
	*mdl = chain->mdl;
	return chain;
}

void TdiReturnChainedReceives(PVOID *descriptors, ULONG count)
{
	struct chain *chain;
	ULONG index;

	nt_enter("TdiReturnChainedReceives", DISPATCH_LEVEL);
	for (index = 0; index < count; index++) {
		chain = descriptors[index];
		IoFreeMdl(chain->mdl);
		free(chain);
	}
}
