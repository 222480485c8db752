/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the fuzz_nt_* targets share: an input that is read from its beginning and gives zeros behind
 * its end, and a fake kernel that is put up once for many inputs. Called by libFuzzer's thread,
 * which is one of the fake kernel.
 */
#ifndef FW_FUZZ_NT_INPUT_H
#define FW_FUZZ_NT_INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t fuzz_8(struct fuzz_input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static inline uint16_t fuzz_16(struct fuzz_input *input)
{
	uint16_t low = fuzz_8(input);

	return (uint16_t)(low | fuzz_8(input) << 8);
}

static inline uint32_t fuzz_32(struct fuzz_input *input)
{
	uint32_t low = fuzz_16(input);

	return low | (uint32_t)fuzz_16(input) << 16;
}

/* So many bytes, or what there is; the rest of `size` is filled. */
static inline void fuzz_bytes(
	struct fuzz_input *input, size_t count, void *bytes, size_t size, uint8_t fill)
{
	if (count > size)
		count = size;
	if (count > input->left)
		count = input->left;
	memset(bytes, fill, size);
	if (count)
		memcpy(bytes, input->at, count);
	input->at += count;
	input->left -= count;
}

static inline void fuzz_expect(int condition)
{
	if (!condition)
		abort();
}

/* The world of an input: the one before, or a new one. It is taken down at the fuzzer's exit too.
 */
void fuzz_world(void (*start)(void), void (*stop)(void));

#endif
