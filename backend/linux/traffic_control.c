/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/traffic_control.h"

#include "backend/linux/netlink_dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define BATCH_SIZE 65536u
#define MOST_MESSAGES 64u /* whose answers fit the socket's buffer */
#define SHAPER_MTU 65535u
#define FIFO_QUANTUM 60000u
#define TICK_NS 64u /* PSCHED_TICKS2NS() */

/* Change to the namespace only to make the socket, which stays in it. */
static int open_socket_in(struct mnl_socket **socket, int fd)
{
	int home, result = 0;

	if (fd < 0) {
		*socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		return *socket ? 0 : -errno;
	}
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET)) {
		result = -errno;
	} else {
		*socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
		if (!*socket)
			result = -errno;
		if (setns(home, CLONE_NEWNET))
			abort(); /* in a strange namespace nothing that follows would be right */
	}
	close(home);
	return result;
}

int fw_traffic_control_open(struct fw_traffic_control *control, int fd)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct fw_traffic_control opened = { 0 };
	int result = open_socket_in(&opened.socket, fd);

	if (result)
		return result;
	opened.answer = malloc(FW_NETLINK_ANSWER_SIZE);
	opened.batch = malloc(BATCH_SIZE);
	if (!opened.answer || !opened.batch)
		result = -ENOMEM;
	else if (mnl_socket_bind(opened.socket, 0, MNL_SOCKET_AUTOPID) < 0)
		result = -errno;
	if (result) {
		fw_traffic_control_close(&opened);
		return result;
	}
	setsockopt(mnl_socket_get_fd(opened.socket), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	*control = opened;
	return 0;
}

void fw_traffic_control_close(struct fw_traffic_control *control)
{
	if (control->socket)
		mnl_socket_close(control->socket);
	free(control->answer);
	free(control->batch);
	memset(control, 0, sizeof(*control));
}

/* Dumps. */

struct listing {
	union {
		fw_link_fn link;
		fw_queue_fn queue;
		fw_class_fn class;
		fw_filter_fn filter;
	} row;
	void *argument;
};

static int link_row(const struct nlmsghdr *message, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[IFLA_IFALIAS + 1], *kind[IFLA_INFO_KIND + 1];
	const struct listing *listing = data;
	struct fw_link link = { .index = (uint32_t)info->ifi_index };

	fw_netlink_parse(message, sizeof(*info), at, FW_ARRAY_SIZE(at));
	fw_netlink_parse_nested(at[IFLA_LINKINFO], kind, FW_ARRAY_SIZE(kind));
	link.has_link_header = info->ifi_type == ARPHRD_ETHER || info->ifi_type == ARPHRD_LOOPBACK;
	link.is_loopback = info->ifi_flags & IFF_LOOPBACK;
	fw_netlink_text(link.name, sizeof(link.name), at[IFLA_IFNAME]);
	fw_netlink_text(link.alias, sizeof(link.alias), at[IFLA_IFALIAS]);
	fw_netlink_text(link.kind, sizeof(link.kind), kind[IFLA_INFO_KIND]);
	return fw_netlink_row_result(listing->row.link(&link, listing->argument));
}

int fw_links_list(struct fw_traffic_control *control, fw_link_fn row, void *argument)
{
	char space[FW_NETLINK_MESSAGE_SIZE] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(space);
	struct listing listing = { .row.link = row, .argument = argument };

	message->nlmsg_type = RTM_GETLINK;
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	return fw_netlink_dump(control, message, link_row, &listing);
}

static int dump_tc(struct fw_traffic_control *control, uint16_t type, uint32_t device,
	uint32_t parent, mnl_cb_t row, struct listing *listing)
{
	char space[FW_NETLINK_MESSAGE_SIZE] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(space);
	struct tcmsg *tc;

	message->nlmsg_type = type;
	tc = mnl_nlmsg_put_extra_header(message, sizeof(*tc));
	tc->tcm_ifindex = (int)device;
	tc->tcm_parent = parent;
	return fw_netlink_dump(control, message, row, listing);
}

