/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/windows_backend.h"

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>
#include <windows.h>

#include "lib/host/windows_error.h"

#define SERVICE L"flowwatcher"
#define FILE_NAME L"flowwatcher.sys"

/* The group of the transports' own drivers, so that at boot it would come with them. */
#define GROUP L"PNP_TDI"

#define WAIT_MS 10000
#define STEP_MS 20

static enum fw_status open_manager(DWORD access, SC_HANDLE *manager, struct fw_error *error)
{
	*manager = OpenSCManagerW(NULL, NULL, access);
	if (*manager)
		return FW_OK;
	if (GetLastError() == ERROR_ACCESS_DENIED)
		return fw_error_set(error, FW_DENIED,
			"only administrators put drivers in place; run this from an elevated prompt");
	return fw_error_set_windows(error, GetLastError(), "opening the service manager");
}

/* A 32-bit program on a 64-bit system would name a file that the kernel cannot load. */
static bool is_wrong_size(void)
{
	typedef BOOL(WINAPI * is_wow64_fn)(HANDLE process, BOOL *is_wow64);
	is_wow64_fn ask = (is_wow64_fn)(void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
		"IsWow64Process");
	BOOL is_wow64 = FALSE;

	return ask && ask(GetCurrentProcess(), &is_wow64) && is_wow64;
}

/* flowwatcher.sys beside this program. */
static enum fw_status find_driver(wchar_t *path, DWORD size, struct fw_error *error)
{
	DWORD length = GetModuleFileNameW(NULL, path, size);
	wchar_t *name = length && length < size ? wcsrchr(path, L'\\') : NULL;

	if (!name || (size_t)(name + 1 - path) + FW_ARRAY_SIZE(FILE_NAME) > size)
		return fw_error_set(error, FW_FAILED, "the path of this program is not known or too long");
	wcscpy(name + 1, FILE_NAME);
	if (is_wrong_size())
		return fw_error_set(error, FW_UNSUPPORTED,
			"this is the 32-bit flowwatcher on a 64-bit Windows; use the 64-bit one");
	if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
		return fw_error_set(error, FW_NOT_FOUND,
			FW_DRIVER_FILE " is not in the folder of this program; put it there");
	return FW_OK;
}

/* The service, made anew or as it is: then its path may be another one's, and is put right. */
static enum fw_status take_service(SC_HANDLE manager, const wchar_t *path, SC_HANDLE *service,
	bool *is_new, struct fw_error *error)
{
	*service = CreateServiceW(manager, SERVICE, L"FlowWatcher", SERVICE_ALL_ACCESS,
		SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, GROUP, NULL, NULL,
		NULL, NULL);
	*is_new = *service;
	if (*service)
		return FW_OK;
	if (GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE)
		return fw_error_set(error, FW_FAILED,
			"the driver that was removed is still open somewhere; end the programs that use it");
	if (GetLastError() != ERROR_SERVICE_EXISTS)
		return fw_error_set_windows(error, GetLastError(), "creating the service " FW_DRIVER_SERVICE);
	*service = OpenServiceW(manager, SERVICE, SERVICE_ALL_ACCESS);
	if (!*service)
		return fw_error_set_windows(error, GetLastError(), "opening the service " FW_DRIVER_SERVICE);
	/* Refused while it runs, and then of no need. */
	ChangeServiceConfigW(*service, SERVICE_KERNEL_DRIVER, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, path,
		GROUP, NULL, NULL, NULL, NULL, NULL);
	return FW_OK;
}

/* As long as the system starts services of its own, it starts no others. */
static DWORD start_unlocked(SC_HANDLE service)
{
	DWORD number = ERROR_SERVICE_DATABASE_LOCKED;

	for (int waited = 0; waited < WAIT_MS && number == ERROR_SERVICE_DATABASE_LOCKED; waited += STEP_MS) {
		if (waited)
			Sleep(STEP_MS);
		number = StartServiceW(service, 0, NULL) ? ERROR_SUCCESS : GetLastError();
	}
	return number;
}

