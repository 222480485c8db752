/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asking rtnetlink for all there is of something, and taking apart what it says. Called by
 * traffic_control.c and adapter_table.c; one thread. Functions return 0 or negative errno.
 */
#ifndef FW_NETLINK_DUMP_H
#define FW_NETLINK_DUMP_H

#include "core/types.h"

#include <libmnl/libmnl.h>

#define FW_NETLINK_ANSWER_SIZE 65536u
#define FW_NETLINK_MESSAGE_SIZE 512u /* no question and no change is longer */

struct fw_traffic_control;

/* Ask; `message` has its type and header. `row` gets each answer. */
int fw_netlink_dump(struct fw_traffic_control *control, struct nlmsghdr *message, mnl_cb_t row,
	void *data);
/* What `row` returns; false: no memory. */
int fw_netlink_row_result(bool taken);

/* Attributes by number, of which there are `count`; NULL where there is none. */
void fw_netlink_parse(
	const struct nlmsghdr *message, size_t header, const struct nlattr **at, uint16_t count);
/* `nest` may be NULL. */
void fw_netlink_parse_nested(const struct nlattr *nest, const struct nlattr **at, uint16_t count);
/* "" without an attribute; a longer text is cut. */
void fw_netlink_text(char *to, size_t size, const struct nlattr *attribute);
bool fw_netlink_has_size(const struct nlattr *attribute, size_t size);
/* 0 where it is none. */
uint32_t fw_netlink_u32(const struct nlattr *attribute);

#endif
