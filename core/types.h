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

/* A function whose argument number `format_at` is a format as C99 has it, for those from `first` on. */
#ifdef __MINGW32__
#define FW_PRINTF(format_at, first) __attribute__((format(gnu_printf, format_at, first)))
#else
#define FW_PRINTF(format_at, first) __attribute__((format(printf, format_at, first)))
#endif

/* Number of elements of a true array. */
#define FW_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
