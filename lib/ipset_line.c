/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/ipset_line.h"

/* A command, and how many words it has behind it at least. */
struct command {
	const char *name;
	size_t words;
	bool (*read)(const char *text, struct fw_span rest, struct fw_filter_line *read,
		struct fw_filter_fault *fault);
};

static bool is_one_of(const struct fw_span *word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fw_span_is(word, names[i]))
			return true;
	return false;
}

/* The lines that follow say something else without this one. */
static bool fail_finally(struct fw_filter_fault *fault)
{
	fault->is_final = true;
	return false;
}

static bool read_create(const char *text, struct fw_span rest, struct fw_filter_line *read,
	struct fw_filter_fault *fault)
{
	static const char *const types[] = { "hash:ip", "hash:net", "bitmap:ip" };
	static const char *const masks[] = { "netmask", "bitmask" };
	struct fw_span type, word;

	fw_span_take_word(&rest);
	type = fw_span_take_word(&rest);
	if (!is_one_of(&type, types, FW_ARRAY_SIZE(types))) {
		fw_filter_fault_set(fault, (size_t)(type.text - text),
			"a set of type %.*s does not hold addresses alone; save a set of type "
			"hash:ip, hash:net or bitmap:ip by its name: ipset save NAME",
			type.length < 40 ? (int)type.length : 40, type.text);
		return fail_finally(fault);
	}
	while ((word = fw_span_take_word(&rest)).length) {
		if (!is_one_of(&word, masks, FW_ARRAY_SIZE(masks)))
			continue;
		fw_filter_fault_set(fault, (size_t)(word.text - text),
			"each address of a set with a mask stands for a network; make it a set of "
			"type hash:net first");
		return fail_finally(fault);
	}
	read->kind = FW_FILTER_LINE_EMPTY;
	return true;
}

/* Is the word among the options behind an entry, outside of quoted text? */
static const char *find_option(struct fw_span options, const char *option)
{
	bool is_quoted = false;
	struct fw_span word;

	while ((word = fw_span_take_word(&options)).length) {
		if (!is_quoted && fw_span_is(&word, option))
			return word.text;
		for (size_t i = 0; i < word.length; i++)
			is_quoted ^= word.text[i] == '"';
	}
	return NULL;
}

static bool read_add(const char *text, struct fw_span rest, struct fw_filter_line *read,
	struct fw_filter_fault *fault)
{
	struct fw_span entry;
	const char *exception, *comma;

	fw_span_take_word(&rest);
	entry = fw_span_take_word(&rest);
	exception = find_option(rest, "nomatch");
	if (exception) {
		fw_filter_fault_set(fault, (size_t)(exception - text),
			"a list has no exceptions; write what is around this one instead of the "
			"network that contains it");
		return fail_finally(fault);
	}
	comma = memchr(entry.text, ',', entry.length);
	if (comma)
		return fw_filter_fault_set(fault, (size_t)(comma - text),
			"this is more than an address; save a set of type hash:ip, hash:net or "
			"bitmap:ip");
	if (!fw_filter_entry_read(entry.text, entry.length, &read->entry, fault)) {
		fault->offset += (size_t)(entry.text - text);
		return false;
	}
	read->kind = FW_FILTER_LINE_ENTRY;
	return true;
}

/* What prepares a set for its entries, or puts it into service. */
static bool read_nothing(const char *text, struct fw_span rest, struct fw_filter_line *read,
	struct fw_filter_fault *fault)
{
	read->kind = FW_FILTER_LINE_EMPTY;
	return true;
}

static bool read_del(const char *text, struct fw_span rest, struct fw_filter_line *read,
	struct fw_filter_fault *fault)
{
	fw_filter_fault_set(fault, (size_t)(rest.text - text),
		"a line that takes entries out depends on the lines before it; give what the set "
		"is in the end: ipset save NAME");
	return fail_finally(fault);
}

static const struct command commands[] = {
	{ "create", 2, read_create },
	{ "add", 2, read_add },
	{ "del", 2, read_del },
	{ "flush", 1, read_nothing },
	{ "destroy", 1, read_nothing },
	{ "swap", 2, read_nothing },
	{ "COMMIT", 0, read_nothing },
};

/* The command of a line, and what is behind it; NULL: it is none. */
static const struct command *find_command(struct fw_span *line)
{
	struct fw_span word = fw_span_take_word(line), rest;
	size_t words = 0;

	if (fw_span_is(&word, "ipset"))
		word = fw_span_take_word(line);
	while (word.length && word.text[0] == '-')
		word = fw_span_take_word(line);
	for (rest = *line; words < 2 && fw_span_take_word(&rest).length;)
		words++;
	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++)
		if (fw_span_is(&word, commands[i].name) && words >= commands[i].words)
			return &commands[i];
	return NULL;
}

bool fw_ipset_line_is(struct fw_span line)
{
	return find_command(&line) != NULL;
}

bool fw_ipset_line_read(const char *text, struct fw_span line, struct fw_filter_line *read,
	struct fw_filter_fault *fault)
{
	struct fw_span rest = line;
	const struct command *command = find_command(&rest);

	if (!command)
		return fw_filter_fault_set(fault, (size_t)(line.text - text),
			"expected \"create SET TYPE\" or \"add SET ADDRESS\", as ipset save writes "
			"them");
	return command->read(text, rest, read, fault);
}
