/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* As nt_layouts.c, for NDIS 5.1. */
#include "kernel/windows/ddk/ndis51.h"

#define NT_SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type);
#define NT_AT(type, field, offset) \
	_Static_assert(__builtin_offsetof(type, field) == (offset), "offset of " #type "." #field);
#define NT_VALUE(name, value) _Static_assert((unsigned)(name) == (value), "value of " #name);
#include "nt_ndis_layouts.h"