static int queue_row(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[TCA_OPTIONS + 1], *htb[TCA_HTB_INIT + 1];
	const struct listing *listing = data;
	struct fw_queue_found queue = { (uint32_t)tc->tcm_ifindex, tc->tcm_parent, tc->tcm_handle,
		0, "" };

	fw_netlink_parse(message, sizeof(*tc), at, FW_ARRAY_SIZE(at));
	fw_netlink_text(queue.kind, sizeof(queue.kind), at[TCA_KIND]);
	if (!strcmp(queue.kind, "htb")) {
		fw_netlink_parse_nested(at[TCA_OPTIONS], htb, FW_ARRAY_SIZE(htb));
		if (fw_netlink_has_size(htb[TCA_HTB_INIT], sizeof(struct tc_htb_glob)))
			queue.default_class = ((const struct tc_htb_glob *)mnl_attr_get_payload(
						       htb[TCA_HTB_INIT]))
						      ->defcls;
	}
	return fw_netlink_row_result(listing->row.queue(&queue, listing->argument));
}

int fw_queues_list(struct fw_traffic_control *control, fw_queue_fn row, void *argument)
{
	struct listing listing = { .row.queue = row, .argument = argument };

	return dump_tc(control, RTM_GETQDISC, 0, 0, queue_row, &listing);
}

static int class_row(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[TCA_OPTIONS + 1], *htb[TCA_HTB_CEIL64 + 1];
	const struct listing *listing = data;
	struct fw_class_found found = { .handle = tc->tcm_handle };

	fw_netlink_parse(message, sizeof(*tc), at, FW_ARRAY_SIZE(at));
	fw_netlink_parse_nested(at[TCA_OPTIONS], htb, FW_ARRAY_SIZE(htb));
	if (fw_netlink_has_size(htb[TCA_HTB_CEIL64], sizeof(uint64_t)))
		found.rate = mnl_attr_get_u64(htb[TCA_HTB_CEIL64]);
	else if (fw_netlink_has_size(htb[TCA_HTB_PARMS], sizeof(struct tc_htb_opt)))
		found.rate = ((const struct tc_htb_opt *)mnl_attr_get_payload(htb[TCA_HTB_PARMS]))
				     ->ceil.rate;
	return fw_netlink_row_result(listing->row.class(&found, listing->argument));
}

int fw_classes_list(
	struct fw_traffic_control *control, uint32_t device, fw_class_fn row, void *argument)
{
	struct listing listing = { .row.class = row, .argument = argument };

	return dump_tc(control, RTM_GETTCLASS, device, 0, class_row, &listing);
}

static int filter_row(const struct nlmsghdr *message, void *data)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *at[TCA_OPTIONS + 1], *bpf[TCA_BPF_ID + 1];
	const struct listing *listing = data;
	struct fw_filter_found filter = { .handle = tc->tcm_handle,
		.preference = (uint16_t)(tc->tcm_info >> 16),
		.protocol = ntohs((uint16_t)tc->tcm_info) };

	fw_netlink_parse(message, sizeof(*tc), at, FW_ARRAY_SIZE(at));
	fw_netlink_text(filter.kind, sizeof(filter.kind), at[TCA_KIND]);
	if (!strcmp(filter.kind, "bpf")) {
		fw_netlink_parse_nested(at[TCA_OPTIONS], bpf, FW_ARRAY_SIZE(bpf));
		fw_netlink_text(filter.name, sizeof(filter.name), bpf[TCA_BPF_NAME]);
		filter.program = fw_netlink_u32(bpf[TCA_BPF_ID]);
	}
	return fw_netlink_row_result(listing->row.filter(&filter, listing->argument));
}

int fw_filters_list(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	fw_filter_fn row, void *argument)
{
	struct listing listing = { .row.filter = row, .argument = argument };
	int result = dump_tc(control, RTM_GETTFILTER, device, parent, filter_row, &listing);

	return result == -EINVAL || result == -ENOENT ? 0 : result;
}

/* Changes. */

/* Take the answers to all messages of the batch. */
static int take_answers(struct fw_traffic_control *control)
{
	for (uint32_t left = control->messages; left > 0;) {
		ssize_t got = mnl_socket_recvfrom(
			control->socket, control->answer, FW_NETLINK_ANSWER_SIZE);
		const struct nlmsghdr *message = (const struct nlmsghdr *)control->answer;
		int size = (int)got;

		if (got < 0)
			return -errno;
		for (; mnl_nlmsg_ok(message, size); message = mnl_nlmsg_next(message, &size)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);

			if (message->nlmsg_type != NLMSG_ERROR)
				continue;
			left--;
			if (answer->error && !control->error)
				control->error = answer->error;
		}
	}
	return 0;
}

