/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/process_query.h"
#include "kernel/windows/process_row.h"

/* NT names the parent by its pid alone, which may be another process's by now: one that is younger
 * is not it. */
static struct fw_process_state *parent_get(uint32_t pid, uint64_t created)
{
	struct fw_process_state *parent = pid ? fw_process_running_get(pid) : NULL;

	if (parent && parent->created <= created)
		return parent;
	fw_process_put(parent);
	return NULL;
}

static void add(const struct fw_system_process *entry)
{
	struct fw_process_facts facts = { .pid = (uint32_t)(ULONG_PTR)entry->pid,
		.parent_pid = (uint32_t)(ULONG_PTR)entry->parent_pid,
		.first_tid = FW_TID_UNKNOWN,
		.created = (uint64_t)entry->created.QuadPart };
	struct fw_process_state *creator = parent_get(facts.parent_pid, facts.created);
	UNICODE_STRING *image = NULL;
	HANDLE handle;

	if (NT_SUCCESS(fw_process_open_pid(facts.pid, &handle))) {
		uint64_t created = fw_process_created(handle);

		if (created)
			facts.created = created; /* as it is asked for later */
		image = fw_process_image_name(handle);
		ZwClose(handle);
	}
	facts.image = image ? image : entry->image_name.Length ? &entry->image_name : NULL;
	facts.creator = creator;
	fw_process_put(fw_process_make(&facts));
	fw_process_put(creator);
	fw_free(image);
}

void fw_process_find_existing(void)
{
	uint32_t bytes = 0, at = 0;
	uint8_t *list = fw_process_list(&bytes);

	while (list && at < bytes && bytes - at >= sizeof(struct fw_system_process)) {
		const struct fw_system_process *entry = (const void *)(list + at);

		if (entry->pid) /* not the idle one */
			add(entry);
		if (!entry->next)
			break;
		at += entry->next;
	}
	fw_free(list);
}
