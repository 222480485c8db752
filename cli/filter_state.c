/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_state.h"

#include "flowwatcher/adapter_pattern.h"
#include "lib/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fw_status fw_filter_session_open(struct fw_session *session, struct fw_error *error)
{
	const struct fw_session_options options = {
		.needs_counters = true, .needs_loaded = true, .needs_filter = true
	};
	const struct fw_backend_ops *ops;
	enum fw_status status = fw_session_open(&options, session, error);

	if (status != FW_OK)
		return status;
	ops = session->backend->ops;
	if (ops->adapters && ops->adapter_addresses && ops->filter_set && ops->filter_settle &&
		ops->filter_lists && ops->filter_prefixes && ops->filter_follow)
		return FW_OK;
	fw_session_close(session);
	return fw_error_set(error, FW_UNSUPPORTED,
		"the loaded kernel side filters no adapters; put it in place anew with 'flowwatcher "
		"unload' and 'flowwatcher load', or see 'flowwatcher doctor'");
}

/* Who may only read sees what is there. */
enum fw_status fw_filter_session_view(struct fw_session *session, struct fw_error *error)
{
	struct fw_error problem = { FW_OK, "" };
	enum fw_status status = fw_filter_session_open(session, error);

	if (status != FW_OK)
		return status;
	status = session->backend->ops->filter_settle(session->backend, &problem);
	if (status != FW_OK && status != FW_DENIED)
		fprintf(stderr, "flowwatcher: adapters that appeared may have no lists yet: %s\n",
			problem.text);
	return FW_OK;
}

static bool keep_list(const struct fw_filter_list *list, void *argument)
{
	struct fw_filter_lists *lists = argument;
	struct fw_filter_list *rows =
		fw_grow(lists->rows, lists->count, &lists->capacity, sizeof(*rows));

	lists->no_memory = !rows;
	if (!rows)
		return false;
	lists->rows = rows;
	rows[lists->count++] = *list;
	return true;
}

