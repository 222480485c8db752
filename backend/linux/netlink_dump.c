/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/netlink_dump.h"

#include "backend/linux/traffic_control.h"

#include <errno.h>
#include <string.h>

int fw_netlink_dump(
	struct fw_traffic_control *control, struct nlmsghdr *message, mnl_cb_t row, void *data)
{
	unsigned int port = mnl_socket_get_portid(control->socket);
	ssize_t got;
	int result;

	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	message->nlmsg_seq = ++control->sequence;
	if (mnl_socket_sendto(control->socket, message, message->nlmsg_len) < 0)
		return -errno;
	do {
		got = mnl_socket_recvfrom(control->socket, control->answer, FW_NETLINK_ANSWER_SIZE);
		if (got < 0)
			return -errno;
		result = mnl_cb_run(
			control->answer, (size_t)got, control->sequence, port, row, data);
	} while (result > MNL_CB_STOP);
	return result < 0 ? -errno : 0;
}

int fw_netlink_row_result(bool taken)
{
	if (taken)
		return MNL_CB_OK;
	errno = ENOMEM;
	return MNL_CB_ERROR;
}

/* Attributes by number; a number beyond `count` is of a newer kernel. */
struct attributes {
	const struct nlattr **at;
	uint16_t count;
};

static int keep_attribute(const struct nlattr *attribute, void *data)
{
	struct attributes *attributes = data;
	uint16_t type = mnl_attr_get_type(attribute);

	if (type < attributes->count)
		attributes->at[type] = attribute;
	return MNL_CB_OK;
}

void fw_netlink_parse(
	const struct nlmsghdr *message, size_t header, const struct nlattr **at, uint16_t count)
{
	struct attributes attributes = { at, count };

	memset(at, 0, count * sizeof(*at));
	mnl_attr_parse(message, (unsigned int)header, keep_attribute, &attributes);
}

void fw_netlink_parse_nested(const struct nlattr *nest, const struct nlattr **at, uint16_t count)
{
	struct attributes attributes = { at, count };

	memset(at, 0, count * sizeof(*at));
	if (nest)
		mnl_attr_parse_nested(nest, keep_attribute, &attributes);
}

void fw_netlink_text(char *to, size_t size, const struct nlattr *attribute)
{
	size_t length = 0;

	if (attribute)
		length = strnlen(
			mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
	if (length >= size)
		length = size - 1;
	if (length)
		memcpy(to, mnl_attr_get_payload(attribute), length);
	to[length] = '\0';
}

bool fw_netlink_has_size(const struct nlattr *attribute, size_t size)
{
	return attribute && mnl_attr_get_payload_len(attribute) >= size;
}

uint32_t fw_netlink_u32(const struct nlattr *attribute)
{
	return fw_netlink_has_size(attribute, sizeof(uint32_t)) ? mnl_attr_get_u32(attribute) : 0;
}
