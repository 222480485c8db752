/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A TDI filter that finds no device to attach to, for tests of the rest of the driver. */
#include "kernel/windows/tdi_filter.h"

NTSTATUS fw_tdi_attach(DRIVER_OBJECT *driver)
{
	(void)driver;
	return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS fw_tdi_detach(struct fw_control_status *status)
{
	(void)status;
	return STATUS_SUCCESS;
}

void fw_tdi_bypass(bool bypass)
{
	(void)bypass;
}

bool fw_tdi_owns(const DEVICE_OBJECT *device)
{
	(void)device;
	return false;
}

NTSTATUS fw_tdi_dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	(void)device;
	(void)irp;
	return STATUS_INVALID_DEVICE_REQUEST;
}

void fw_tdi_status(struct fw_control_status *status)
{
	(void)status;
}

bool fw_tdi_next_connection(uint64_t *after, struct fw_connection *row)
{
	(void)after;
	(void)row;
	return false;
}

bool fw_tdi_next_port(uint64_t *after, struct fw_port *row)
{
	(void)after;
	(void)row;
	return false;
}

void fw_tdi_cut_refused(void)
{
}

void fw_tdi_let_go(void)
{
}
