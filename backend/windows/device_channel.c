/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/device_channel.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "lib/host/windows_error.h"

/* By enum fw_device. */
static const struct device {
	const wchar_t *path;
	const char *name;
	const char *absent; /* with the remedy */
	uint32_t read;	    /* function that pends until something happens */
} devices[] = {
	[FW_DEVICE_FLOWS] = { L"\\\\.\\FlowWatcher", "\\\\.\\FlowWatcher",
		"the driver is not loaded; run 'flowwatcher load' first", FW_CONTROL_READ },
	[FW_DEVICE_FILTER] = { L"\\\\.\\FlowWatcherFilter", "\\\\.\\FlowWatcherFilter",
		"the packet filter fwfilter.sys is not there; install it by fwfilter.inf as an administrator, as "
		"docs/windows-filter.md says",
		FW_FILTER_CONTROL_FOLLOW },
};

struct pending_read {
	OVERLAPPED overlapped;
	uint32_t size; /* of its buffer */
	bool is_pending;
};

struct fw_device_channel {
	const struct device *about;
	HANDLE device;
	OVERLAPPED call;
	struct pending_read reads[FW_DEVICE_READS];
};

static enum fw_status open_events(struct fw_device_channel *channel, struct fw_error *error)
{
	channel->call.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	for (size_t i = 0; i < FW_DEVICE_READS; i++) {
		channel->reads[i].overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
		if (!channel->reads[i].overlapped.hEvent || !channel->call.hEvent)
			return fw_error_set_windows(error, GetLastError(), "making events");
	}
	return FW_OK;
}

static enum fw_status refuse_open(const struct device *about, DWORD number, struct fw_error *error)
{
	if (number == ERROR_FILE_NOT_FOUND || number == ERROR_PATH_NOT_FOUND)
		return fw_error_set(error, FW_NOT_FOUND, "%s", about->absent);
	if (number == ERROR_ACCESS_DENIED)
		return fw_error_set(error, FW_DENIED,
			"the driver speaks to administrators only; run this from an elevated prompt");
	return fw_error_set_windows(error, number, "opening %s", about->name);
}

enum fw_status fw_device_open(enum fw_device device, struct fw_device_channel **channel,
	struct fw_error *error)
{
	struct fw_device_channel *made = calloc(1, sizeof(*made));
	enum fw_status status;

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to open the driver");
	made->about = &devices[device];
	made->device = CreateFileW(made->about->path, GENERIC_READ | GENERIC_WRITE,
		FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	if (made->device == INVALID_HANDLE_VALUE)
		status = refuse_open(made->about, GetLastError(), error);
	else
		status = open_events(made, error);
	if (status != FW_OK) {
		fw_device_close(made);
		return status;
	}
	*channel = made;
	return FW_OK;
}

/* CancelIo is XP's: it ends what this thread began, which is all there is. */
static void end_reads(struct fw_device_channel *channel)
{
	DWORD returned;

	CancelIo(channel->device);
	for (size_t i = 0; i < FW_DEVICE_READS; i++)
		if (channel->reads[i].is_pending)
			GetOverlappedResult(channel->device, &channel->reads[i].overlapped, &returned, TRUE);
}

void fw_device_close(struct fw_device_channel *channel)
{
	if (!channel)
		return;
	if (channel->device != INVALID_HANDLE_VALUE) {
		end_reads(channel);
		CloseHandle(channel->device);
	}
	for (size_t i = 0; i < FW_DEVICE_READS; i++)
		if (channel->reads[i].overlapped.hEvent)
			CloseHandle(channel->reads[i].overlapped.hEvent);
	if (channel->call.hEvent)
		CloseHandle(channel->call.hEvent);
	free(channel);
}

/* Which message says most, for errors that have a remedy of their own. */
static enum fw_status refuse_call(const struct fw_device_channel *channel, DWORD number, const char *what,
	struct fw_error *error)
{
	const char *renewal = fw_device_renewal((enum fw_device)(channel->about - devices));

