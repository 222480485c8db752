/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_endpoint.h"

/* Numbers and offsets of tdi.h, whose structures cannot be laid over bytes that are not aligned. */
enum {
	COUNT_SIZE = 4,	 /* TRANSPORT_ADDRESS.TAAddressCount */
	HEADER_SIZE = 4, /* TA_ADDRESS: length and type, of 16 bits each */
	TYPE_IP = 2,
	TYPE_IP6 = 23,
	IP_SIZE = 6, /* TDI_ADDRESS_IP: port and address; eight bytes that mean nothing may be left
			out */
	IP_ADDRESS = 2,
	IP6_SIZE =
		22, /* TDI_ADDRESS_IP6: port, flow, address; the scope behind them is not needed */
	IP6_ADDRESS = 6,
	ADDRESSES_AT_MOST =
		16, /* of one TRANSPORT_ADDRESS; a bound for the loop, real ones have one */
};

static uint32_t little_endian(const uint8_t *bytes, unsigned int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static void take(struct fw_tdi_endpoint *endpoint, const uint8_t *bytes, uint8_t family)
{
	unsigned int offset = family == FW_FAMILY_IPV4 ? IP_ADDRESS : IP6_ADDRESS;
	unsigned int size = family == FW_FAMILY_IPV4 ? 4 : 16;
	unsigned int i;

	*endpoint = (struct fw_tdi_endpoint){ 0 };
	endpoint->family = family;
	endpoint->port = (uint16_t)(bytes[0] << 8 | bytes[1]);
	for (i = 0; i < size; i++)
		endpoint->address[i] = bytes[offset + i];
}

bool fw_tdi_endpoint_read(const void *address, int32_t length, struct fw_tdi_endpoint *endpoint)
{
	const uint8_t *bytes = address;
	uint32_t left, count, i;

	if (!address || length < COUNT_SIZE)
		return false;
	left = (uint32_t)length - COUNT_SIZE;
	count = little_endian(bytes, 4);
	bytes += COUNT_SIZE;
	for (i = 0; i < count && i < ADDRESSES_AT_MOST && left >= HEADER_SIZE; i++) {
		uint32_t size = little_endian(bytes, 2), type = little_endian(bytes + 2, 2);

		bytes += HEADER_SIZE;
		left -= HEADER_SIZE;
		if (size > left)
			return false;
		if (type == TYPE_IP && size >= IP_SIZE) {
			take(endpoint, bytes, FW_FAMILY_IPV4);
			return true;
		}
		if (type == TYPE_IP6 && size >= IP6_SIZE) {
			take(endpoint, bytes, FW_FAMILY_IPV6);
			return true;
		}
		bytes += size;
		left -= size;
	}
	return false;
}