enum fw_status fw_filter_lists_fill(struct fw_filter_lists *lists, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status = backend->ops->filter_lists(backend, keep_list, lists, error);

	if (lists->no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", lists->count);
	return status;
}

void fw_filter_lists_done(struct fw_filter_lists *lists)
{
	free(lists->rows);
	memset(lists, 0, sizeof(*lists));
}

void fw_filter_lists_choose(struct fw_filter_lists *lists, const char *adapter, uint32_t direction)
{
	size_t left = 0;

	for (size_t i = 0; i < lists->count; i++) {
		const struct fw_filter_list *list = &lists->rows[i];

		if ((!adapter || !strcmp(list->adapter, adapter)) && (list->direction & direction))
			lists->rows[left++] = *list;
	}
	lists->count = left;
}

const struct fw_filter_list *fw_filter_lists_find(const struct fw_filter_lists *lists, uint32_t id)
{
	for (size_t i = 0; i < lists->count; i++)
		if (lists->rows[i].id == id)
			return &lists->rows[i];
	return NULL;
}

static bool keep_adapter(const struct fw_adapter *adapter, void *argument)
{
	struct fw_adapters *adapters = argument;
	struct fw_adapter *rows =
		fw_grow(adapters->rows, adapters->count, &adapters->capacity, sizeof(*rows));

	adapters->no_memory = !rows;
	if (!rows)
		return false;
	adapters->rows = rows;
	rows[adapters->count++] = *adapter;
	return true;
}

enum fw_status fw_adapters_fill(struct fw_adapters *adapters, struct fw_backend *backend,
	const char *adapter, struct fw_error *error)
{
	enum fw_status status = backend->ops->adapters(backend, keep_adapter, adapters, error);
	size_t left = 0;

	if (adapters->no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu adapters",
			adapters->count);
	if (status != FW_OK || !adapter)
		return status;
	for (size_t i = 0; i < adapters->count; i++)
		if (fw_adapter_matches(adapter, adapters->rows[i].name))
			adapters->rows[left++] = adapters->rows[i];
	adapters->count = left;
	if (left || fw_adapter_is_pattern(adapter))
		return FW_OK;
	return fw_error_set(error, FW_NOT_FOUND,
		"there is no adapter %.64s here; 'flowwatcher filter enum' lists them", adapter);
}

void fw_adapters_done(struct fw_adapters *adapters)
{
	free(adapters->rows);
	memset(adapters, 0, sizeof(*adapters));
}

struct filling {
	struct fw_prefix_list *list;
	bool no_memory;
};

static bool keep_prefix(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits,
	void *argument)
{
	struct filling *filling = argument;

	filling->no_memory = !fw_prefix_list_append(filling->list, prefix);
	return !filling->no_memory;
}

enum fw_status fw_filter_prefixes_fill(struct fw_prefix_list *list, struct fw_backend *backend,
	uint32_t id, struct fw_error *error)
{
	struct filling filling = { .list = list };
	enum fw_status status =
		backend->ops->filter_prefixes(backend, id, keep_prefix, &filling, error);

	if (filling.no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu prefixes", list->count);
	return status;
}

/* The text of a list that is in force for one of the adapters; NULL: none is. */
static const char *pattern_in_force(const struct fw_adapters *adapters)
{
	for (size_t i = 0; i < adapters->count; i++) {
		if (adapters->rows[i].in.pattern[0])
			return adapters->rows[i].in.pattern;
		if (adapters->rows[i].out.pattern[0])
			return adapters->rows[i].out.pattern;
	}
	return NULL;
}

bool fw_adapter_is_free(struct fw_backend *backend, const char *adapter, uint32_t direction)
{
	struct fw_adapters adapters = { 0 };
	bool is_free = fw_adapters_fill(&adapters, backend, adapter, NULL) == FW_OK;

	for (size_t i = 0; i < adapters.count && !fw_adapter_is_pattern(adapter); i++)
		is_free &= !((direction & FW_FILTER_IN) && adapters.rows[i].in.pattern[0]) &&
			   !((direction & FW_FILTER_OUT) && adapters.rows[i].out.pattern[0]);
	fw_adapters_done(&adapters);
	return is_free;
}

enum fw_status fw_filter_none(
	struct fw_backend *backend, const char *adapter, struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	enum fw_status status = fw_adapters_fill(&adapters, backend, adapter, error);
	const char *pattern = pattern_in_force(&adapters);

	if (status == FW_OK && pattern && strcmp(pattern, adapter) != 0)
		status = fw_error_set(error, FW_NOT_FOUND,
			"%.64s has no list of its own but that of %.64s; give --adapter '%.64s'",
			adapter, pattern, pattern);
	else if (status == FW_OK)
		status = fw_error_set(error, FW_NOT_FOUND,
			"%.64s has no such list; 'flowwatcher filter get' shows what is in force",
			adapter);
	fw_adapters_done(&adapters);
	return status;
}

enum fw_status fw_adapter_text_check(const char *text, struct fw_error *error)
{
	size_t length = strlen(text);
	bool is_plain = length > 0;

	for (size_t i = 0; i < length; i++)
		is_plain &= text[i] > ' ' && text[i] != 0x7f && !strchr("/[]", text[i]);
	if (is_plain && length < FW_ADAPTER_NAME_SIZE)
		return FW_OK;
	return fw_error_set(error, FW_USAGE,
		"'%.64s' is no name of an adapter; write one as in eth0, or a pattern as in 'veth*'",
		text);
}

enum fw_status fw_filter_lists_set(struct fw_backend *backend,
	const struct fw_filter_change *changes, size_t count, enum fw_filter_way way,
	struct fw_error *error)
{
	return count ? backend->ops->filter_set(backend, changes, count, way, error) : FW_OK;
}

enum fw_status fw_filter_lists_ask(struct fw_filter_lists *lists, struct fw_backend *backend,
	const char *adapter, uint32_t direction, struct fw_error *error)
{
	enum fw_status status = fw_filter_lists_fill(lists, backend, error);

	if (status != FW_OK)
		return status;
	fw_filter_lists_choose(lists, adapter, direction);
	return adapter && !lists->count ? fw_filter_none(backend, adapter, error) : FW_OK;
}
