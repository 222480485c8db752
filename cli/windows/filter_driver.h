/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What load and status say of the packet filter fwfilter.sys, which has its own life beside flowwatcher.sys.
 * One thread. */
#ifndef FW_CLI_FILTER_DRIVER_H
#define FW_CLI_FILTER_DRIVER_H

struct json_object;

/* It is installed by its INF, not by load: if it is not there, say so and how, on standard error. */
void fw_filter_driver_note(void);

/* One line of status; its fields in JSON. */
void fw_filter_driver_print(void);
void fw_filter_driver_json(struct json_object *object);

#endif
