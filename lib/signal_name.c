/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/names.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

const char *fw_signal_name(uint32_t signal, char *buffer)
{
	const char *name = signal && signal < NSIG ? sigabbrev_np((int)signal) : NULL;

	if (name)
		snprintf(buffer, FW_SIGNAL_NAME_SIZE, "SIG%s", name);
	else if (signal >= (uint32_t)SIGRTMIN && signal <= (uint32_t)SIGRTMAX)
		snprintf(buffer, FW_SIGNAL_NAME_SIZE, "SIGRTMIN+%u", signal - (uint32_t)SIGRTMIN);
	else
		snprintf(buffer, FW_SIGNAL_NAME_SIZE, "%u", signal);
	return buffer;
}