static void flush(struct fw_traffic_control *control)
{
	int result = 0;

	if (!control->messages)
		return;
	if (mnl_socket_sendto(control->socket, control->batch, control->used) < 0)
		result = -errno;
	else
		result = take_answers(control);
	if (result && !control->error)
		control->error = result;
	control->used = 0;
	control->messages = 0;
}

int fw_control_commit(struct fw_traffic_control *control)
{
	int result;

	flush(control);
	result = control->error;
	control->error = 0;
	return result;
}

static struct nlmsghdr *begin(struct fw_traffic_control *control, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message;

	if (control->used + FW_NETLINK_MESSAGE_SIZE > BATCH_SIZE ||
		control->messages == MOST_MESSAGES)
		flush(control);
	memset(control->batch + control->used, 0, FW_NETLINK_MESSAGE_SIZE);
	message = mnl_nlmsg_put_header(control->batch + control->used);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	message->nlmsg_seq = ++control->sequence;
	return message;
}

static void end(struct fw_traffic_control *control, const struct nlmsghdr *message)
{
	control->used += NLMSG_ALIGN(message->nlmsg_len);
	control->messages++;
}

static struct nlmsghdr *begin_tc(
	struct fw_traffic_control *control, uint16_t type, uint16_t flags, const struct tcmsg *tc)
{
	struct nlmsghdr *message = begin(control, type, flags);

	memcpy(mnl_nlmsg_put_extra_header(message, sizeof(*tc)), tc, sizeof(*tc));
	return message;
}

static void put_peer(struct nlmsghdr *message, const char *name)
{
	struct nlattr *peer = mnl_attr_nest_start(message, VETH_INFO_PEER);

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_MTU, SHAPER_MTU);
	mnl_attr_put_u32(message, IFLA_GSO_MAX_SEGS, 1);
	mnl_attr_nest_end(message, peer);
}

/* Up, ours by its alias, and without addresses of its own. */
static void dress_link(struct fw_traffic_control *control, const char *name, const char *alias)
{
	struct nlmsghdr *message = begin(control, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	struct nlattr *families, *family;

	info->ifi_flags = info->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_strz(message, IFLA_IFALIAS, alias);
	families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(message, AF_INET6);
	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(message, family);
	mnl_attr_nest_end(message, families);
	end(control, message);
}

void fw_veth_add(
	struct fw_traffic_control *control, const char *name, const char *peer, const char *alias)
{
	struct nlmsghdr *message = begin(control, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *link, *data;

	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_MTU, SHAPER_MTU);
	link = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	put_peer(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, link);
	end(control, message);
	dress_link(control, name, alias);
	dress_link(control, peer, alias);
}

void fw_link_remove(struct fw_traffic_control *control, uint32_t index)
{
	struct nlmsghdr *message = begin(control, RTM_DELLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));

	info->ifi_index = (int)index;
	end(control, message);
}

void fw_clsact_add(struct fw_traffic_control *control, uint32_t device)
{
	const struct tcmsg tc = { .tcm_ifindex = (int)device,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0) };
	struct nlmsghdr *message = begin_tc(control, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc);

	mnl_attr_put_strz(message, TCA_KIND, "clsact");
	end(control, message);
}

void fw_htb_add(struct fw_traffic_control *control, uint32_t device, uint32_t handle,
	uint32_t default_class, uint32_t direct_packets, uint32_t header)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)device, .tcm_parent = TC_H_ROOT, .tcm_handle = handle
	};
	const struct tc_htb_glob global = {
		.version = 3, .rate2quantum = 10, .defcls = default_class
	};
	const struct tc_sizespec size = { .overhead = -(int)header };
	struct nlmsghdr *message = begin_tc(control, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc);
	struct nlattr *options, *table;

	mnl_attr_put_strz(message, TCA_KIND, "htb");
	options = mnl_attr_nest_start(message, TCA_OPTIONS);
	mnl_attr_put(message, TCA_HTB_INIT, sizeof(global), &global);
	mnl_attr_put_u32(message, TCA_HTB_DIRECT_QLEN, direct_packets);
	mnl_attr_nest_end(message, options);
	table = mnl_attr_nest_start(message, TCA_STAB);
	mnl_attr_put(message, TCA_STAB_BASE, sizeof(size), &size);
	mnl_attr_nest_end(message, table);
	end(control, message);
}

