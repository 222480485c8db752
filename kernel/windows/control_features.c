/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_device.h"
#include "kernel/windows/control_rows.h"
#include "kernel/windows/driver.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/process_notify.h"

/* enum fw_feature_state of backend/backend.h */
enum { USED, AVAILABLE, MISSING };

#define FULL "its places are all taken by other drivers, or the image lacks its integrity flag"

struct finding {
	uint32_t state;
	const char *reason;
};

static struct finding found(bool is_used, const char *without)
{
	return (struct finding){ is_used ? USED : MISSING, is_used ? "" : without };
}

static struct finding notify_ex2(void)
{
	if (fw_process_notify_state()->processes == FW_PROCESS_NOTIFY_EX2)
		return found(true, "");
	return found(false, fw_nt_optional.set_process_notify_ex2 ? FULL : "this Windows lacks it");
}

static struct finding notify_ex(void)
{
	switch (fw_process_notify_state()->processes) {
	case FW_PROCESS_NOTIFY_EX:
		return found(true, "");
	case FW_PROCESS_NOTIFY_EX2:
		return (struct finding){ AVAILABLE, "the routine above serves" };
	default:
		return found(false,
			fw_nt_optional.set_process_notify_ex
				? FULL "; no command lines, and rules cannot deny"
				: "this Windows lacks it: no command lines, and rules cannot deny");
	}
}

static struct finding notify_plain(void)
{
	switch (fw_process_notify_state()->processes) {
	case FW_PROCESS_NOTIFY_PLAIN:
		return found(true, "");
	case FW_PROCESS_NOTIFY_NONE:
		return found(false, "its places are all taken: ends of processes are not seen");
	default:
		return (struct finding){ AVAILABLE, "a better one serves" };
	}
}

static struct finding notify_thread(void)
{
	return found(NT_SUCCESS(fw_process_notify_state()->thread_status),
		"its places are all taken: no thread events");
}

static struct finding notify_image(void)
{
	return found(NT_SUCCESS(fw_process_notify_state()->image_status),
		"its places are all taken: no image events");
}

static struct finding precise_time(void)
{
	return found(fw_nt_optional.interrupt_time_precise != NULL,
		"this Windows lacks it: times have the resolution of its clock tick");
}

static struct finding secured(void)
{
	return found(fw_control_device_is_secured(),
		"it was refused; each open is still checked by the driver itself");
}

static struct finding tdi(uint32_t bit)
{
	struct fw_control_status status;

	memset(&status, 0, sizeof(status));
	fw_driver_status(&status);
	if (status.state & bit)
		return found(true, "");
	return found(false, NT_SUCCESS(fw_driver_attach_status())
				    ? "there is no such device, or the driver was stopped"
				    : "attaching failed");
}

static struct finding limits(void)
{
	return tdi(FW_CONTROL_HAS_TCP | FW_CONTROL_HAS_UDP | FW_CONTROL_HAS_RAW |
		   FW_CONTROL_HAS_TCP6 | FW_CONTROL_HAS_UDP6 | FW_CONTROL_HAS_RAW6);
}

#define TDI(name, bit)                                                                             \
	static struct finding name(void)                                                           \
	{                                                                                          \
		return tdi(bit);                                                                   \
	}
TDI(tcp, FW_CONTROL_HAS_TCP)
TDI(udp, FW_CONTROL_HAS_UDP)
TDI(raw, FW_CONTROL_HAS_RAW)
TDI(tcp6, FW_CONTROL_HAS_TCP6)
TDI(udp6, FW_CONTROL_HAS_UDP6)
TDI(raw6, FW_CONTROL_HAS_RAW6)

static const struct {
	const char *group;
	const char *name;
	struct finding (*find)(void);
} features[] = {
	{ "payload", "\\Device\\Tcp", tcp },
	{ "payload", "\\Device\\Udp", udp },
	{ "payload", "\\Device\\RawIp", raw },
	{ "payload", "\\Device\\Tcp6", tcp6 },
	{ "payload", "\\Device\\Udp6", udp6 },
	{ "payload", "\\Device\\RawIp6", raw6 },
	{ "limits", "requests held by the TDI filter", limits },
	{ "process events", "PsSetCreateProcessNotifyRoutineEx2", notify_ex2 },
	{ "process events", "PsSetCreateProcessNotifyRoutineEx", notify_ex },
	{ "process events", "PsSetCreateProcessNotifyRoutine", notify_plain },
	{ "process events", "PsSetCreateThreadNotifyRoutine", notify_thread },
	{ "process events", "PsSetLoadImageNotifyRoutine", notify_image },
	{ "kernel", "KeQueryInterruptTimePrecise", precise_time },
	{ "kernel", "security descriptor of the device", secured },
};

/* As much as there is room for with the terminating zero that is there already. */
static void copy_text(char *to, size_t size, const char *from)
{
	for (size_t i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i];
}

bool fw_control_next_feature(uint64_t *after, struct fw_control_feature *feature)
{
	uint64_t at = *after;
	struct finding finding;

	if (at >= FW_ARRAY_SIZE(features))
		return false;
	finding = features[at].find();
	feature->number = (uint32_t)at + 1;
	feature->state = finding.state;
	copy_text(feature->group, sizeof(feature->group), features[at].group);
	copy_text(feature->name, sizeof(feature->name), features[at].name);
	copy_text(feature->reason, sizeof(feature->reason), finding.reason);
	*after = at + 1;
	return true;
}
