/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * \Device\FlowWatcherFilter: who may open it, and its requests. A driver that Plug and Play loaded
 * goes when it has no device any more, so this one is there only as long as there are adapters,
 * lists or handles. PASSIVE_LEVEL; called by im_bind.c and im_driver.c.
 */
#ifndef FW_NT_IM_CONTROL_H
#define FW_NT_IM_CONTROL_H

#include "kernel/windows/ddk/ndis51.h"

#include <stdbool.h>

void fw_im_control_init(void);
/* An adapter came or went, or the lists did: put the device there, or take it away. The last handle
 * that is closed does so, too. Without the device packets are filtered all the same. */
void fw_im_control_update(void);
void fw_im_control_remove(void);

/* Was its security descriptor set? Access is checked by our own code either way. */
bool fw_im_control_is_secured(void);
/* For work on its behalf at PASSIVE_LEVEL; NULL: there is none. */
DEVICE_OBJECT *fw_im_control_object(void);

#endif