void fw_fifo_add(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	uint32_t handle, uint32_t packets)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)device, .tcm_parent = parent, .tcm_handle = handle
	};
	const struct tc_fifo_qopt limit = { .limit = packets };
	struct nlmsghdr *message =
		begin_tc(control, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &tc);

	mnl_attr_put_strz(message, TCA_KIND, "pfifo");
	mnl_attr_put(message, TCA_OPTIONS, sizeof(limit), &limit);
	end(control, message);
}

void fw_queue_remove(
	struct fw_traffic_control *control, uint32_t device, uint32_t parent, uint32_t handle)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)device, .tcm_parent = parent, .tcm_handle = handle
	};

	end(control, begin_tc(control, RTM_DELQDISC, 0, &tc));
}

static uint32_t clamp(uint64_t rate)
{
	return rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;
}

void fw_class_set(struct fw_traffic_control *control, const struct fw_class_wanted *wanted)
{
	const struct tcmsg tc = { .tcm_ifindex = (int)wanted->device,
		.tcm_parent = wanted->parent,
		.tcm_handle = wanted->handle };
	const struct tc_htb_opt rates = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET, .rate = clamp(wanted->rate) },
		.ceil = { .linklayer = TC_LINKLAYER_ETHERNET,
			.rate = clamp(wanted->ceiling),
			.overhead = (unsigned short)wanted->overhead },
		.buffer = (uint32_t)(wanted->burst_ns / TICK_NS),
		.cbuffer = (uint32_t)(wanted->burst_ns / TICK_NS),
		.quantum = FIFO_QUANTUM,
	};
	struct nlmsghdr *message = begin_tc(control, RTM_NEWTCLASS, NLM_F_CREATE, &tc);
	struct nlattr *options;

	mnl_attr_put_strz(message, TCA_KIND, "htb");
	options = mnl_attr_nest_start(message, TCA_OPTIONS);
	mnl_attr_put(message, TCA_HTB_PARMS, sizeof(rates), &rates);
	if (wanted->rate > UINT32_MAX)
		mnl_attr_put_u64(message, TCA_HTB_RATE64, wanted->rate);
	if (wanted->ceiling > UINT32_MAX)
		mnl_attr_put_u64(message, TCA_HTB_CEIL64, wanted->ceiling);
	mnl_attr_nest_end(message, options);
	end(control, message);
}

void fw_class_remove(struct fw_traffic_control *control, uint32_t device, uint32_t handle)
{
	const struct tcmsg tc = { .tcm_ifindex = (int)device, .tcm_handle = handle };

	end(control, begin_tc(control, RTM_DELTCLASS, 0, &tc));
}

static struct tcmsg filter_place(
	uint32_t device, uint32_t parent, const struct fw_filter_found *filter)
{
	return (struct tcmsg){ .tcm_ifindex = (int)device,
		.tcm_parent = parent,
		.tcm_handle = filter->handle,
		.tcm_info = (uint32_t)filter->preference << 16 | htons(filter->protocol) };
}

void fw_filter_add(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	const struct fw_filter_found *filter, int program)
{
	const struct tcmsg tc = filter_place(device, parent, filter);
	struct nlmsghdr *message = begin_tc(control, RTM_NEWTFILTER, NLM_F_CREATE, &tc);
	struct nlattr *options;

	mnl_attr_put_strz(message, TCA_KIND, filter->kind);
	options = mnl_attr_nest_start(message, TCA_OPTIONS);
	mnl_attr_put_u32(message, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(message, TCA_BPF_NAME, filter->name);
	mnl_attr_put_u32(message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(message, options);
	end(control, message);
}

void fw_filter_remove(struct fw_traffic_control *control, uint32_t device, uint32_t parent,
	const struct fw_filter_found *filter)
{
	const struct tcmsg tc = filter_place(device, parent, filter);
	struct nlmsghdr *message = begin_tc(control, RTM_DELTFILTER, 0, &tc);

	mnl_attr_put_strz(message, TCA_KIND, filter->kind);
	end(control, message);
}
