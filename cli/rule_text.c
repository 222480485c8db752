/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_text.h"

#include "cli/connection_text.h"
#include "cli/text_table.h"
#include "cli/user_name.h"
#include "flowwatcher/names.h"
#include "flowwatcher/rate.h"
#include "flowwatcher/rule_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND	 1000000000ull
#define PROCESSES_NAMED	 8
#define DETAILS_SIZE	 256

char *fw_rule_ends_text(uint64_t left_ns, char *text, size_t size)
{
	uint64_t seconds = left_ns / NS_PER_SECOND, minutes = seconds / 60, hours = minutes / 60;

	if (hours >= 24)
		snprintf(text, size, "%" PRIu64 " d %" PRIu64 " h", hours / 24, hours % 24);
	else if (hours)
		snprintf(text, size, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	else if (minutes)
		snprintf(text, size, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
	else
		snprintf(text, size, "%" PRIu64 " s", seconds);
	return text;
}

static uint64_t time_left(const struct fw_rule *rule, uint64_t now_ns)
{
	return rule->ends_ns > now_ns ? rule->ends_ns - now_ns : 0;
}

/* A denial is about processes to come, which what runs already shows only by its likes. */
static void print_processes(const struct fw_rule *rule, const struct fw_rule_match *match)
{
	bool is_denial = rule->action == FW_RULE_DENY;

	if (!match->count) {
		printf(is_denial ? "; none runs\n" : "; in force for no process yet\n");
		return;
	}
	printf("; %s %zu process%s:", is_denial ? "not ended:" : "in force for", match->count,
		match->count == 1 ? "" : "es");
	for (size_t i = 0; i < match->count && i < PROCESSES_NAMED; i++) {
		const struct fw_process *process = &match->processes[i];
		char comm[FW_COMM_SIZE];

		fw_text_printable(process->comm, strnlen(process->comm, FW_COMM_SIZE), comm,
			sizeof(comm));
		printf("%s %s %u", i ? "," : "", comm, process->pid);
	}
	if (match->count > PROCESSES_NAMED)
		printf(" and %zu more", match->count - PROCESSES_NAMED);
	printf("\n");
}

void fw_rule_print_made(
	const struct fw_rule *rule, const struct fw_rule_match *match, uint64_t now_ns)
{
	char words[FW_RULE_WORDS_SIZE], ends[FW_ENDS_TEXT_SIZE];

	printf("rule %u: %s", rule->id, fw_rule_words(rule, words, sizeof(words)));
	if (rule->ends_ns)
		printf("; ends in %s",
			fw_rule_ends_text(
				time_left(rule, now_ns) + NS_PER_SECOND / 2, ends, sizeof(ends)));
	print_processes(rule, match);
}

/* What of a rule is not its action and target. */
static void describe(const struct fw_rule *rule, char details[DETAILS_SIZE])
{
	char up[FW_RATE_TEXT_SIZE], down[FW_RATE_TEXT_SIZE], peers_text[FW_PREFIX_TEXT_SIZE] = "";
	struct fw_prefix peers;

	fw_rate_format(rule->sent_rate, up, sizeof(up));
	fw_rate_format(rule->received_rate, down, sizeof(down));
	if (fw_rule_peers(rule, &peers))
		fw_prefix_format(&peers, peers_text, sizeof(peers_text));
	snprintf(details, DETAILS_SIZE, "%s%s%s%s%s%s%s%s%s%s%s",
		rule->sent_rate ? ", up " : "", rule->sent_rate ? up : "",
		rule->received_rate ? ", down " : "", rule->received_rate ? down : "",
		peers_text[0] ? ", to " : "", peers_text,
		rule->flags & FW_RULE_ONLY_INCOMING ? ", only incoming" : "",
		rule->flags & FW_RULE_ONLY_OUTGOING ? ", only outgoing" : "",
		rule->flags & FW_RULE_ALLOW_LOOPBACK ? ", loopback allowed" : "",
		rule->flags & FW_RULE_NO_CHILDREN ? ", no children" : "",
		rule->flags & FW_RULE_PROCESS_GONE ? ", process gone" : "");
	/* Every part begins with a separator, the first one's goes. */
	if (details[0])
		memmove(details, details + 2, strlen(details + 2) + 1);
	else
		snprintf(details, DETAILS_SIZE, "%s",
			rule->action == FW_RULE_DENY ? "new processes" : "everything");
}

/* A rate that is measured now; no other rule has one. */
static void now_cell(struct fw_text_table *table, const struct fw_rule *rule, uint64_t rate)
{
	if (rule->action == FW_RULE_LIMIT)
		fw_rate_cell(table, rate, NS_PER_SECOND);
	else
		fw_text_table_cell(table, "-");
}

static void add_rule(struct fw_text_table *table, const struct fw_rule_row *row, uint64_t now_ns)
{
	char target[FW_RULE_TARGET_SIZE], details[DETAILS_SIZE], ends[FW_ENDS_TEXT_SIZE] = "-";
	const struct fw_rule *rule = &row->rule;

	describe(rule, details);
	if (rule->ends_ns)
		fw_rule_ends_text(time_left(rule, now_ns), ends, sizeof(ends));
	fw_text_table_cell(table, "%u", rule->id);
	fw_text_table_cell(table, "%s", fw_rule_action_name(rule->action));
	fw_text_table_cell(table, "%s", fw_rule_target_text(rule, target, sizeof(target)));
	fw_text_table_cell(table, "%s", details);
	fw_text_table_cell(table, "%s", ends);
	fw_text_table_cell(table, "%" PRIu64, row->counters.processes);
	fw_text_table_cell(table, "%" PRIu64, row->counters.hits);
	fw_bytes_cell(table, row->counters.bytes);
	now_cell(table, rule, row->counters.sent_rate);
	now_cell(table, rule, row->counters.received_rate);
}

bool fw_rule_print_table(const struct fw_rule_list *list, uint64_t now_ns)
{
	static const struct fw_column columns[] = {
		{ "ID", FW_RIGHT },
		{ "ACTION", FW_LEFT },
		{ "TARGET", FW_FLEXIBLE },
		{ "DETAILS", FW_LEFT },
		{ "ENDS IN", FW_RIGHT },
		{ "PROC", FW_RIGHT },
		{ "HITS", FW_RIGHT },
		{ "BYTES", FW_RIGHT },
		{ "SENT NOW", FW_RIGHT, true },
		{ "RECV NOW", FW_RIGHT, true },
	};
	struct fw_text_table *table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < list->count; i++)
		add_rule(table, &list->rows[i], now_ns);
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

bool fw_rule_print_match(const struct fw_rule_match *match)
{
	static const struct fw_column columns[] = {
		{ "PID", FW_RIGHT },
		{ "NAME", FW_LEFT },
		{ "USER", FW_LEFT },
		{ "PROGRAM", FW_FLEXIBLE },
	};
	struct fw_text_table *table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < match->count; i++) {
		const struct fw_process *process = &match->processes[i];

		fw_text_table_cell(table, "%u", process->pid);
		fw_text_table_cell(table, "%.*s", FW_COMM_SIZE - 1, process->comm);
		fw_text_table_cell(table, "%s", fw_user_name(process->uid));
		fw_text_table_cell(table, "%.*s", FW_EXE_SIZE - 1,
			process->exe[0] ? process->exe : "-");
	}
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}
