/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rates, prefixes, lines and files of rules: nothing crashes, refusals say why, and what is
 * accepted is sound and is read again as the same from the text that is made of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/rate.h"
#include "flowwatcher/rule_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rate(const char *text)
{
	struct fw_error error = { FW_OK, "" };
	char again[FW_RATE_TEXT_SIZE];
	uint64_t rate = 0, same = 1;

	if (fw_rate_parse(text, &rate, &error) != FW_OK) {
		if (error.status != FW_USAGE || !error.text[0])
			abort();
		return;
	}
	if (rate && (rate < FW_RATE_MIN || rate > FW_RATE_MAX))
		abort();
	fw_rate_format(rate, again, sizeof(again));
	if (fw_rate_parse(again, &same, NULL) != FW_OK || same != rate)
		abort();
}

static void check_prefix(const char *text)
{
	struct fw_error error = { FW_OK, "" };
	struct fw_prefix prefix, same;
	char again[FW_PREFIX_TEXT_SIZE];

	memset(&prefix, 0, sizeof(prefix));
	memset(&same, 0, sizeof(same));
	if (fw_prefix_parse(text, &prefix, &error) != FW_OK) {
		if (error.status != FW_USAGE || !error.text[0])
			abort();
		return;
	}
	fw_prefix_format(&prefix, again, sizeof(again));
	if (fw_prefix_parse(again, &same, NULL) != FW_OK || memcmp(&prefix, &same, sizeof(prefix)))
		abort();
}

static void check_rule(const struct fw_rule *rule)
{
	char words[FW_RULE_WORDS_SIZE];
	struct fw_rule rules[FW_RULE_PEERS];
	struct fw_rule_draft draft;
	bool is_empty;

	fw_rule_words(rule, words, sizeof(words));
	if (fw_rule_line_parse(words, &draft, &is_empty, NULL) != FW_OK || is_empty ||
		fw_rule_draft_expand(&draft, 0, rules) != 1)
		abort();
	rules[0].ends_ns = rule->ends_ns;
	if (memcmp(&rules[0], rule, sizeof(*rule)))
		abort();
}

static void check_file(const uint8_t *data, size_t size)
{
	struct fw_rule_file rules = { .count = 42 };
	struct fw_error error = { FW_OK, "" };
	FILE *file = fmemopen((void *)data, size, "r");

	if (!file)
		return;
	if (fw_rule_file_read(file, "file", 7, &rules, &error) == FW_OK) {
		fw_rule_file_check(&rules, "file", &error);
		for (size_t i = 0; i < rules.count; i++)
			check_rule(&rules.rules[i]);
		fw_rule_file_done(&rules);
	} else if (error.status != FW_MALFORMED || !error.text[0] || rules.count != 42) {
		abort();
	}
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_rate(text);
	check_prefix(text);
	if (size)
		check_file(data, size);
	free(text);
	return 0;
}
