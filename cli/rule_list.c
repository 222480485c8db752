/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_list.h"

#include "lib/grow.h"

#include <stdlib.h>
#include <string.h>

enum fw_status fw_rule_session_open(struct fw_session *session, struct fw_error *error)
{
	const struct fw_session_options options = { .needs_counters = true, .needs_loaded = true };
	const struct fw_backend_ops *ops;
	enum fw_status status = fw_session_open(&options, session, error);

	if (status != FW_OK)
		return status;
	ops = session->backend->ops;
	if (ops->rules && ops->rules_add && ops->rules_remove)
		return FW_OK;
	fw_session_close(session);
	return fw_error_set(error, FW_UNSUPPORTED,
		"the loaded kernel side keeps no rules; put it in place anew with 'flowwatcher unload' and "
		"'flowwatcher load', or see 'flowwatcher doctor'");
}

static bool keep(
	const struct fw_rule *rule, const struct fw_rule_counters *counters, void *argument)
{
	struct fw_rule_list *list = argument;
	struct fw_rule_row *rows = fw_grow(list->rows, list->count, &list->capacity, sizeof(*rows));

	list->no_memory = !rows;
	if (!rows)
		return false;
	list->rows = rows;
	rows[list->count++] = (struct fw_rule_row){ *rule, *counters };
	return true;
}

static int by_id(const void *left, const void *right)
{
	uint32_t a = ((const struct fw_rule_row *)left)->rule.id;
	uint32_t b = ((const struct fw_rule_row *)right)->rule.id;

	return (a > b) - (a < b);
}

enum fw_status fw_rule_list_fill(struct fw_rule_list *list, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status;

	memset(list, 0, sizeof(*list));
	status = backend->ops->rules(backend, keep, list, error);
	if (list->no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", list->count);
	if (list->count)
		qsort(list->rows, list->count, sizeof(*list->rows), by_id);
	return status;
}

void fw_rule_list_done(struct fw_rule_list *list)
{
	free(list->rows);
	memset(list, 0, sizeof(*list));
}

const struct fw_rule_row *fw_rule_list_find(const struct fw_rule_list *list, uint32_t id)
{
	const struct fw_rule_row key = { .rule.id = id };

	return list->count ? bsearch(&key, list->rows, list->count, sizeof(key), by_id) : NULL;
}
