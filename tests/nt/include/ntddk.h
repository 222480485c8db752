/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NT's kernel interface as the fake kernel of tests/nt gives it, for driver sources that are compiled for the host.
 */
#ifndef FW_NT_NTDDK_H
#define FW_NT_NTDDK_H

#include <stdlib.h>
#include <string.h>

#include "nt_types.h"

#include "nt_atomics.h"
#include "nt_functions.h"
#include "nt_status.h"
#include "nt_structures.h"

#endif
