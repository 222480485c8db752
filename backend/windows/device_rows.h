/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rows that the driver gives in batches, checked as if an enemy had made them: nothing outside the answer is read, and
 * numbers that do not grow end it. Called by backend/windows, one thread.
 */
#ifndef FW_DEVICE_ROWS_H
#define FW_DEVICE_ROWS_H

#include <stddef.h>

#include "abi/control.h"
#include "backend/windows/device_channel.h"

struct fw_rows_request {
	uint32_t function; /* enum fw_control_function, enum fw_filter_control_function */
	uint32_t row_size; /* what this version knows of a row; the driver's may be larger */
	const char *what;  /* for messages: "listing the ports" */
	/* `row` is a copy, aligned, which may be changed. False: enough. */
	bool (*row)(void *row, void *argument);
	void *argument;
};

/* The rows of one answer of `length` bytes. The same errors. */
enum fw_status fw_device_rows_hand(const struct fw_rows_request *request, const void *answer, uint32_t length,
	struct fw_error *error);

/* Of the thing with this number, where a function asks for one: it stands in the cursor then. */
enum fw_status fw_device_rows_of(struct fw_device_channel *channel, uint32_t number,
	const struct fw_rows_request *request, struct fw_error *error);

/* FW_STOPPED: a callback ended it. FW_MALFORMED: an answer is not as abi/control.h says. */
enum fw_status fw_device_rows(struct fw_device_channel *channel, const struct fw_rows_request *request,
	struct fw_error *error);

#endif
