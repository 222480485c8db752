/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hashes of names and paths, by which rules find processes: the kernel side computes them from the
 * kernel's own strings, eight bytes at a time, the user side from text, and both get the same. Not
 * cryptographic. No allocation; callable from anywhere.
 */
#ifndef FW_CORE_NAME_HASH_H
#define FW_CORE_NAME_HASH_H

#include "core/types.h"

#define FW_HASH_SEED 0x464c4f5757415443ull

/* One step: eight bytes of text in the order of memory (little-endian), zero behind its end. */
static inline uint64_t fw_hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* The word without what stands behind its first zero byte; *ended: it has one. */
static inline uint64_t fw_hash_cut(uint64_t word, bool *ended)
{
	/* Its lowest bit is the highest of the first byte that is zero. */
	uint64_t zeros = (word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull;

	*ended = zeros != 0;
	return zeros ? word & (((zeros & -zeros) >> 7) - 1) : word;
}

/*
 * A name of `length` bytes, added to the hash of what stands before it. A path is folded component
 * by component without its slashes: of a cgroup from the root down, so that each prefix has its own
 * hash; of a file from its last component up, as the kernel walks it.
 */
static inline uint64_t fw_hash_name(uint64_t hash, const char *name, size_t length)
{
	uint64_t words = 0;

	for (size_t i = 0; i < length; i += sizeof(uint64_t), words++) {
		uint64_t word = 0;

		for (size_t j = 0; j < sizeof(word) && i + j < length; j++)
			word |= (uint64_t)(uint8_t)name[i + j] << (8 * j);
		hash = fw_hash_word(hash, word);
	}
	return fw_hash_word(hash, words);
}

#endif
