/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/service_ready.h"

/* Services of Windows are started in another way, and this command is none. */
void fw_service_ready(void)
{
}
