/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the subcommands of `filter` say in text about lists and files. One thread. */
#ifndef FW_CLI_FILTER_TEXT_H
#define FW_CLI_FILTER_TEXT_H

#include "abi/filter.h"

#include <stddef.h>

#define FW_ORIGIN_SIZE	(FW_FILTER_SOURCE_SIZE + 32)

/* "/etc/list line 7", "standard input line 7", "command"; safe for a terminal. Returns `text`. */
char *fw_origin_text(const char *source, uint32_t line, char *text, size_t size);

/* "in", "out", "in and out". */
const char *fw_direction_words(uint32_t direction);

/* "xdp native", "xdp generic", "tc", "-". */
const char *fw_hook_words(uint32_t hook);

/* "1 prefix", "12 prefixes (10 IPv4, 2 IPv6)". Returns `text`. */
char *fw_prefixes_words(uint64_t ipv4, uint64_t ipv6, char *text, size_t size);

#define FW_PREFIXES_WORDS_SIZE 80

#endif
