/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of the numbers in abi/, the same in JSON and in text. Callable from any thread. */
#ifndef FLOWWATCHER_NAMES_H
#define FLOWWATCHER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define FW_PROTOCOL_NAME_SIZE 8

/* "tcp", "udp", "icmp", ...; a protocol without a name here as its decimal number, for which
 * `buffer` (FW_PROTOCOL_NAME_SIZE bytes) is used. Returns the name. */
const char *fw_protocol_name(uint16_t protocol, char *buffer);

/* "ipv4", "ipv6", "packet"; "none" for FW_FAMILY_NONE and numbers that are not known. */
const char *fw_family_name(uint8_t family);

/* "ESTABLISHED", "LISTEN", ...; "" for FW_STATE_NONE and numbers that are not known. */
const char *fw_tcp_state_name(uint8_t state);

/* "connection_open", "port_taken", ... for enum fw_record_type; "unknown" for others. */
const char *fw_record_type_name(uint16_t type);

#define FW_RECORD_TYPE_NAME_SIZE 8

/* The same, but for a number that is not known the decimal number, for which `buffer`
 * (FW_RECORD_TYPE_NAME_SIZE bytes) is used: types of newer versions can be told apart. */
const char *fw_record_type_text(uint16_t type, char *buffer);

/* "fork", "exec", "found" for enum fw_create_cause; "unknown" for others. */
const char *fw_create_cause_name(uint32_t cause);

/* "block", "limit" for enum fw_rule_action; "unknown" for others. */
const char *fw_rule_action_name(uint16_t action);

/* "connect", "accept", "send", "receive", "cut" for enum fw_blocked_operation; "unknown" for
 * others. */
const char *fw_blocked_operation_name(uint8_t operation);

/* "none", "xdp_native", "xdp_generic", "tc", "ndis" for enum fw_filter_hook; "unknown" for
 * others. */
const char *fw_filter_hook_name(uint32_t hook);

/* "in", "out", "both" for enum fw_filter_direction; "none" for 0, "unknown" for others. */
const char *fw_filter_direction_name(uint32_t direction);

/* "appeared", "vanished", "filtered" for enum fw_adapter_action; "unknown" for others. */
const char *fw_adapter_action_name(uint32_t action);

#define FW_SIGNAL_NAME_SIZE 24

/* "SIGKILL", "SIGRTMIN+1"; a signal without a name as its decimal number. `buffer` has
 * FW_SIGNAL_NAME_SIZE bytes. Returns the name. */
const char *fw_signal_name(uint32_t signal, char *buffer);

#endif
