/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lines of what `ipset save` writes and `ipset restore` reads. For the reader of lists; any thread.
 */
#ifndef FW_IPSET_LINE_H
#define FW_IPSET_LINE_H

#include "lib/filter_line.h"
#include "lib/text_span.h"

/* Is it one, by its first words? */
bool fw_ipset_line_is(struct fw_span line);

/* As fw_filter_line_read(), whose `text` it is part of. */
bool fw_ipset_line_read(const char *text, struct fw_span line, struct fw_filter_line *read,
	struct fw_filter_fault *fault);

#endif
