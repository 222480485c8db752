/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_security.h"

#include "kernel/windows/ddk/nt_system.h"
#include "kernel/windows/nt_memory.h"

#define TOKEN_BYTES_MOST 65536u

/* [MS-DTYP] 2.4: a self-relative descriptor, its list of two entries, and the SIDs S-1-5-18 and
 * S-1-5-32-544. */
struct access_entry {
	uint8_t type; /* 0: allowed */
	uint8_t flags;
	uint16_t size;
	uint32_t mask;
};

struct access_descriptor {
	uint8_t revision;
	uint8_t reserved;
	uint16_t control;
	uint32_t owner;
	uint32_t group;
	uint32_t system_list;
	uint32_t list_offset;
	uint8_t list_revision;
	uint8_t list_reserved;
	uint16_t list_size;
	uint16_t list_count;
	uint16_t list_reserved2;
	struct access_entry system;
	uint8_t system_sid[12];
	struct access_entry administrators;
	uint8_t administrators_sid[16];
};
FW_STATIC_ASSERT(sizeof(struct access_descriptor) == 20 + 8 + 20 + 24, "descriptor layout");

#define LIST_PRESENT 0x0004u
#define LIST_PROTECTED 0x1000u
#define SELF_RELATIVE 0x8000u
#define ALL_ACCESS 0x001f01ffu /* FILE_ALL_ACCESS */
#define SYSTEM_SID                                                                                 \
	{                                                                                          \
		1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0                                                \
	}
#define ADMINISTRATORS_SID                                                                         \
	{                                                                                          \
		1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0                                 \
	}

static const struct access_descriptor descriptor = {
	.revision = 1,
	.control = LIST_PRESENT | LIST_PROTECTED | SELF_RELATIVE,
	.list_offset = 20,
	.list_revision = 2,
	.list_size = 8 + 20 + 24,
	.list_count = 2,
	.system = { .size = 20, .mask = ALL_ACCESS },
	.system_sid = SYSTEM_SID,
	.administrators = { .size = 24, .mask = ALL_ACCESS },
	.administrators_sid = ADMINISTRATORS_SID,
};

NTSTATUS fw_control_security_set(DEVICE_OBJECT *device)
{
	HANDLE handle;
	NTSTATUS status = ObOpenObjectByPointer(
		device, OBJ_KERNEL_HANDLE, NULL, FW_WRITE_DAC, NULL, KernelMode, &handle);

	if (!NT_SUCCESS(status))
		return status;
	status = ZwSetSecurityObject(handle, FW_DACL_INFORMATION, (PVOID)(ULONG_PTR)&descriptor);
	ZwClose(handle);
	return status;
}

static bool sid_is(const struct fw_sid *sid, const uint8_t *bytes, size_t length)
{
	return sid && 8u + 4u * sid->count == length && memcmp(sid, bytes, length) == 0;
}

static void *query(HANDLE token, ULONG kind)
{
	ULONG needed = 0;
	void *answer;

	(void)ZwQueryInformationToken(token, kind, NULL, 0, &needed);
	if (!needed || needed > TOKEN_BYTES_MOST)
		return NULL;
	answer = fw_allocate(needed);
	if (!answer)
		return NULL;
	if (NT_SUCCESS(ZwQueryInformationToken(token, kind, answer, needed, &needed)))
		return answer;
	fw_free(answer);
	return NULL;
}

static bool is_system(HANDLE token)
{
	static const uint8_t sid[] = SYSTEM_SID;
	struct fw_sid_and_attributes *user = query(token, FW_TOKEN_USER);
	bool is = user && sid_is(user->sid, sid, sizeof(sid));

	fw_free(user);
	return is;
}

/* A token that a user's consent did not raise has the group, but for refusals only. */
static bool is_administrator(HANDLE token)
{
	static const uint8_t sid[] = ADMINISTRATORS_SID;
	struct fw_token_groups *groups = query(token, FW_TOKEN_GROUPS);
	bool is = false;

	for (ULONG i = 0; groups && i < groups->count && !is; i++) {
		const struct fw_sid_and_attributes *group = &groups->groups[i];

		is = group->attributes & FW_GROUP_ENABLED &&
		     !(group->attributes & FW_GROUP_DENY_ONLY) &&
		     sid_is(group->sid, sid, sizeof(sid));
	}
	fw_free(groups);
	return is;
}

/* Somebody who only identifies a client must not act for it. */
static bool acts_for_client(HANDLE token)
{
	ULONG level = 0, needed;
	NTSTATUS status = ZwQueryInformationToken(
		token, FW_TOKEN_IMPERSONATION_LEVEL, &level, sizeof(level), &needed);

	return NT_SUCCESS(status) && level >= FW_IMPERSONATION;
}

/* The token that counts; of the thread: *is_client. */
static NTSTATUS open_token(HANDLE *token, bool *is_client)
{
	NTSTATUS status = ZwOpenThreadTokenEx(
		FW_CURRENT_THREAD, FW_TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, token);

	*is_client = NT_SUCCESS(status);
	if (status != STATUS_NO_TOKEN)
		return status;
	return ZwOpenProcessTokenEx(FW_CURRENT_PROCESS, FW_TOKEN_QUERY, OBJ_KERNEL_HANDLE, token);
}

NTSTATUS fw_control_security_check(IRP *irp)
{
	bool is_client, may;
	HANDLE token;

	if (irp->RequestorMode == KernelMode)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(open_token(&token, &is_client)))
		return STATUS_ACCESS_DENIED;
	may = (!is_client || acts_for_client(token)) &&
	      (is_system(token) || is_administrator(token));
	ZwClose(token);
	return may ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}