static enum fw_status start(SC_HANDLE service, struct fw_error *error)
{
	DWORD number = start_unlocked(service);

	switch (number) {
	case ERROR_SUCCESS:
		return FW_OK;
	case ERROR_SERVICE_ALREADY_RUNNING:
		return fw_error_set(error, FW_EXISTS,
			"the driver is loaded already; 'flowwatcher status' says since when");
	case FW_ERROR_INVALID_IMAGE_HASH:
		return fw_error_set(error, FW_DENIED,
			"Windows refuses the signature of " FW_DRIVER_FILE "; docs/windows.md says how to sign "
			"for a test and what 64-bit Windows asks for");
	case ERROR_BAD_EXE_FORMAT:
		return fw_error_set(error, FW_UNSUPPORTED,
			FW_DRIVER_FILE " is not made for this processor; use the folder x86 or x64 that fits");
	default:
		return fw_error_set_windows(error, number, "starting the driver " FW_DRIVER_FILE);
	}
}

enum fw_status fw_driver_service_start(struct fw_error *error)
{
	SC_HANDLE manager, service;
	wchar_t path[1024];
	bool is_new;
	enum fw_status status = find_driver(path, FW_ARRAY_SIZE(path), error);

	if (status == FW_OK)
		status = open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, &manager, error);
	if (status != FW_OK)
		return status;
	status = take_service(manager, path, &service, &is_new, error);
	if (status == FW_OK) {
		status = start(service, error);
		if (status != FW_OK && is_new)
			DeleteService(service);
		CloseServiceHandle(service);
	}
	CloseServiceHandle(manager);
	return status;
}

/* ERROR_SUCCESS: it has stopped. */
static DWORD wait_stopped(SC_HANDLE service)
{
	SERVICE_STATUS state;

	for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
		if (!QueryServiceStatus(service, &state))
			return GetLastError();
		if (state.dwCurrentState == SERVICE_STOPPED)
			return ERROR_SUCCESS;
		Sleep(STEP_MS);
	}
	return ERROR_SERVICE_REQUEST_TIMEOUT;
}

static enum fw_status stop(SC_HANDLE service, struct fw_error *error)
{
	SERVICE_STATUS state;
	DWORD number = ERROR_SUCCESS;

	if (!ControlService(service, SERVICE_CONTROL_STOP, &state))
		number = GetLastError();
	if (number == ERROR_SERVICE_NOT_ACTIVE)
		return FW_OK;
	if (number == ERROR_SUCCESS)
		number = wait_stopped(service);
	if (number == ERROR_SERVICE_REQUEST_TIMEOUT)
		return fw_error_set(error, FW_FAILED,
			"the driver does not end: programs still have it open; end them and try again");
	if (number != ERROR_SUCCESS)
		return fw_error_set_windows(error, number, "stopping the driver");
	return FW_OK;
}

enum fw_status fw_driver_service_stop(struct fw_error *error)
{
	SC_HANDLE manager, service;
	enum fw_status status = open_manager(SC_MANAGER_CONNECT, &manager, error);

	if (status != FW_OK)
		return status;
	service = OpenServiceW(manager, SERVICE, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE);
	if (!service) {
		status = fw_windows_status(GetLastError());
		if (status == FW_NOT_FOUND)
			fw_error_set(error, FW_NOT_FOUND, "nothing is loaded: there is no service "
							  FW_DRIVER_SERVICE);
		else
			fw_error_set_windows(error, GetLastError(), "opening the service " FW_DRIVER_SERVICE);
		goto close_manager;
	}
	status = stop(service, error);
	if (status == FW_OK && !DeleteService(service) &&
		GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
		status = fw_error_set_windows(error, GetLastError(),
			"deleting the service " FW_DRIVER_SERVICE);
	CloseServiceHandle(service);
close_manager:
	CloseServiceHandle(manager);
	return status;
}
