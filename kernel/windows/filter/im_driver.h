/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The handles that NDIS gave the driver as a whole; constant from the end of DriverEntry to the
 * unload. */
#ifndef FW_NT_IM_DRIVER_H
#define FW_NT_IM_DRIVER_H

#include "kernel/windows/ddk/ndis51.h"

NDIS_HANDLE fw_im_driver_wrapper(void);
NDIS_HANDLE fw_im_driver_miniport(
	void); /* of the driver: what miniports of its are initialised by */
NDIS_HANDLE fw_im_driver_protocol(void);

#endif
