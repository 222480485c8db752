/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Build ids of mapped ELF files, read with libelf. Any thread. */
#ifndef FW_BUILD_ID_H
#define FW_BUILD_ID_H

#include "abi/process_event.h"

/* Build id of the file that a process has mapped there; its length, 0: none, or not to be read. */
uint32_t fw_build_id_of_mapping(uint32_t pid, uint64_t start, uint64_t end,
	uint8_t build_id[FW_BUILD_ID_SIZE]);

#endif
