/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "client_channel.h"

#include "backend/windows/device_channel.h"
#include "nt_check.h"

#define SLICE_MS 10

struct fw_device_channel {
	enum fw_device device;
	HANDLE handle;
	struct {
		struct nt_request *request; /* NULL: none is pending */
		uint32_t size;
	} reads[FW_DEVICE_READS];
};

void (*client_waits)(void);
static unsigned channels;

unsigned client_channels(void)
{
	return channels;
}

/* What becomes of them on Windows: Win32's number first, then fw_windows_status() and device_channel.c's own. */
static enum fw_status status_of(NTSTATUS status)
{
	switch (status) {
	case STATUS_SUCCESS:
		return FW_OK;
	case STATUS_ACCESS_DENIED:
		return FW_DENIED;
	case STATUS_INSUFFICIENT_RESOURCES:
	case STATUS_NO_MEMORY:
		return FW_NO_MEMORY;
	case STATUS_OBJECT_NAME_NOT_FOUND:
	case STATUS_NO_SUCH_DEVICE:
	case STATUS_NOT_FOUND:
		return FW_NOT_FOUND;
	case STATUS_OBJECT_NAME_COLLISION:
		return FW_EXISTS;
	case STATUS_INVALID_DEVICE_REQUEST:
	case STATUS_NOT_SUPPORTED:
	case STATUS_REVISION_MISMATCH:
		return FW_UNSUPPORTED;
	case STATUS_DATA_ERROR:
		return FW_MALFORMED;
	default:
		return FW_FAILED;
	}
}

static enum fw_status settle(NTSTATUS status, const char *what, struct fw_error *error)
{
	if (status == STATUS_SUCCESS)
		return FW_OK;
	return fw_error_set(error, status_of(status), "%s: status 0x%08x", what, (unsigned)status);
}

enum fw_status fw_device_open(enum fw_device device, struct fw_device_channel **channel, struct fw_error *error)
{
	const char *name = device == FW_DEVICE_FLOWS ? FW_CONTROL_LINK_NAME : FW_FILTER_CONTROL_LINK_NAME;
	struct fw_device_channel *made = calloc(1, sizeof(*made));
	NTSTATUS status;

	NT_CHECK(made != NULL);
	made->device = device;
	status = nt_open(name, GENERIC_READ | GENERIC_WRITE, NULL, 0, &made->handle);
	if (!NT_SUCCESS(status)) {
		free(made);
		return settle(status, "opening the driver", error);
	}
	channels++;
	*channel = made;
	return FW_OK;
}

/* As the real one does: what this thread began is cancelled, then waited for, then the handle goes. */
void fw_device_close(struct fw_device_channel *channel)
{
	if (!channel)
		return;
	for (size_t i = 0; i < FW_DEVICE_READS; i++) {
		if (!channel->reads[i].request)
			continue;
		nt_request_cancel(channel->reads[i].request);
		nt_request_end(channel->reads[i].request, NULL);
	}
	nt_close(channel->handle);
	free(channel);
	channels--;
}

static uint32_t code_of(uint32_t function)
{
	if (fw_device_of(function) == FW_DEVICE_FLOWS)
		return fw_control_code((enum fw_control_function)function);
	return fw_filter_control_code((enum fw_filter_control_function)function);
}

enum fw_status fw_device_call(struct fw_device_channel *channel, uint32_t function, const void *in, uint32_t in_size,
	void *out, uint32_t out_size, uint32_t *returned, const char *what, struct fw_error *error)
{
	ULONG_PTR information = 0;
	NTSTATUS status = nt_ioctl(channel->handle, code_of(function), in, in_size, out, out_size, &information);

	NT_CHECK(fw_device_of(function) == channel->device && information <= out_size);
	if (status == STATUS_SUCCESS)
		*returned = (uint32_t)information;
	return settle(status, what, error);
}

enum fw_status fw_device_read_start(struct fw_device_channel *channel, uint32_t slot, void *buffer, uint32_t size,
	struct fw_error *error)
{
	uint32_t function = channel->device == FW_DEVICE_FLOWS ? (uint32_t)FW_CONTROL_READ : FW_FILTER_CONTROL_FOLLOW;

	(void)error;
	NT_CHECK(slot < FW_DEVICE_READS && !channel->reads[slot].request);
	channel->reads[slot].size = size;
	channel->reads[slot].request = nt_ioctl_start(channel->handle, code_of(function), NULL, 0, buffer, size);
	return FW_OK;
}

enum fw_status fw_device_read_wait(struct fw_device_channel *channel, uint32_t slot, int timeout_ms, bool *done,
	uint32_t *returned, struct fw_error *error)
{
	struct nt_request *request = channel->reads[slot].request;
	ULONG_PTR information = 0;
	NTSTATUS status;
	int waited = 0;

	NT_CHECK(request != NULL);
	do {
		if (client_waits)
			client_waits();
		*done = nt_request_wait(request, SLICE_MS);
		waited += SLICE_MS;
	} while (!*done && (timeout_ms < 0 || waited < timeout_ms));
	if (!*done)
		return FW_OK;
	channel->reads[slot].request = NULL;
	status = nt_request_end(request, &information);
	NT_CHECK(information <= channel->reads[slot].size);
	if (status == STATUS_SUCCESS)
		*returned = (uint32_t)information;
	return settle(status, "reading events", error);
}
