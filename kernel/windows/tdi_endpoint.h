/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Addresses as TDI carries them: a TRANSPORT_ADDRESS, unaligned, of a length that somebody else
 * says. Read by every file of the TDI filter that sees one. Any IRQL, no lock.
 */
#ifndef FW_NT_TDI_ENDPOINT_H
#define FW_NT_TDI_ENDPOINT_H

#include "abi/flow.h"

struct fw_tdi_endpoint {
	uint8_t address[16]; /* network byte order, IPv4 in the first four bytes */
	uint16_t port;	     /* host byte order */
	uint8_t family;	     /* enum fw_family; FW_FAMILY_NONE: not known */
};

/* The first IP address of a TRANSPORT_ADDRESS. False, and nothing was written: it has none, or lies
 * about its lengths. `address` may be NULL, `length` negative: these have none. */
bool fw_tdi_endpoint_read(const void *address, int32_t length, struct fw_tdi_endpoint *endpoint);

/* How an answer to TDI_QUERY_ADDRESS_INFO begins: a count of users, then the TRANSPORT_ADDRESS. */
#define FW_TDI_ADDRESS_INFO_OFFSET 4
#define FW_TDI_ADDRESS_INFO_SIZE 64 /* bytes; the longest is one of IPv6, with 38 */

#endif
