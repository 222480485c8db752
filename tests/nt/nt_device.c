/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Devices: names, links, stacks, and that a filter looks like what it is attached to. */
#include <stdio.h>

#include "nt_irp.h"

#define DEVICE_MAGIC 0x64657669u
#define DELETED_MAGIC 0x64656c65u
#define NAME_SIZE 128
#define LINKS 16
#define FILTER_FLAGS (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE)

struct device {
	uint32_t magic;
	LONG references; /* work items, calls under way; the creation is one */
	char name[NAME_SIZE];
	struct device *next;
	PDEVICE_OBJECT lower;
	bool retired; /* deleted, but open */
	bool hidden;  /* nobody finds it by its name */
	DEVICE_OBJECT object __attribute__((aligned(16)));
	UCHAR extension[] __attribute__((aligned(16)));
};

static struct device *devices;
static struct {
	char from[NAME_SIZE], to[NAME_SIZE];
	PDRIVER_OBJECT owner;
} links[LINKS];

static struct device *device_of(const DEVICE_OBJECT *object)
{
	return CONTAINING_RECORD(object, struct device, object);
}

const char *nt_device_name(PDEVICE_OBJECT object)
{
	const struct device *device;

	for (device = device_of(object); device->lower && !device->name[0]; device = device_of(device->lower))
		;
	return device->name[0] ? device->name : "a device without name";
}

void nt_device_reference(PDEVICE_OBJECT object)
{
	__atomic_add_fetch(&device_of(object)->references, 1, __ATOMIC_RELAXED);
}

bool nt_device_put_by_name(void *body)
{
	struct device *device;

	nt_lock();
	for (device = devices; device && body != &device->object; device = device->next)
		;
	nt_unlock();
	if (device)
		nt_device_dereference(body);
	return device != NULL;
}

void nt_device_dereference(PDEVICE_OBJECT object)
{
	struct device *device = device_of(object);

	if (__atomic_sub_fetch(&device->references, 1, __ATOMIC_ACQ_REL))
		return;
	free(device);
}

/* What a filter copies from below; looked at with each request, as it may come at any time. */
static void filter_check(const struct device *device)
{
	const DEVICE_OBJECT *lower = device->lower, *object = &device->object;

	if (object->Flags & DO_DEVICE_INITIALIZING)
		nt_violation(NT_RULE_ATTACH, "an attached device gets requests with DO_DEVICE_INITIALIZING set");
	if (!lower)
		return;
	if ((object->Flags & FILTER_FLAGS) != (lower->Flags & FILTER_FLAGS))
		nt_violation(NT_RULE_ATTACH, "the filter of %s has flags 0x%x, below are 0x%x",
			nt_device_name((PDEVICE_OBJECT)lower), object->Flags, lower->Flags);
	if (object->DeviceType != lower->DeviceType)
		nt_violation(NT_RULE_ATTACH, "the filter of %s has another device type",
			nt_device_name((PDEVICE_OBJECT)lower));
	if ((object->Characteristics & lower->Characteristics) != lower->Characteristics)
		nt_violation(NT_RULE_ATTACH, "the filter of %s lacks characteristics of it",
			nt_device_name((PDEVICE_OBJECT)lower));
}

void nt_device_check_alive(PDEVICE_OBJECT object)
{
	const struct device *device = device_of(object);

	if (!object || (device->magic != DEVICE_MAGIC && device->magic != DELETED_MAGIC))
		nt_violation(NT_RULE_ATTACH, "what is no device is used as one");
	if (device->magic == DELETED_MAGIC)
		nt_violation(NT_RULE_UNLOAD, "a deleted device (%s) is used", nt_device_name(object));
}

void nt_device_call_check(PDEVICE_OBJECT object)
{
	nt_device_check_alive(object);
	filter_check(device_of(object));
}

char *nt_utf8(PCUNICODE_STRING string, char *text, size_t size)
{
	size_t index, count = string->Length / sizeof(WCHAR);

	for (index = 0; index < count && index + 1 < size; index++)
		text[index] = string->Buffer[index] < 128 ? (char)string->Buffer[index] : '?';
	text[index] = 0;
	return text;
}

void nt_utf16(const char *text, WCHAR *buffer, size_t count, PUNICODE_STRING string)
{
	size_t index;

	for (index = 0; text[index] && index + 1 < count; index++)
		buffer[index] = (UCHAR)text[index];
	buffer[index] = 0;
	string->Buffer = buffer;
	string->Length = (USHORT)(index * sizeof(WCHAR));
	string->MaximumLength = string->Length + sizeof(WCHAR);
}

