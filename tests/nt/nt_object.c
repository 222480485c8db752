/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Objects with a count of references, the handles of them, and who still refers to one at the end. */
#include <stdio.h>

#include "nt_internal.h"

#define OBJECT_MAGIC 0x6f626a65u
#define GONE_MAGIC 0x676f6e65u
#define HANDLES 4096
#define QUARANTINE 64

struct object {
	uint32_t magic;
	enum nt_object_type type;
	LONG references;
	struct object *previous, *next, *next_dead;
	void (*destroy)(void *body);
	UCHAR body[] __attribute__((aligned(16)));
};

struct handle {
	void *body;
	bool user;
	ACCESS_MASK access;
};

struct _OBJECT_TYPE {
	enum nt_object_type type;
};

static struct _OBJECT_TYPE file_type = { NT_FILE }, process_type = { NT_PROCESS }, thread_type = { NT_THREAD },
	driver_type = { NT_DRIVER }, device_type = { NT_DEVICE };
static POBJECT_TYPE file_pointer = &file_type, process_pointer = &process_type, thread_pointer = &thread_type,
	driver_pointer = &driver_type, device_pointer = &device_type;
POBJECT_TYPE *IoFileObjectType = &file_pointer, *PsProcessType = &process_pointer, *PsThreadType = &thread_pointer,
	*IoDriverObjectType = &driver_pointer, *IoDeviceObjectType = &device_pointer;

static struct object *objects, *dead;
static struct handle handles[HANDLES];
static nt_quiet_lock objects_lock;
#ifndef __SANITIZE_ADDRESS__
static struct object *quarantine[QUARANTINE];
static unsigned quarantine_next;
#endif
static const char *const type_names[] = { "?", "file", "driver", "process", "thread", "key", "device" };

static struct object *object_of(const void *body)
{
	struct object *object = CONTAINING_RECORD(body, struct object, body);

	if (!body || object->magic != OBJECT_MAGIC)
		nt_violation(NT_RULE_OBJECT, "%s", body && object->magic == GONE_MAGIC ?
			"an object is used after its last reference" : "what is no object is used as one");
	return object;
}

NT_QUIET static void link_object(struct object *object)
{
	nt_quiet_acquire(&objects_lock);
	object->next = objects;
	if (objects)
		objects->previous = object;
	objects = object;
	nt_quiet_release(&objects_lock);
}

NT_QUIET static void unlink_object(struct object *object)
{
	nt_quiet_acquire(&objects_lock);
	if (object->previous)
		object->previous->next = object->next;
	else
		objects = object->next;
	if (object->next)
		object->next->previous = object->previous;
	nt_quiet_release(&objects_lock);
}

/* With ASan at once; else it stays for a while, so that a late use is seen. */
NT_QUIET static struct object *keep(struct object *object)
{
#ifdef __SANITIZE_ADDRESS__
	return object;
#else
	struct object *oldest;

	nt_quiet_acquire(&objects_lock);
	oldest = quarantine[quarantine_next];
	quarantine[quarantine_next] = object;
	quarantine_next = (quarantine_next + 1) % QUARANTINE;
	nt_quiet_release(&objects_lock);
	return oldest;
#endif
}

void *nt_object_new(enum nt_object_type type, size_t size, void (*destroy)(void *body))
{
	struct object *object = calloc(1, sizeof(*object) + size);

	if (!object)
		abort();
	object->magic = OBJECT_MAGIC;
	object->type = type;
	object->references = 1;
	object->destroy = destroy;
	link_object(object);
	return object->body;
}

void nt_object_free(void *body)
{
	struct object *object = object_of(body);

	unlink_object(object);
	object->magic = GONE_MAGIC;
	free(keep(object));
}

void nt_object_hold(void *body)
{
	__atomic_add_fetch(&object_of(body)->references, 1, __ATOMIC_RELAXED);
}

void nt_object_put(void *body)
{
	if (!__atomic_sub_fetch(&object_of(body)->references, 1, __ATOMIC_ACQ_REL))
		nt_object_free(body);
}

bool nt_object_is(const void *body, enum nt_object_type type)
{
	return object_of(body)->type == type;
}

LONG nt_object_references(const void *body)
{
	return __atomic_load_n(&object_of(body)->references, __ATOMIC_RELAXED);
}

static void destroy(struct object *object)
{
	if (object->destroy)
		object->destroy(object->body);
	nt_object_free(object->body);
}

static bool has_dead(void *context)
{
	(void)context;
	return dead || nt_stopping;
}

/* Last references given back at DISPATCH_LEVEL end here, as with NT. */
static void bury(void *context)
{
	struct object *object;

	(void)context;
	nt_lock();
	for (;;) {
		nt_wait_locked(has_dead, NULL, NT_FOREVER);
		object = dead;
		if (!object)
			break;
		dead = object->next_dead;
		nt_unlock();
		destroy(object);
		nt_lock();
	}
	nt_unlock();
}

void nt_object_start(void)
{
	nt_service_start("object reaper", bury);
}

LONG_PTR ObfReferenceObject(PVOID body)
{
	nt_enter("ObReferenceObject", DISPATCH_LEVEL);
	return __atomic_add_fetch(&object_of(body)->references, 1, __ATOMIC_RELAXED);
}

