/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lists of extended attributes and transport addresses, as creates and events bring them: at every
 * alignment, in memory of exactly their length. The first byte chooses, the rest is the bytes.
 */
#include "fuzz_nt_input.h"

#include "kernel/windows/tdi_create.h"
#include "tests/nt/nt_kernel.h"

#define UNTOUCHED 0xee

static void check_endpoint(bool known, const struct fw_tdi_endpoint *endpoint)
{
	struct fw_tdi_endpoint untouched;

	memset(&untouched, UNTOUCHED, sizeof(untouched));
	if (known)
		fuzz_expect(
			endpoint->family == FW_FAMILY_IPV4 || endpoint->family == FW_FAMILY_IPV6);
	else
		fuzz_expect(!memcmp(endpoint, &untouched, sizeof(untouched)));
}

static void read_address(const uint8_t *bytes, int32_t length)
{
	struct fw_tdi_endpoint endpoint;

	memset(&endpoint, UNTOUCHED, sizeof(endpoint));
	check_endpoint(fw_tdi_endpoint_read(bytes, length, &endpoint), &endpoint);
}

static void read_attributes(const uint8_t *bytes, uint32_t length)
{
	struct fw_tdi_endpoint local;
	void *context = NULL;
	enum fw_tdi_kind kind;

	memset(&local, UNTOUCHED, sizeof(local));
	kind = fw_tdi_create_kind(bytes, length, &local, &context);
	fuzz_expect(kind == FW_TDI_CONTROL || kind == FW_TDI_ADDRESS || kind == FW_TDI_CONNECTION);
	fuzz_expect(kind == FW_TDI_CONNECTION || !context);
	if (kind != FW_TDI_ADDRESS)
		check_endpoint(false, &local);
}

static void start(void)
{
	nt_kernel_start(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t choice = fuzz_8(&input);
	size_t shift = choice & 7;
	uint8_t *memory = malloc(shift + input.left + 1); /* freed: it is the end that is watched */
	uint8_t *bytes = memory + shift + 1;

	fuzz_world(start, nt_kernel_stop);
	fuzz_bytes(&input, input.left, bytes, input.left, 0);
	size = size ? size - 1 : 0;
	read_attributes(bytes, (uint32_t)size);
	read_address(bytes, (int32_t)size);
	if (choice & 8 && size >= 4)
		read_address(bytes, -(int32_t)size);
	read_address(choice & 16 ? NULL : bytes, choice & 32 ? INT32_MIN : 0);
	free(memory);
	return 0;
}
