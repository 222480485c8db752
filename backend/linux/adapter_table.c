/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/adapter_table.h"

#include "backend/linux/netlink_dump.h"
#include "backend/linux/shaper_namespace.h"
#include "lib/grow.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEGABIT 1000000ull

static struct fw_adapter_entry *add_entry(struct fw_adapter_table *table)
{
	struct fw_adapter_entry *at =
		fw_grow(table->at, table->count, &table->capacity, sizeof(*at));

	if (!at)
		return NULL;
	table->at = at;
	memset(&at[table->count], 0, sizeof(*at));
	return &at[table->count++];
}

/* lo's is all zeros, which says nothing. */
static void take_mac(struct fw_adapter_entry *entry, const struct nlattr *attribute)
{
	static const uint8_t zeros[sizeof(entry->mac)];
	size_t length = attribute ? mnl_attr_get_payload_len(attribute) : 0;

	if (length > sizeof(entry->mac) || !length ||
		!memcmp(mnl_attr_get_payload(attribute), zeros, length))
		return;
	memcpy(entry->mac, mnl_attr_get_payload(attribute), length);
	entry->mac_length = (uint32_t)length;
}

static void take_link(
	struct fw_adapter_entry *entry, const struct ifinfomsg *info, const struct nlattr **at)
{
	const struct nlattr *kind[IFLA_INFO_KIND + 1], *xdp[IFLA_XDP_PROG_ID + 1];

	fw_netlink_parse_nested(at[IFLA_LINKINFO], kind, FW_ARRAY_SIZE(kind));
	fw_netlink_parse_nested(at[IFLA_XDP], xdp, FW_ARRAY_SIZE(xdp));
	entry->index = (uint32_t)info->ifi_index;
	entry->hardware_type = info->ifi_type;
	entry->has_link_header =
		info->ifi_type == ARPHRD_ETHER || info->ifi_type == ARPHRD_LOOPBACK;
	entry->flags = (info->ifi_flags & IFF_UP ? FW_ADAPTER_UP : 0u) |
		       (info->ifi_flags & IFF_LOWER_UP ? FW_ADAPTER_CARRIER : 0u) |
		       (info->ifi_flags & IFF_LOOPBACK ? FW_ADAPTER_LOOPBACK : 0u);
	entry->mtu = fw_netlink_u32(at[IFLA_MTU]);
	entry->xdp_program = fw_netlink_u32(xdp[IFLA_XDP_PROG_ID]);
	take_mac(entry, at[IFLA_ADDRESS]);
	fw_netlink_text(entry->name, sizeof(entry->name), at[IFLA_IFNAME]);
	fw_netlink_text(entry->kind, sizeof(entry->kind), kind[IFLA_INFO_KIND]);
	fw_netlink_text(entry->alias, sizeof(entry->alias), at[IFLA_IFALIAS]);
	entry->is_of_shaper = fw_shaper_namespace_is_ours(entry->kind, entry->alias);
}

static int link_row(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[IFLA_XDP + 1];
	struct fw_adapter_entry *entry = add_entry(data);

	fw_netlink_parse(message, sizeof(*info), at, FW_ARRAY_SIZE(at));
	if (entry)
		take_link(entry, info, at);
	return fw_netlink_row_result(entry != NULL);
}

static bool note_queue(const struct fw_queue_found *queue, void *argument)
{
	struct fw_adapter_entry *entry = fw_adapter_table_find(argument, queue->device);

	if (entry && queue->parent == TC_H_CLSACT)
		memcpy(entry->clsact, queue->kind, sizeof(entry->clsact));
	return true;
}

static bool count_address(uint32_t index, const struct fw_filter_prefix *address, void *argument)
{
	struct fw_adapter_entry *entry = fw_adapter_table_find(argument, index);

	if (entry)
		entry->address_count++;
	return true;
}

static int compare_entries(const void *left, const void *right)
{
	const struct fw_adapter_entry *a = left, *b = right;

	return (a->index > b->index) - (a->index < b->index);
}

static int list_links(struct fw_traffic_control *control, struct fw_adapter_table *table)
{
	char space[FW_NETLINK_MESSAGE_SIZE] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(space);

	message->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	return fw_netlink_dump(control, message, link_row, table);
}