LONG_PTR ObfDereferenceObject(PVOID body)
{
	PETHREAD thread = nt_enter("ObDereferenceObject", DISPATCH_LEVEL);
	struct object *object;
	LONG left;

	if (CONTAINING_RECORD(body, struct object, body)->magic != OBJECT_MAGIC && nt_device_put_by_name(body))
		return 1;
	object = object_of(body);
	left = __atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL);
	if (left < 0)
		nt_violation(NT_RULE_OBJECT, "a %s object is dereferenced too often", type_names[object->type]);
	if (left)
		return left;
	if (thread->irql == PASSIVE_LEVEL) {
		destroy(object);
		return 0;
	}
	nt_lock();
	object->next_dead = dead;
	dead = object;
	nt_unlock();
	return 0;
}

HANDLE nt_handle_new(void *body, bool user, ACCESS_MASK access)
{
	unsigned index;

	object_of(body);
	nt_lock();
	for (index = 1; index < HANDLES && handles[index].body; index++)
		;
	if (index < HANDLES) {
		handles[index].body = body;
		handles[index].user = user;
		handles[index].access = access;
	}
	nt_unlock();
	return index < HANDLES ? (HANDLE)(uintptr_t)(index * 4) : NULL;
}

static struct handle *handle_of(HANDLE handle)
{
	uintptr_t index = (uintptr_t)handle / 4;

	if (!handle || (uintptr_t)handle % 4 || index >= HANDLES || !handles[index].body)
		return NULL;
	return &handles[index];
}

void *nt_handle_body(HANDLE handle, enum nt_object_type type)
{
	struct handle *entry = handle_of(handle);

	return entry && nt_object_is(entry->body, type) ? entry->body : NULL;
}

ACCESS_MASK nt_handle_access(HANDLE handle)
{
	struct handle *entry = handle_of(handle);

	return entry ? entry->access : 0;
}

NTSTATUS ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
	PVOID *object, PVOID information)
{
	NTSTATUS status = STATUS_SUCCESS;
	struct handle *entry;

	(void)information;
	nt_enter_unlocked("ObReferenceObjectByHandle", PASSIVE_LEVEL);
	if (nt_fails("ObReferenceObjectByHandle"))
		return STATUS_INSUFFICIENT_RESOURCES;
	nt_lock();
	entry = handle_of(handle);
	if (!entry)
		status = STATUS_INVALID_HANDLE;
	else if (type && object_of(entry->body)->type != type->type)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	else if (!entry->user && mode == UserMode)
		status = STATUS_ACCESS_DENIED; /* a kernel handle from a program */
	else if (mode == UserMode && (access & ~entry->access))
		status = STATUS_ACCESS_DENIED;
	else if (entry->user && mode == KernelMode && !type)
		nt_violation(NT_RULE_HANDLE, "a program's handle is referenced as the kernel and without a type");
	else {
		__atomic_add_fetch(&object_of(entry->body)->references, 1, __ATOMIC_RELAXED);
		*object = entry->body;
	}
	nt_unlock();
	return status;
}

NTSTATUS ObReferenceObjectByPointer(PVOID body, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode)
{
	(void)access;
	(void)mode;
	if (type && object_of(body)->type != type->type)
		return STATUS_OBJECT_TYPE_MISMATCH;
	ObfReferenceObject(body);
	return STATUS_SUCCESS;
}

NTSTATUS ObOpenObjectByPointer(PVOID body, ULONG attributes, PVOID state, ACCESS_MASK access, POBJECT_TYPE type,
	KPROCESSOR_MODE mode, PHANDLE handle)
{
	NTSTATUS status;

	(void)state;
	nt_enter_unlocked("ObOpenObjectByPointer", PASSIVE_LEVEL);
	if (nt_fails("ObOpenObjectByPointer"))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (access == 0x00040000) /* WRITE_DAC, of a device: what its handle is does not matter */
		body = PsInitialSystemProcess;
	status = ObReferenceObjectByPointer(body, access, type, mode);
	if (NT_SUCCESS(status))
		*handle = nt_handle_new(body, !(attributes & OBJ_KERNEL_HANDLE), access);
	return status;
}

NTSTATUS ZwClose(HANDLE handle)
{
	struct handle *entry;
	void *body = NULL;

	nt_enter_unlocked("ZwClose", PASSIVE_LEVEL);
	nt_lock();
	entry = handle_of(handle);
	if (entry) {
		body = entry->body;
		entry->body = NULL;
	}
	nt_unlock();
	if (!body)
		nt_violation(NT_RULE_HANDLE, "ZwClose of a handle that is none");
	if (nt_object_is(body, NT_FILE))
		nt_file_cleanup(body);
	ObfDereferenceObject(body);
	return STATUS_SUCCESS;
}

void nt_object_check(const char *when)
{
	const struct object *object;
	unsigned count = 0;

	for (object = objects; object; object = object->next) {
		if (object->type == NT_THREAD && (((PETHREAD)object->body)->kernel ||
			((PETHREAD)object->body)->tid == 4))
			continue;
		fprintf(stderr, "  left: %s object with %d references\n", type_names[object->type],
			object->references);
		count++;
	}
	if (count)
		nt_violation(NT_RULE_UNLOAD, "%u objects are left after %s", count, when);
}
