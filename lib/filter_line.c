/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/filter_line.h"

#include "flowwatcher/text_codec.h"
#include "lib/ipset_line.h"
#include "lib/text_span.h"

#define NO_ADAPTER "the first line names the adapter; any name may stand in brackets, as in [eth0]"

#define NO_BRACKETS \
	"this is no address; if it names another adapter, write it in brackets, as in [eth0]"

/* A section that is not understood is never left out: its addresses would go to another adapter. */
static bool refuse_section(const char *text, const char *at, const char *reason,
	struct fw_filter_fault *fault)
{
	fw_filter_fault_set(fault, (size_t)(at - text), "%s", reason);
	fault->is_final = true;
	return false;
}

static bool begins_remark(struct fw_span span)
{
	return span.length && (span.text[0] == ';' || span.text[0] == '#');
}

static bool looks_like_address(struct fw_span word)
{
	bool has_mark = false;

	for (size_t i = 0; i < word.length; i++) {
		if (!memchr("0123456789abcdefABCDEF.:/-%", word.text[i], 27))
			return false;
		has_mark |= memchr(".:/", word.text[i], 3) != NULL;
	}
	return has_mark;
}

static uint32_t direction_of(struct fw_span word)
{
	if (fw_span_is(&word, "in"))
		return FW_FILTER_IN;
	if (fw_span_is(&word, "out"))
		return FW_FILTER_OUT;
	return fw_span_is(&word, "both") ? FW_FILTER_BOTH : 0;
}

static bool has_controls(struct fw_span span)
{
	for (size_t i = 0; i < span.length; i++)
		if ((unsigned char)span.text[i] < ' ' || span.text[i] == 0x7f)
			return true;
	return false;
}

static bool name_section(const char *text, struct fw_span name, struct fw_filter_line *line,
	struct fw_filter_fault *fault)
{
	if (name.length == 0)
		return refuse_section(text, name.text,
			"expected the name of an adapter, or a pattern for names as veth*", fault);
	if (name.length >= FW_ADAPTER_NAME_SIZE)
		return refuse_section(text, name.text,
			"this is too long for the name of an adapter", fault);
	if (has_controls(name) || !fw_utf8_is_valid(name.text, name.length))
		return refuse_section(text, name.text,
			"this is no text, so not the name of an adapter", fault);
	if (looks_like_address(name) && memchr(name.text, ':', name.length))
		return refuse_section(text, name.text,
			"brackets are for names of adapters; write an address without them", fault);
	memcpy(line->adapter, name.text, name.length);
	line->adapter[name.length] = '\0';
	line->kind = FW_FILTER_LINE_SECTION;
	return true;
}

/* "[adapter] NAME [in|out|both]": the name is all that is left, with the blanks in it. */
static bool read_section(const char *text, struct fw_span span, struct fw_filter_line *line,
	struct fw_filter_fault *fault)
{
	struct fw_span rest = span, word = fw_span_take_word(&rest);

	if (fw_span_is(&word, "adapter") && rest.length)
		span = rest;
	rest = span;
	word = fw_span_take_last_word(&rest);
	line->direction = rest.length ? direction_of(word) : 0;
	return name_section(text, line->direction ? rest : span, line, fault);
}

static bool read_brackets(const char *text, struct fw_span span, struct fw_filter_line *line,
	struct fw_filter_fault *fault)
{
	const char *end = span.text + span.length, *close = memchr(span.text, ']', span.length);
	struct fw_span behind;

	if (!close)
		return refuse_section(text, end, "expected ']' behind the name of an adapter",
			fault);
	behind = fw_span_between(close + 1, end);
	if (behind.length && !begins_remark(behind))
		return refuse_section(text, behind.text,
			"behind ']' only a remark may stand, which begins with ';' or '#'", fault);
	return read_section(text, fw_span_between(span.text + 1, close), line, fault);
}

/* Without a remark at its end, which begins a word there. */
static struct fw_span cut_remark(struct fw_span span)
{
	for (size_t i = 1; i < span.length; i++)
		if ((span.text[i] == ';' || span.text[i] == '#') && fw_is_blank(span.text[i - 1]))
			return fw_span_between(span.text, span.text + i);
	return span;
}

/*
 * Does the line do nothing but name an adapter, without saying so? What may be meant as an address,
 * or as something else that files begin with, does not.
 */
static bool is_bare_name(struct fw_span span)
{
	struct fw_span rest = cut_remark(span), word = fw_span_take_word(&rest);

	if (rest.length && !direction_of(rest))
		return false;
	if ((word.text[0] >= '0' && word.text[0] <= '9') || looks_like_address(word))
		return false;
	for (size_t i = 0; i < word.length; i++)
		if (strchr("/:<>\"'=,;%()", word.text[i]))
			return false;
	return true;
}

/* The addresses that names of hosts file are given which are to lead nowhere, or to the machine
 * itself. */
static bool is_nowhere(const struct fw_filter_entry *entry)
{
	static const uint8_t ipv6[15];
	const uint8_t *address = entry->first.address;

	if (entry->is_range)
		return false;
	if (entry->first.family == FW_FAMILY_IPV6)
		return entry->first.length == 128 && memcmp(address, ipv6, sizeof(ipv6)) == 0 &&
		       address[15] <= 1;
	return entry->first.length == 32 &&
	       (address[0] == 127 || memcmp(address, "\0\0\0\0", 4) == 0 ||
		       memcmp(address, "\xff\xff\xff\xff", 4) == 0);
}

