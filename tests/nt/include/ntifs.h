/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The same as <ntddk.h>, for sources that ask for this name. */
#ifndef FW_NT_NTIFS_H
#define FW_NT_NTIFS_H

#include "ntddk.h"

#endif
