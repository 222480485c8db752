/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files of addresses that adapters are to drop, in the formats that people have; what a file says
 * is merged and in the order that a kernel side takes. Callable from any thread; one thread uses
 * one struct fw_filter_file.
 */
#ifndef FLOWWATCHER_FILTER_FILE_H
#define FLOWWATCHER_FILTER_FILE_H

#include <stdio.h>

#include "flowwatcher/prefix_list.h"

#define FW_FILTER_LINE_SIZE 4096 /* bytes of a line, without its end */

/*
 * Which lines a file may have. Everywhere: blank lines, lines that begin with '#' or ';', remarks
 * behind
 * ';' or '#', Windows line ends, a UTF-8 byte order mark.
 *
 * Addresses: "ADDRESS", "ADDRESS/LENGTH", "FIRST-LAST", and behind a blank any words that are no
 * address ("192.0.2.1 host.example"). Lines of a hosts file ("0.0.0.0 NAME", "127.0.0.1 NAME") are
 * refused: they name hosts.
 *
 * Sections: "[NAME]", "[NAME in]", "[NAME out]", "[NAME both]"; "adapter NAME in", "[adapter
 * NAME]"; and a NAME alone (with a direction) as the first line that says something.
 *
 * ipset: "create SET hash:ip|hash:net|bitmap:ip ...", "add SET ENTRY ...", "flush", "swap",
 * "destroy"; several sets are one list. Other types of sets and "nomatch" are refused, with
 * skip_bad too.
 */
enum fw_filter_format {
	FW_FILTER_FORMAT_AUTO = 0, /* any of them; the line says which */
	FW_FILTER_FORMAT_CLASSIC,  /* sections and addresses; the first line names an adapter */
	FW_FILTER_FORMAT_PLAIN,	   /* addresses: one-a-line lists, netsets, hosts-like lists */
	FW_FILTER_FORMAT_IPSET,	   /* ipset */
};

/* "auto", "classic", "plain" (and "netset", "hosts" for it), "ipset". FW_USAGE names them. */
enum fw_status fw_filter_format_parse(const char *text, enum fw_filter_format *format,
	struct fw_error *error);

/* "in", "out", "both". FW_USAGE names them. */
enum fw_status fw_filter_direction_parse(const char *text, uint32_t *direction,
	struct fw_error *error);

/* What a reader wants to know of but that is no failure. */
enum fw_filter_note_kind {
	FW_FILTER_NOTE_SKIPPED = 0, /* a bad line, with skip_bad */
	FW_FILTER_NOTE_DUPLICATE,   /* this address stands in an earlier line */
	FW_FILTER_NOTE_CONTAINED,   /* a network of another line contains it */
	FW_FILTER_NOTE_KINDS,
};

/* Valid during the call. */
struct fw_filter_note {
	enum fw_filter_note_kind kind;
	uint32_t line;	    /* from 1 */
	uint32_t column;    /* from 1, in bytes; 0 but for SKIPPED */
	const char *text;   /* the line (SKIPPED) or the prefix, safe for a terminal, cut */
	const char *reason; /* what is wrong and what is expected; SKIPPED only, else "" */
	const char *kept;   /* the prefix that stays; "" for SKIPPED */
	uint32_t kept_line;
	const char *adapter; /* of the section; may be "" */
};
typedef void (*fw_filter_note_fn)(const struct fw_filter_note *note, void *argument);

/* All-zero is a good choice. */
struct fw_filter_file_options {
	enum fw_filter_format format;
	uint32_t direction;	/* of sections that do not say; 0: FW_FILTER_BOTH */
	bool skip_bad;		/* leave out lines that are wrong, instead of refusing the file */
	bool force;		/* a list may have every address of a family */
	uint32_t notes;		/* how many of each kind are told; UINT32_MAX: all */
	fw_filter_note_fn note; /* may be NULL */
	void *argument;
};

/* The list of one adapter (or pattern) and direction. Sections of the same ones are one list. */
struct fw_filter_section {
	char adapter[FW_ADAPTER_NAME_SIZE]; /* "": the file names none before these addresses */
	uint32_t direction;		    /* enum fw_filter_direction */
	uint32_t line;			    /* that names the adapter; 0: none does */
	struct fw_prefix_list list;	    /* in order; never empty */
	uint32_t ipv4, ipv6;		    /* prefixes of each family */
	uint64_t entries;		/* addresses, networks and ranges as they were written */
	uint64_t duplicates, contained; /* prefixes that were left out */
};

struct fw_filter_file {
	char source[FW_FILTER_SOURCE_SIZE]; /* as struct fw_filter_list has it: absolute, or "-" */
	struct fw_filter_section *sections;
	size_t count, capacity;
	uint64_t lines;
	uint64_t skipped; /* of them */
};

/*
 * Read a file, or standard input for "-". All of it or nothing: FW_MALFORMED names file, line,
 * column and text of the first thing that is wrong, and what is expected there; also where the file
 * has no address, a section has none, a list has every address of a family (without `force`), or
 * two sections of an adapter share a direction without being the same. FW_FAILED: it changed while
 * it was read. *file is written on FW_OK; release it with fw_filter_file_done().
 */
enum fw_status fw_filter_file_read(const char *path, const struct fw_filter_file_options *options,
	struct fw_filter_file *file, struct fw_error *error);

/* The same from a descriptor, which stays open; `name` is for messages and the source. */
enum fw_status fw_filter_file_read_fd(int fd, const char *name,
	const struct fw_filter_file_options *options, struct fw_filter_file *file,
	struct fw_error *error);
void fw_filter_file_done(struct fw_filter_file *file);

/* Lines that fw_filter_file_read() takes again: the one that names an adapter and a direction, and
 * one prefix. `remark` (may be NULL) stands behind it; it has no line ends. */
void fw_filter_file_write_section(FILE *file, const char *adapter, uint32_t direction);
void fw_filter_file_write_prefix(FILE *file, const struct fw_filter_prefix *prefix,
	const char *remark);

#endif
