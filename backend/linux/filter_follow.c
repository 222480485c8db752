/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/adapter_filter.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/shaper.h"

#include "lib/grow.h"
#include "lib/host/host.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_BYTES 16384

/* What is known of an adapter. */
struct known {
	uint32_t index;
	uint32_t network_namespace;
	uint32_t direction; /* bits that have a list */
	char name[FW_ADAPTER_NAME_SIZE];
};

struct known_table {
	struct known *at;
	size_t count, capacity;
};

struct fw_filter_follower {
	struct mnl_socket *socket; /* adapters that come, go and change */
	struct known_table known;
};

static bool add_known(const struct fw_adapter *adapter, void *argument)
{
	struct known_table *table = argument;
	struct known known = { .index = adapter->index,
		.network_namespace = adapter->network_namespace,
		.direction = (adapter->in.list ? FW_FILTER_IN : 0u) |
			     (adapter->out.list ? FW_FILTER_OUT : 0u) };
	struct known *at = fw_grow(table->at, table->count, &table->capacity, sizeof(*at));

	if (!at)
		return false;
	table->at = at;
	memcpy(known.name, adapter->name, sizeof(known.name));
	at[table->count++] = known;
	return true;
}

static enum fw_status look(
	const struct fw_kernel_side *side, struct known_table *table, struct fw_error *error)
{
	enum fw_status status = fw_filter_adapters(side, add_known, table, error);

	return status == FW_STOPPED ? fw_error_set(error, FW_NO_MEMORY,
					      "no memory for %zu adapters", table->count)
				    : status;
}

static const struct known *find(const struct known_table *table, const struct known *wanted)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->at[i].index == wanted->index && !strcmp(table->at[i].name, wanted->name))
			return &table->at[i];
	return NULL;
}

static bool tell(const struct known *known, enum fw_adapter_action action, fw_adapter_event_fn row,
	void *argument)
{
	struct fw_adapter_event event = { .time_ns = fw_host_boot_ns(),
		.index = known->index,
		.network_namespace = known->network_namespace,
		.action = action,
		.direction = known->direction };

	memcpy(event.name, known->name, sizeof(event.name));
	return row(&event, argument);
}

/* An adapter that got another name went under the old one and came under the new one. */
static bool tell_differences(const struct known_table *before, const struct known_table *now,
	fw_adapter_event_fn row, void *argument)
{
	for (size_t i = 0; i < before->count; i++)
		if (!find(now, &before->at[i]) &&
			!tell(&before->at[i], FW_ADAPTER_VANISHED, row, argument))
			return false;
	for (size_t i = 0; i < now->count; i++) {
		const struct known *known = &now->at[i], *was = find(before, known);
		uint32_t had = was ? was->direction : 0;

		if (!was && !tell(known, FW_ADAPTER_APPEARED, row, argument))
			return false;
		if (known->direction & ~had && !tell(known, FW_ADAPTER_FILTERED, row, argument))
			return false;
	}
	return true;
}

static enum fw_status begin(
	struct fw_kernel_side *side, struct fw_filter_follower **follower, struct fw_error *error)
{
	struct fw_filter_follower *made = calloc(1, sizeof(*made));
	enum fw_status status;

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to follow adapters");
	made->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!made->socket || mnl_socket_bind(made->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0)
		status = fw_error_set_errno(error, errno, "following adapters by rtnetlink");
	else
		status = side->is_read_only ? FW_OK : fw_filter_settle(side, error);
	if (status == FW_OK)
		status = look(side, &made->known, error);
	if (status == FW_OK)
		*follower = made;
	else
		fw_filter_follower_free(made);
	return status;
}

/* What they say is looked up afterwards, so that nothing is missed for good when there were too
 * many messages. False: nothing came in time. */
static bool take_messages(struct fw_filter_follower *follower, int timeout_ms)
{
	struct pollfd waiting = { mnl_socket_get_fd(follower->socket), POLLIN, 0 };
	char message[MESSAGE_BYTES];

	if (poll(&waiting, 1, timeout_ms) <= 0)
		return false;
	while (mnl_socket_recvfrom(follower->socket, message, sizeof(message)) >= 0 ||
		errno == ENOBUFS || errno == ENOSPC)
		;
	return true;
}

/* An adapter that has come gets the queues that limits need. Without them packets beyond a limit
 * are dropped there, so this may fail. */
static void cover_limits(const struct fw_kernel_side *side)
{
	int lock;

	if (!fw_shaper_is_in_use(side) || fw_pin_directory_lock(&lock, NULL) != FW_OK)
		return;
	if (fw_kernel_side_is_pinned(side))
		fw_shaper_cover(side, NULL);
	close(lock);
}

enum fw_status fw_filter_follow(struct fw_kernel_side *side, struct fw_filter_follower **follower,
	int timeout_ms, fw_adapter_event_fn row, void *argument, struct fw_error *error)
{
	struct known_table now = { 0 };
	enum fw_status status = FW_OK;
	bool goes_on;

	if (!*follower)
		status = begin(side, follower, error);
	if (status != FW_OK || !take_messages(*follower, timeout_ms))
		return status;
	if (!side->is_read_only) {
		status = fw_filter_settle(side, error);
		cover_limits(side);
	}
	if (status == FW_OK)
		status = look(side, &now, error);
	if (status != FW_OK) {
		free(now.at);
		return status;
	}
	goes_on = tell_differences(&(*follower)->known, &now, row, argument);
	free((*follower)->known.at);
	(*follower)->known = now;
	return goes_on ? FW_OK : FW_STOPPED;
}

void fw_filter_follower_free(struct fw_filter_follower *follower)
{
	if (!follower)
		return;
	if (follower->socket)
		mnl_socket_close(follower->socket);
	free(follower->known.at);
	free(follower);
}