	switch (number) {
	case ERROR_REVISION_MISMATCH:
		return fw_error_set(error, FW_UNSUPPORTED,
			"%s: the loaded driver is of another version; %s", what, renewal);
	case ERROR_INVALID_FUNCTION:
		return fw_error_set(error, FW_UNSUPPORTED,
			"%s: the loaded driver does not know how; %s", what, renewal);
	case ERROR_ACCESS_DENIED:
		return fw_error_set(error, FW_DENIED, "%s: only administrators may", what);
	case ERROR_CRC: /* STATUS_DATA_ERROR */
		return fw_error_set(error, FW_MALFORMED,
			"%s: the driver refuses it: not sorted, or prefixes that overlap", what);
	case ERROR_IO_DEVICE: /* STATUS_DATA_OVERRUN */
		return fw_error_set(error, FW_FAILED,
			"%s: more happened than the driver keeps for a reader; run this again", what);
	default:
		return fw_error_set_windows(error, number, "%s", what);
	}
}

static enum fw_status settle(const struct fw_device_channel *channel, DWORD number, uint32_t got,
	uint32_t size, uint32_t *returned, const char *what, struct fw_error *error)
{
	if (number != ERROR_SUCCESS)
		return refuse_call(channel, number, what, error);
	if (got > size)
		return fw_error_set(error, FW_MALFORMED,
			"%s: the driver says it wrote %u bytes into %u; %s", what, got, size,
			fw_device_renewal((enum fw_device)(channel->about - devices)));
	*returned = got;
	return FW_OK;
}

static uint32_t code_of(uint32_t function)
{
	if (fw_device_of(function) == FW_DEVICE_FLOWS)
		return fw_control_code((enum fw_control_function)function);
	return fw_filter_control_code((enum fw_filter_control_function)function);
}

enum fw_status fw_device_call(struct fw_device_channel *channel, uint32_t function, const void *in,
	uint32_t in_size, void *out, uint32_t out_size, uint32_t *returned, const char *what,
	struct fw_error *error)
{
	DWORD got = 0, number = ERROR_SUCCESS;

	ResetEvent(channel->call.hEvent);
	if (!DeviceIoControl(channel->device, code_of(function), (void *)in, in_size, out, out_size, &got,
		    &channel->call)) {
		number = GetLastError();
		if (number == ERROR_IO_PENDING)
			number = GetOverlappedResult(channel->device, &channel->call, &got, TRUE) ?
					 ERROR_SUCCESS :
					 GetLastError();
	}
	return settle(channel, number, got, out_size, returned, what, error);
}

enum fw_status fw_device_read_start(struct fw_device_channel *channel, uint32_t slot, void *buffer,
	uint32_t size, struct fw_error *error)
{
	struct pending_read *read = &channel->reads[slot];
	HANDLE event = read->overlapped.hEvent;
	DWORD got;

	memset(&read->overlapped, 0, sizeof(read->overlapped));
	read->overlapped.hEvent = event;
	ResetEvent(event);
	if (!DeviceIoControl(channel->device, code_of(channel->about->read), NULL, 0, buffer, size, &got,
		    &read->overlapped) &&
		GetLastError() != ERROR_IO_PENDING)
		return refuse_call(channel, GetLastError(), "reading events", error);
	read->size = size;
	read->is_pending = true;
	return FW_OK;
}

enum fw_status fw_device_read_wait(struct fw_device_channel *channel, uint32_t slot, int timeout_ms,
	bool *done, uint32_t *returned, struct fw_error *error)
{
	struct pending_read *read = &channel->reads[slot];
	DWORD got = 0, number = ERROR_SUCCESS;

	if (WaitForSingleObject(read->overlapped.hEvent, timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms) ==
		WAIT_TIMEOUT) {
		*done = false;
		return FW_OK;
	}
	read->is_pending = false;
	if (!GetOverlappedResult(channel->device, &read->overlapped, &got, TRUE))
		number = GetLastError();
	*done = true;
	return settle(channel, number, got, read->size, returned, "reading events", error);
}
