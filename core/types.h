/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Fixed-width types and compile-time checks for every world core/ and abi/ compile in: a hosted C
 * compiler, clang's BPF target (freestanding) and an NT driver. Callable from anywhere.
 */
#ifndef FW_CORE_TYPES_H
#define FW_CORE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_STATIC_ASSERT(condition, text) _Static_assert(condition, text)

/* Number of elements of a true array. */
#define FW_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
