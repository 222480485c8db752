/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bytes into and out of chains of descriptors. Called by the files of limits. IRQL <=
 * DISPATCH_LEVEL. */
#ifndef FW_NT_TDI_MDL_H
#define FW_NT_TDI_MDL_H

#include "kernel/windows/ddk/tdi_kernel.h"

#include <stdbool.h>

#include "core/types.h"

/* As many of *bytes as there is room for, which *bytes becomes. False: it cannot be mapped. */
bool fw_tdi_mdl_put(MDL *mdl, const void *from, uint32_t *bytes);

/* All of them, from an offset on. False: there are fewer, or it cannot be mapped. */
bool fw_tdi_mdl_get(MDL *mdl, uint32_t offset, void *to, uint32_t bytes);

#endif
