/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Windows ends no process by a signal, so there are no names for them. */
#include "flowwatcher/names.h"

#include <stdio.h>

const char *fw_signal_name(uint32_t signal, char *buffer)
{
	snprintf(buffer, FW_SIGNAL_NAME_SIZE, "%u", signal);
	return buffer;
}