int fw_adapter_table_read(struct fw_traffic_control *control, struct fw_adapter_table *table)
{
	int result;

	memset(table, 0, sizeof(*table));
	result = list_links(control, table);
	if (!result && table->count)
		qsort(table->at, table->count, sizeof(*table->at), compare_entries);
	if (!result)
		result = fw_queues_list(control, note_queue, table);
	if (result)
		fw_adapter_table_done(table);
	return result;
}

int fw_adapter_table_count_addresses(
	struct fw_traffic_control *control, struct fw_adapter_table *table)
{
	return fw_adapter_addresses(control, count_address, table);
}

void fw_adapter_table_done(struct fw_adapter_table *table)
{
	free(table->at);
	memset(table, 0, sizeof(*table));
}

struct fw_adapter_entry *fw_adapter_table_find(const struct fw_adapter_table *table, uint32_t index)
{
	const struct fw_adapter_entry wanted = { .index = index };

	return table->count
		       ? bsearch(&wanted, table->at, table->count, sizeof(wanted), compare_entries)
		       : NULL;
}

struct fw_adapter_entry *fw_adapter_table_named(
	const struct fw_adapter_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->at[i].name, name))
			return &table->at[i];
	return NULL;
}

struct address_listing {
	fw_address_fn row;
	void *argument;
};

/* IFA_LOCAL is the adapter's own where IFA_ADDRESS is its peer's. */
static int address_row(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	size_t size = info->ifa_family == AF_INET ? 4 : 16;
	const struct nlattr *at[IFA_LOCAL + 1], *address;
	const struct address_listing *listing = data;
	struct fw_filter_prefix found = { .length = info->ifa_prefixlen };

	fw_netlink_parse(message, sizeof(*info), at, FW_ARRAY_SIZE(at));
	address = at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS];
	if ((info->ifa_family != AF_INET && info->ifa_family != AF_INET6) ||
		!fw_netlink_has_size(address, size))
		return MNL_CB_OK;
	found.family = info->ifa_family == AF_INET ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6;
	memcpy(found.address, mnl_attr_get_payload(address), size);
	return fw_netlink_row_result(listing->row(info->ifa_index, &found, listing->argument));
}

int fw_adapter_addresses(struct fw_traffic_control *control, fw_address_fn row, void *argument)
{
	char space[FW_NETLINK_MESSAGE_SIZE] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(space);
	struct address_listing listing = { row, argument };

	message->nlmsg_type = RTM_GETADDR;
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifaddrmsg));
	return fw_netlink_dump(control, message, address_row, &listing);
}

static bool ask(int socket, const char *name, void *answer)
{
	struct ifreq request = { .ifr_data = answer };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return ioctl(socket, SIOCETHTOOL, &request) == 0;
}

void fw_adapter_ask_driver(const char *name, struct fw_adapter *adapter)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_cmd link = { .cmd = ETHTOOL_GSET };
	int asking = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t speed;

	if (asking < 0)
		return;
	if (ask(asking, name, &driver))
		snprintf(adapter->driver, sizeof(adapter->driver), "%.*s",
			(int)sizeof(driver.driver), driver.driver);
	if (ask(asking, name, &link)) {
		/* Not by ethtool_cmd_speed(): it shifts into the sign where the speed is not known. */
		speed = (uint32_t)link.speed_hi << 16 | link.speed;
		if (speed != (uint32_t)SPEED_UNKNOWN)
			adapter->speed_bps = speed * MEGABIT;
	}
	close(asking);
}

const char *fw_adapter_medium(uint16_t hardware_type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} media[] = {
		{ ARPHRD_ETHER, "ethernet" },
		{ ARPHRD_LOOPBACK, "loopback" },
		{ ARPHRD_NONE, "none" },
		{ ARPHRD_PPP, "ppp" },
		{ ARPHRD_INFINIBAND, "infiniband" },
		{ ARPHRD_IEEE80211_RADIOTAP, "radio" },
		{ ARPHRD_TUNNEL, "ipip" },
		{ ARPHRD_TUNNEL6, "ip6tunnel" },
		{ ARPHRD_SIT, "sit" },
		{ ARPHRD_IPGRE, "gre" },
		{ ARPHRD_IP6GRE, "gre" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(media); i++)
		if (media[i].type == hardware_type)
			return media[i].name;
	return "other";
}
