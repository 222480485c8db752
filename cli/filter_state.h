/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Adapters, lists and prefixes of a kernel side, as one transaction sees them. One thread. */
#ifndef FW_CLI_FILTER_STATE_H
#define FW_CLI_FILTER_STATE_H

#include "flowwatcher/prefix_list.h"
#include "flowwatcher/session.h"

/* The loaded kernel side and no other: lists outlive the command. FW_UNSUPPORTED: it filters
 * nothing. */
enum fw_status fw_filter_session_open(struct fw_session *session, struct fw_error *error);

/* The same to look at what is there, once adapters that appeared since the last command have their
 * lists. */
enum fw_status fw_filter_session_view(struct fw_session *session, struct fw_error *error);

/* All-zero is an empty one. Release each with its _done(), also after a failure. */
struct fw_filter_lists {
	struct fw_filter_list *rows;
	size_t count, capacity;
	bool no_memory;
};

struct fw_adapters {
	struct fw_adapter *rows;
	size_t count, capacity;
	bool no_memory;
};

enum fw_status fw_filter_lists_fill(struct fw_filter_lists *lists, struct fw_backend *backend,
	struct fw_error *error);
void fw_filter_lists_done(struct fw_filter_lists *lists);

/* Leave those of exactly this adapter text (NULL: of any) with one of the directions. */
void fw_filter_lists_choose(struct fw_filter_lists *lists, const char *adapter, uint32_t direction);

/* Both. FW_NOT_FOUND: none is of this text; says what there is for it. */
enum fw_status fw_filter_lists_ask(struct fw_filter_lists *lists, struct fw_backend *backend,
	const char *adapter, uint32_t direction, struct fw_error *error);

/* NULL: no list has the id. */
const struct fw_filter_list *fw_filter_lists_find(const struct fw_filter_lists *lists, uint32_t id);

/* Those that `adapter` names or matches; NULL: all. FW_NOT_FOUND: a name that is no pattern names
 * none. */
enum fw_status fw_adapters_fill(struct fw_adapters *adapters, struct fw_backend *backend,
	const char *adapter, struct fw_error *error);
void fw_adapters_done(struct fw_adapters *adapters);

/* The prefixes of a list. */
enum fw_status fw_filter_prefixes_fill(struct fw_prefix_list *list, struct fw_backend *backend,
	uint32_t id, struct fw_error *error);

/* May `adapter` get a list without taking the place of one that a pattern gives it? False too if it
 * is the name of none. */
bool fw_adapter_is_free(struct fw_backend *backend, const char *adapter, uint32_t direction);

/* No list was set for just this text: FW_NOT_FOUND says what there is for it. */
enum fw_status fw_filter_none(
	struct fw_backend *backend, const char *adapter, struct fw_error *error);

/* FW_USAGE: no adapter can have this name, and none match the pattern. */
enum fw_status fw_adapter_text_check(const char *text, struct fw_error *error);

/* Change lists: all of them or none. */
enum fw_status fw_filter_lists_set(struct fw_backend *backend,
	const struct fw_filter_change *changes, size_t count, enum fw_filter_way way,
	struct fw_error *error);

#endif