static struct device *named(const char *name, size_t length)
{
	struct device *device;

	for (device = devices; device; device = device->next)
		if (device->name[0] && !device->hidden && !strncasecmp(device->name, name, length) && !device->name[length])
			return device;
	return NULL;
}

PDEVICE_OBJECT nt_device_find(const char *name, size_t length)
{
	struct device *device;
	unsigned index;

	for (index = 0; index < LINKS; index++)
		if (links[index].from[0] && strlen(links[index].from) == length &&
			!strncasecmp(links[index].from, name, length)) {
			name = links[index].to;
			length = strlen(name);
			break;
		}
	device = named(name, length);
	return device ? &device->object : NULL;
}

NTSTATUS IoCreateDevice(PDRIVER_OBJECT driver, ULONG extension_size, PUNICODE_STRING name, DEVICE_TYPE type,
	ULONG characteristics, BOOLEAN exclusive, PDEVICE_OBJECT *object)
{
	char text[NAME_SIZE] = "";
	struct device *device;
	bool collides;

	nt_enter_unlocked("IoCreateDevice", PASSIVE_LEVEL);
	if (name)
		nt_utf8(name, text, sizeof(text));
	if (nt_fails("IoCreateDevice"))
		return STATUS_INSUFFICIENT_RESOURCES;
	device = calloc(1, sizeof(*device) + extension_size);
	if (!device)
		abort();
	device->magic = DEVICE_MAGIC;
	device->references = 1;
	strcpy(device->name, text);
	device->object.Type = 3;
	device->object.Size = sizeof(DEVICE_OBJECT);
	device->object.DriverObject = driver;
	device->object.DeviceType = type;
	device->object.Characteristics = characteristics;
	device->object.Flags = DO_DEVICE_INITIALIZING | (exclusive ? DO_EXCLUSIVE : 0);
	device->object.StackSize = 1;
	device->object.DeviceExtension = extension_size ? device->extension : NULL;
	nt_lock();
	collides = text[0] && named(text, strlen(text));
	if (!collides) {
		device->object.NextDevice = driver->DeviceObject;
		driver->DeviceObject = &device->object;
		device->next = devices;
		devices = device;
	}
	nt_unlock();
	if (collides) {
		free(device);
		return STATUS_OBJECT_NAME_COLLISION;
	}
	*object = &device->object;
	return STATUS_SUCCESS;
}

static void unlink_device(struct device *device)
{
	PDEVICE_OBJECT *at;
	struct device **place;

	for (place = &devices; *place != device; place = &(*place)->next)
		;
	*place = device->next;
	for (at = &device->object.DriverObject->DeviceObject; *at && *at != &device->object; at = &(*at)->NextDevice)
		;
	if (*at)
		*at = device->object.NextDevice;
}

bool nt_device_retire(PDEVICE_OBJECT object)
{
	struct device *device = device_of(object);
	bool retired;

	nt_lock();
	retired = object->ReferenceCount;
	device->retired = retired;
	device->hidden = true;
	nt_unlock();
	/* The device may be gone by now: its last handle takes it along. */
	return retired;
}

void nt_device_closed(PDEVICE_OBJECT object)
{
	struct device *device = device_of(object);
	bool is_over;

	nt_lock();
	is_over = !--object->ReferenceCount && device->retired;
	if (is_over) {
		unlink_device(device);
		device->magic = DELETED_MAGIC;
	}
	nt_unlock();
	if (is_over)
		nt_device_dereference(object);
	nt_device_dereference(object);
}

void nt_device_opened(PDEVICE_OBJECT object)
{
	nt_device_reference(object);
	object->ReferenceCount++;
}

void IoDeleteDevice(PDEVICE_OBJECT object)
{
	struct device *device = device_of(object);

	nt_enter_unlocked("IoDeleteDevice", PASSIVE_LEVEL);
	if (!object || device->magic != DEVICE_MAGIC)
		nt_violation(NT_RULE_UNLOAD, "IoDeleteDevice of what is no device, or deleted");
	if (object->AttachedDevice)
		nt_violation(NT_RULE_UNLOAD, "IoDeleteDevice of %s with a device attached above", nt_device_name(object));
	if (device->lower)
		nt_violation(NT_RULE_UNLOAD, "IoDeleteDevice of a filter of %s that is not detached",
			nt_device_name(object));
	nt_lock();
	unlink_device(device);
	device->magic = DELETED_MAGIC;
	nt_unlock();
	nt_device_dereference(object);
}

PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT object)
{
	while (object->AttachedDevice)
		object = object->AttachedDevice;
	return object;
}

/* For tests, whose references are not counted. */
PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT object)
{
	return IoGetAttachedDevice(object);
}

PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT file)
{
	PDEVICE_OBJECT top;

	nt_lock();
	top = IoGetAttachedDevice(file->DeviceObject);
	nt_unlock();
	return top;
}

PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
	PDEVICE_OBJECT top;

	nt_enter_unlocked("IoAttachDeviceToDeviceStack", DISPATCH_LEVEL);
	if (nt_fails("IoAttachDeviceToDeviceStack"))
		return NULL;
	nt_lock();
	top = IoGetAttachedDevice(target);
	source->StackSize = top->StackSize + 1;
	source->AlignmentRequirement = top->AlignmentRequirement;
	device_of(source)->lower = top;
	top->AttachedDevice = source;
	nt_unlock();
	/* A request may come before the caller knows what is below. */
	nt_point();
	return top;
}

NTSTATUS IoAttachDevice(PDEVICE_OBJECT source, PUNICODE_STRING name, PDEVICE_OBJECT *lower)
{
	char text[NAME_SIZE];
	PDEVICE_OBJECT target;

	nt_enter_unlocked("IoAttachDevice", PASSIVE_LEVEL);
	nt_utf8(name, text, sizeof(text));
	if (nt_fails("IoAttachDevice"))
		return STATUS_INSUFFICIENT_RESOURCES;
	nt_lock();
	target = nt_device_find(text, strlen(text));
	if (target)
		nt_device_reference(target);
	nt_unlock();
	if (!target)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*lower = IoAttachDeviceToDeviceStack(source, target);
	nt_device_dereference(target);
	return *lower ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

void IoDetachDevice(PDEVICE_OBJECT target)
{
	nt_enter_unlocked("IoDetachDevice", PASSIVE_LEVEL);
	nt_lock();
	if (!target->AttachedDevice)
		nt_violation(NT_RULE_UNLOAD, "IoDetachDevice of %s that has nothing attached", nt_device_name(target));
	device_of(target->AttachedDevice)->lower = NULL;
	target->AttachedDevice = NULL;
	nt_unlock();
}

static NTSTATUS link_add(const char *from, PUNICODE_STRING target)
{
	unsigned index;

	if (nt_device_find(from, strlen(from)))
		return STATUS_OBJECT_NAME_COLLISION;
	for (index = 0; index < LINKS && links[index].from[0]; index++)
		;
	if (index == LINKS)
		return STATUS_INSUFFICIENT_RESOURCES;
	strcpy(links[index].from, from);
	nt_utf8(target, links[index].to, NAME_SIZE);
	return STATUS_SUCCESS;
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING link, PUNICODE_STRING target)
{
	char from[NAME_SIZE];
	NTSTATUS status;

	nt_enter_unlocked("IoCreateSymbolicLink", PASSIVE_LEVEL);
	nt_utf8(link, from, sizeof(from));
	if (nt_fails("IoCreateSymbolicLink"))
		return STATUS_INSUFFICIENT_RESOURCES;
	nt_lock();
	status = link_add(from, target);
	nt_unlock();
	return status;
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING link)
{
	char from[NAME_SIZE];
	unsigned index;

	nt_enter_unlocked("IoDeleteSymbolicLink", PASSIVE_LEVEL);
	nt_utf8(link, from, sizeof(from));
	nt_lock();
	for (index = 0; index < LINKS && strcasecmp(links[index].from, from); index++)
		;
	if (index < LINKS)
		links[index].from[0] = 0;
	nt_unlock();
	return index < LINKS ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT object)
{
	(void)object;
	return STATUS_SUCCESS;
}

void IoUnregisterShutdownNotification(PDEVICE_OBJECT object)
{
	(void)object;
}

void nt_device_check(const char *when, PDRIVER_OBJECT driver)
{
	const struct device *device;
	unsigned index;

	for (device = devices; device; device = device->next)
		if (!driver || device->object.DriverObject == driver)
			nt_violation(NT_RULE_UNLOAD, "the device %s is left after %s", nt_device_name(
				(PDEVICE_OBJECT)&device->object), when);
	for (index = 0; index < LINKS; index++)
		if (links[index].from[0] && !named(links[index].to, strlen(links[index].to)))
			nt_violation(NT_RULE_UNLOAD, "the symbolic link %s is left after %s", links[index].from, when);
}
