/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rows of the packet filter, checked as if an enemy had made them: texts end with a zero, prefixes are well
 * formed and in order, numbers are bounded. Called by filter_backend.c, one thread. FW_MALFORMED: something
 * is not so. FW_STOPPED: a callback ended it.
 */
#ifndef FW_FILTER_ROWS_H
#define FW_FILTER_ROWS_H

#include "backend/backend.h"
#include "backend/windows/device_channel.h"

/* With what Windows says of each: alias and number of addresses. */
enum fw_status fw_filter_rows_adapters(struct fw_device_channel *channel, fw_adapter_fn row, void *argument,
	struct fw_error *error);

/* By adapter text. */
enum fw_status fw_filter_rows_lists(struct fw_device_channel *channel, fw_filter_list_fn row, void *argument,
	struct fw_error *error);

enum fw_status fw_filter_rows_prefixes(struct fw_device_channel *channel, uint32_t list, fw_filter_prefix_fn row,
	void *argument, struct fw_error *error);

enum fw_status fw_filter_rows_places(struct fw_device_channel *channel, fw_filter_place_fn row, void *argument,
	struct fw_error *error);

/* Those of one answer. */
enum fw_status fw_filter_rows_events(const void *answer, uint32_t length, fw_adapter_event_fn row, void *argument,
	struct fw_error *error);

/* Do a name of the driver and one of Windows mean the same adapter? GUIDs have no case. */
bool fw_filter_rows_same_name(const char *left, const char *right);

#endif