/* What stands behind an entry and is not marked as a remark: words that nobody takes for addresses.
 */
static bool check_words(const char *text, struct fw_span words, const struct fw_filter_entry *entry,
	struct fw_filter_fault *fault)
{
	size_t offset = (size_t)(words.text - text);
	struct fw_span word = fw_span_take_word(&words);
	struct fw_filter_entry another;

	if (word.text[0] == '/')
		return fw_filter_fault_set(fault, offset,
			"no blank stands before the '/' of a network");
	if (fw_filter_entry_read(word.text, word.length, &another, fault))
		return fw_filter_fault_set(fault, offset,
			"this is a second address; write one a line, a network as 192.0.2.0/24, a "
			"range as 192.0.2.1-192.0.2.9");
	if (is_nowhere(entry))
		return fw_filter_fault_set(fault, offset,
			"this line of a hosts file blocks the name of a host, and a filter drops "
			"addresses; give a list of addresses");
	return true;
}

static const char *find_entry_end(const char *at, const char *end)
{
	while (at < end && !fw_is_blank(*at) && *at != ';' && *at != '#')
		at++;
	return at;
}

/* Where an entry ends whose range has blanks around its '-'; `end` is that of its first word. */
static const char *find_range_end(const char *begin, const char *end, const char *line_end)
{
	struct fw_span rest = fw_span_between(end, line_end), last;

	if (rest.length && rest.text[0] == '-')
		rest = fw_span_between(rest.text + 1, line_end);
	else if (end == begin || end[-1] != '-')
		return end;
	last = (struct fw_span){ rest.text,
		(size_t)(find_entry_end(rest.text, line_end) - rest.text) };
	return looks_like_address(last) ? last.text + last.length : end;
}

static bool read_entry(const char *text, struct fw_span span, struct fw_filter_line *line,
	struct fw_filter_fault *fault)
{
	const char *line_end = span.text + span.length;
	const char *end = find_entry_end(span.text, line_end);
	struct fw_span behind;

	if (end != line_end)
		end = find_range_end(span.text, end, line_end);
	if (!fw_filter_entry_read(span.text, (size_t)(end - span.text), &line->entry, fault)) {
		fault->offset += (size_t)(span.text - text);
		return false;
	}
	line->kind = FW_FILTER_LINE_ENTRY;
	behind = fw_span_between(end, line_end);
	return behind.length == 0 || begins_remark(behind) ||
	       check_words(text, behind, &line->entry, fault);
}

/* A line that begins with no address. */
static bool read_words(const struct fw_filter_grammar *grammar, const char *text,
	struct fw_span span, bool is_first, struct fw_filter_line *line,
	struct fw_filter_fault *fault)
{
	bool may_name = grammar->format == FW_FILTER_FORMAT_AUTO ||
			grammar->format == FW_FILTER_FORMAT_CLASSIC;
	struct fw_span rest = span, word = fw_span_take_word(&rest);
	bool is_section = span.text[0] == '[' || fw_span_is(&word, "adapter");

	if (is_section && !may_name)
		return refuse_section(text, span.text,
			"a file of this format names no adapters; take the line out, or choose "
			"another format",
			fault);
	if (span.text[0] == '[')
		return read_brackets(text, span, line, fault);
	if (is_section)
		return read_section(text, cut_remark(span), line, fault);
	if (grammar->format == FW_FILTER_FORMAT_IPSET ||
		(grammar->format == FW_FILTER_FORMAT_AUTO && fw_ipset_line_is(span)))
		return fw_ipset_line_read(text, span, line, fault);
	if (is_first && may_name && is_bare_name(span))
		return read_section(text, cut_remark(span), line, fault);
	if (is_first && grammar->format == FW_FILTER_FORMAT_CLASSIC)
		return refuse_section(text, span.text, NO_ADAPTER, fault);
	if (may_name && grammar->has_section && is_bare_name(span) &&
		!memchr(word.text, '.', word.length))
		return refuse_section(text, span.text, NO_BRACKETS, fault);
	return read_entry(text, span, line, fault);
}

bool fw_filter_line_read(struct fw_filter_grammar *grammar, const char *text, size_t length,
	struct fw_filter_line *line, struct fw_filter_fault *fault)
{
	struct fw_span span = fw_span_between(text, text + length);
	const char *zero = memchr(text, '\0', length);
	bool is_first = !grammar->has_begun;

	line->kind = FW_FILTER_LINE_EMPTY;
	if (zero)
		return fw_filter_fault_set(fault, (size_t)(zero - text),
			"there is a zero byte; give a file of plain text");
	if (span.length == 0 || begins_remark(span))
		return true;
	grammar->has_begun = true;
	if (span.text[0] < '0' || span.text[0] > '9' || grammar->format == FW_FILTER_FORMAT_IPSET) {
		if (!read_words(grammar, text, span, is_first, line, fault))
			return false;
		grammar->has_section |= line->kind == FW_FILTER_LINE_SECTION;
		return true;
	}
	if (is_first && grammar->format == FW_FILTER_FORMAT_CLASSIC)
		return refuse_section(text, span.text, NO_ADAPTER, fault);
	return read_entry(text, span, line, fault);
}
