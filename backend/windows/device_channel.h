/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One handle on the control device of a driver, flowwatcher.sys or fwfilter.sys: the only place where backend/windows
 * talks to them. device_channel.c is the real one; tests put a scripted device in its place. One thread.
 */
#ifndef FW_DEVICE_CHANNEL_H
#define FW_DEVICE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/filter_control.h"
#include "flowwatcher/error.h"

#define FW_DEVICE_READS 8 /* requests that can be pending at one time, numbered from 0 */

enum fw_device {
	FW_DEVICE_FLOWS,  /* flowwatcher.sys */
	FW_DEVICE_FILTER, /* fwfilter.sys */
};

/* Functions of the two have numbers of their own. */
static inline enum fw_device fw_device_of(uint32_t function)
{
	return function < FW_FILTER_CONTROL_HELLO ? FW_DEVICE_FLOWS : FW_DEVICE_FILTER;
}

/* What helps when a driver is of another version, for messages. */
static inline const char *fw_device_renewal(enum fw_device device)
{
	return device == FW_DEVICE_FLOWS ?
		       "load one of this version with 'flowwatcher unload' and 'flowwatcher load'" :
		       "install the fwfilter.sys of this version, as docs/windows-filter.md says";
}

struct fw_device_channel;

/* FW_NOT_FOUND: the driver is not loaded (with a message). */
enum fw_status fw_device_open(enum fw_device device, struct fw_device_channel **channel,
	struct fw_error *error);
/* Ends what is pending first. NULL is accepted. */
void fw_device_close(struct fw_device_channel *channel);

/* Ask for `function` (enum fw_control_function, enum fw_filter_control_function) and wait for the answer:
 * *returned bytes of it, never more than `out_size`. `in` and `out` may be one buffer. `what` says in messages
 * what was wanted ("listing the ports"). */
enum fw_status fw_device_call(struct fw_device_channel *channel, uint32_t function, const void *in,
	uint32_t in_size, void *out, uint32_t out_size, uint32_t *returned, const char *what,
	struct fw_error *error);

/* Begin FW_CONTROL_READ or FW_FILTER_CONTROL_FOLLOW into a buffer that stays the driver's until
 * fw_device_read_wait() or fw_device_close() has returned it. */
enum fw_status fw_device_read_start(struct fw_device_channel *channel, uint32_t slot, void *buffer,
	uint32_t size, struct fw_error *error);
/* Wait for that one. *done false: the time is over, it is still pending. */
enum fw_status fw_device_read_wait(struct fw_device_channel *channel, uint32_t slot, int timeout_ms,
	bool *done, uint32_t *returned, struct fw_error *error);

#endif
