/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Events as lines of text. What came from processes is made safe for a terminal: their arguments
 * are quoted as a shell takes them, other bytes that a terminal should not see become '?'. Any
 * thread.
 */
#ifndef FW_CLI_EVENT_TEXT_H
#define FW_CLI_EVENT_TEXT_H

#include "backend/backend.h"

#include <stdio.h>

/* The titles of the columns of fw_event_text(). */
const char *fw_event_text_title(void);

/* One line without its newline, of a record that fw_record_whole() accepted, of a type that this
 * version knows: an event or a loss. Heap; NULL: out of memory. */
char *fw_event_text(const struct fw_record_header *record);

/* The same as the classic monitor of processes wrote it. */
char *fw_event_classic(const struct fw_record_header *record);

/* Records by type, those that are not all 0; nothing when all are. */
void fw_event_report_print(FILE *file, const struct fw_reader_report *report);

#endif
