/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files of lists as `filter set`, `test` and `follow` take them: read, and each list with its
 * adapter. One thread. */
#ifndef FW_CLI_FILTER_SOURCE_H
#define FW_CLI_FILTER_SOURCE_H

#include "cli/filter_options.h"
#include "flowwatcher/filter_file.h"

/*
 * Read it as --format, --direction, --skip-bad and --force say; what was left out goes to standard
 * error, the first lines of each kind. Adapters that it calls by an alias have their names then.
 * *file is written on FW_OK.
 */
enum fw_status fw_filter_source_read(const struct fw_filter_options *options, const char *path,
	struct fw_filter_file *file, struct fw_error *error);

/*
 * Put --adapter in the place of no adapter, and leave the lists for just this one where it is
 * given. FW_USAGE: some list has no adapter, or none is left.
 */
enum fw_status fw_filter_source_choose(const struct fw_filter_options *options,
	struct fw_filter_file *file, struct fw_error *error);

/* Would the lists cut this machine off? FW_FAILED, as fw_filter_guard() says; FW_OK with
 * --force. */
enum fw_status fw_filter_source_guard(const struct fw_filter_options *options,
	const struct fw_filter_file *file, struct fw_error *error);

/* The changes that put the sections in force; they point into *file. On the heap; NULL: no
 * memory. */
struct fw_filter_change *fw_filter_source_changes(const struct fw_filter_file *file);

/* "standard input" for "-". */
const char *fw_filter_source_name(const char *path);

#endif
