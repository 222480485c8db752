/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of the numbers in abi/flow.h, the same in JSON and in text. Callable from any thread. */
#ifndef FLOWWATCHER_NAMES_H
#define FLOWWATCHER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define FW_PROTOCOL_NAME_SIZE 8

/* "tcp", "udp", "icmp", ...; a protocol without a name here as its decimal number, for which `buffer`
 * (FW_PROTOCOL_NAME_SIZE bytes) is used. Returns the name. */
const char *fw_protocol_name(uint16_t protocol, char *buffer);

/* "ipv4", "ipv6", "packet"; "none" for FW_FAMILY_NONE and numbers that are not known. */
const char *fw_family_name(uint8_t family);

/* "ESTABLISHED", "LISTEN", ...; "" for FW_STATE_NONE and numbers that are not known. */
const char *fw_tcp_state_name(uint8_t state);

/* "connection_open", "port_taken", ... for enum fw_record_type; "unknown" for others. */
const char *fw_record_type_name(uint16_t type);

#endif
