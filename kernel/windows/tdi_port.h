/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Local ports: which address holds one, and the records of their being taken and released. Used by
 * the files of the TDI filter. IRQL <= DISPATCH_LEVEL, no lock is held.
 */
#ifndef FW_NT_TDI_PORT_H
#define FW_NT_TDI_PORT_H

#include "kernel/windows/tdi_object.h"

/* The address has this local end from now on. */
void fw_tdi_port_taken(struct fw_tdi_object *address, const struct fw_tdi_endpoint *local);
void fw_tdi_port_released(struct fw_tdi_object *address);

/* What a snapshot says of an address. False: it has no port. */
bool fw_tdi_port_row(struct fw_tdi_object *address, struct fw_port *row);

#endif
