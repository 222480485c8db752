/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/rule_table.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/rule_registry.h"

/* An IPv4 address in IPv6's notation (::ffff:1.2.3.4, RFC 4291) is judged as what it is. */
static void set_address(struct fw_rule_peer *peer, const struct fw_attempt *attempt)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is_mapped = attempt->family == FW_FAMILY_IPV6 &&
			 memcmp(attempt->remote_address, mapped, sizeof(mapped)) == 0;

	peer->family = is_mapped ? FW_FAMILY_IPV4 : attempt->family;
	if (is_mapped)
		memcpy(peer->address, attempt->remote_address + sizeof(mapped), 4);
	else
		memcpy(peer->address, attempt->remote_address, sizeof(peer->address));
}

static bool is_of_packets(uint8_t operation)
{
	return operation == FW_BLOCKED_SEND || operation == FW_BLOCKED_RECEIVE;
}

static void publish(
	struct fw_process_state *process, const struct fw_attempt *attempt, uint32_t rule)
{
	struct fw_blocked_record record = { .header = { .size = sizeof(record),
						    .type = FW_RECORD_BLOCKED },
		.connection_id = attempt->connection_id,
		.uid = UINT32_MAX,
		.rule = rule,
		.local_port = attempt->local_port,
		.remote_port = attempt->remote_port,
		.protocol = attempt->protocol,
		.family = attempt->family,
		.operation = attempt->operation };

	fw_process_describe(process, &record.pid, &record.start_ns, record.comm);
	memcpy(record.local_address, attempt->local_address, sizeof(record.local_address));
	memcpy(record.remote_address, attempt->remote_address, sizeof(record.remote_address));
	fw_event_publish(&record.header);
}

uint32_t fw_rules_refuse(struct fw_process_state *process, const struct fw_attempt *attempt)
{
	struct fw_rule_peer peer = { .port = attempt->remote_port,
		.operation = attempt->operation,
		.is_incoming = attempt->operation == FW_BLOCKED_ACCEPT ||
			       attempt->operation == FW_BLOCKED_RECEIVE };
	uint32_t rule;

	set_address(&peer, attempt);
	rule = fw_rule_registry_judge(process, &peer, attempt->bytes);
	if (!rule || !fw_event_wanted(FW_RECORD_BLOCKED))
		return rule;
	if (is_of_packets(attempt->operation) && attempt->connection_id &&
		!fw_rule_registry_is_first(rule, attempt->connection_id, attempt->operation))
		return rule;
	publish(process, attempt, rule);
	return rule;
}

bool fw_rules_have_limits(void)
{
	return fw_rule_registry_limits() != 0;
}

struct fw_limit *fw_rules_limit(struct fw_process_state *process, enum fw_limit_direction direction)
{
	return process ? fw_rule_registry_limit(process, direction) : NULL;
}
