/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * backend/windows/device_channel.h over the fake kernel, in the place of device_channel.c: flowwatcher.exe's own code
 * asks the driver that a test has loaded. Threads of the fake kernel call, one at a time.
 */
#ifndef FW_NT_CLIENT_CHANNEL_H
#define FW_NT_CLIENT_CHANNEL_H

/* Channels that are open: none when a command has ended. */
unsigned client_channels(void);

/* Called while somebody waits for a read, each time before the next look at it; NULL: nothing is. */
extern void (*client_waits)(void);

#endif
