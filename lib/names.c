/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/names.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "abi/filter.h"
#include "abi/process_event.h"
#include "abi/rule.h"

static const struct protocol_name {
	uint16_t protocol;
	const char *name;
} protocol_names[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMP, "icmp" },
	{ IPPROTO_ICMPV6, "icmpv6" },
	{ FW_PROTOCOL_MPTCP, "mptcp" },
	{ FW_PROTOCOL_PACKET, "packet" },
	{ IPPROTO_RAW, "raw" },
	{ IPPROTO_IGMP, "igmp" },
	{ IPPROTO_IPIP, "ipip" },
	{ IPPROTO_DCCP, "dccp" },
	{ IPPROTO_IPV6, "ipv6" },
	{ IPPROTO_GRE, "gre" },
	{ IPPROTO_ESP, "esp" },
	{ IPPROTO_AH, "ah" },
	{ 89, "ospf" },
	{ 112, "vrrp" },
	{ IPPROTO_SCTP, "sctp" },
	{ IPPROTO_UDPLITE, "udplite" },
};

static const char *const state_names[FW_STATE_COUNT] = {
	[FW_STATE_NONE] = "",
	[FW_STATE_ESTABLISHED] = "ESTABLISHED",
	[FW_STATE_SYN_SENT] = "SYN_SENT",
	[FW_STATE_SYN_RECEIVED] = "SYN_RECEIVED",
	[FW_STATE_FIN_WAIT_1] = "FIN_WAIT_1",
	[FW_STATE_FIN_WAIT_2] = "FIN_WAIT_2",
	[FW_STATE_TIME_WAIT] = "TIME_WAIT",
	[FW_STATE_CLOSED] = "CLOSED",
	[FW_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
	[FW_STATE_LAST_ACK] = "LAST_ACK",
	[FW_STATE_LISTEN] = "LISTEN",
	[FW_STATE_CLOSING] = "CLOSING",
};

static const char *const record_names[FW_RECORD_TYPE_COUNT] = {
	[FW_RECORD_NONE] = "unknown",
	[FW_RECORD_CONNECTION_OPEN] = "connection_open",
	[FW_RECORD_CONNECTION_CLOSE] = "connection_close",
	[FW_RECORD_PORT_TAKEN] = "port_taken",
	[FW_RECORD_PORT_RELEASED] = "port_released",
	[FW_RECORD_LOSS] = "loss",
	[FW_RECORD_PROCESS_CREATE] = "process_create",
	[FW_RECORD_PROCESS_EXIT] = "process_exit",
	[FW_RECORD_THREAD_CREATE] = "thread_create",
	[FW_RECORD_THREAD_EXIT] = "thread_exit",
	[FW_RECORD_IMAGE_LOAD] = "image_load",
	[FW_RECORD_BLOCKED] = "blocked",
};

const char *fw_protocol_name(uint16_t protocol, char *buffer)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(protocol_names); i++)
		if (protocol_names[i].protocol == protocol)
			return protocol_names[i].name;
	snprintf(buffer, FW_PROTOCOL_NAME_SIZE, "%u", (unsigned int)protocol);
	return buffer;
}

const char *fw_family_name(uint8_t family)
{
	switch (family) {
	case FW_FAMILY_IPV4:
		return "ipv4";
	case FW_FAMILY_IPV6:
		return "ipv6";
	case FW_FAMILY_PACKET:
		return "packet";
	default:
		return "none";
	}
}

const char *fw_tcp_state_name(uint8_t state)
{
	return state < FW_STATE_COUNT ? state_names[state] : "";
}

const char *fw_record_type_name(uint16_t type)
{
	return type < FW_RECORD_TYPE_COUNT ? record_names[type] : "unknown";
}

const char *fw_record_type_text(uint16_t type, char *buffer)
{
	if (type != FW_RECORD_NONE && type < FW_RECORD_TYPE_COUNT)
		return record_names[type];
	snprintf(buffer, FW_RECORD_TYPE_NAME_SIZE, "%u", (unsigned int)type);
	return buffer;
}

const char *fw_create_cause_name(uint32_t cause)
{
	switch (cause) {
	case FW_CREATE_FORK:
		return "fork";
	case FW_CREATE_EXEC:
		return "exec";
	case FW_CREATE_FOUND:
		return "found";
	default:
		return "unknown";
	}
}

const char *fw_rule_action_name(uint16_t action)
{
	switch (action) {
	case FW_RULE_BLOCK:
		return "block";
	case FW_RULE_LIMIT:
		return "limit";
	case FW_RULE_DENY:
		return "deny";
	default:
		return "unknown";
	}
}

const char *fw_filter_hook_name(uint32_t hook)
{
	switch (hook) {
	case FW_FILTER_HOOK_NONE:
		return "none";
	case FW_FILTER_HOOK_XDP_NATIVE:
		return "xdp_native";
	case FW_FILTER_HOOK_XDP_GENERIC:
		return "xdp_generic";
	case FW_FILTER_HOOK_TC:
		return "tc";
	case FW_FILTER_HOOK_NDIS:
		return "ndis";
	default:
		return "unknown";
	}
}

const char *fw_filter_direction_name(uint32_t direction)
{
	switch (direction) {
	case 0:
		return "none";
	case FW_FILTER_IN:
		return "in";
	case FW_FILTER_OUT:
		return "out";
	case FW_FILTER_BOTH:
		return "both";
	default:
		return "unknown";
	}
}

const char *fw_adapter_action_name(uint32_t action)
{
	switch (action) {
	case FW_ADAPTER_APPEARED:
		return "appeared";
	case FW_ADAPTER_VANISHED:
		return "vanished";
	case FW_ADAPTER_FILTERED:
		return "filtered";
	default:
		return "unknown";
	}
}

const char *fw_blocked_operation_name(uint8_t operation)
{
	switch (operation) {
	case FW_BLOCKED_CONNECT:
		return "connect";
	case FW_BLOCKED_ACCEPT:
		return "accept";
	case FW_BLOCKED_SEND:
		return "send";
	case FW_BLOCKED_RECEIVE:
		return "receive";
	case FW_BLOCKED_CUT:
		return "cut";
	case FW_BLOCKED_START:
		return "start";
	default:
		return "unknown";
	}
}
