/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_save.h"

#include "cli/rule_match.h"
#include "flowwatcher/format.h"
#include "lib/host/file.h"
#include "lib/host/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_saved(const struct fw_rule *rule)
{
	return rule->target != FW_RULE_PID && !rule->ends_ns;
}

/* A rule that matches pid 1 was forced, and must be so again where nobody can say it. */
static void write_rule(FILE *file, const struct fw_rule *rule, const struct fw_process *first)
{
	char words[FW_RULE_WORDS_SIZE];
	struct fw_target target;

	fw_rule_target(rule, &target);
	fprintf(file, "%s%s\n", fw_rule_words(rule, words, sizeof(words)),
		fw_target_matches(&target, first) ? " --force" : "");
}

static void write_rules(FILE *file, const struct fw_rule_list *list)
{
	char time[FW_TIME_TEXT_SIZE];
	struct fw_process first;

	if (fw_host_process(1, &first, NULL) != FW_OK)
		first = (struct fw_process){ .uid = UINT32_MAX };
	fprintf(file, "# Rules of FlowWatcher, %s; 'flowwatcher rules restore' reads them.\n",
		fw_format_boot_time(fw_host_boot_ns(), time, sizeof(time)));
	for (size_t i = 0; i < list->count; i++)
		if (is_saved(&list->rows[i].rule))
			write_rule(file, &list->rows[i].rule, &first);
}

static void write_list(FILE *file, void *argument)
{
	write_rules(file, argument);
}

static void tell_left_out(const struct fw_rule_list *list)
{
	size_t pids = 0, ending = 0;

	for (size_t i = 0; i < list->count; i++) {
		pids += list->rows[i].rule.target == FW_RULE_PID;
		ending += list->rows[i].rule.target != FW_RULE_PID && list->rows[i].rule.ends_ns;
	}
	if (pids || ending)
		fprintf(stderr, "flowwatcher: left out: %zu rule%s about a process id, %zu that end%s by "
				"%s\n",
			pids, pids == 1 ? "" : "s", ending, ending == 1 ? "s" : "",
			ending == 1 ? "itself" : "themselves");
}

enum fw_status fw_rule_save(const struct fw_rule_list *list, const char *path, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	struct stat there;

	if (strcmp(path, "-") == 0)
		write_rules(stdout, list);
	else if (!stat(path, &there) && !S_ISREG(there.st_mode))
		return fw_error_set(error, FW_FAILED,
			"%.200s is not a regular file; '-' is standard output", path);
	else
		status = fw_file_replace(path, write_list, (void *)list, error);
	if (status == FW_OK)
		tell_left_out(list);
	return status;
}
