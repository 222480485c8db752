/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Names of adapters and patterns for them: '*' stands for any number of bytes, '?' for one. For the
 * programs, and for the backends that choose an adapter's list. Callable from any thread.
 */
#ifndef FLOWWATCHER_ADAPTER_PATTERN_H
#define FLOWWATCHER_ADAPTER_PATTERN_H

#include <stdbool.h>

/* Is it a pattern and not the name of one adapter? */
bool fw_adapter_is_pattern(const char *text);

/* Does `pattern` (or the name of one adapter) stand for the adapter `name`? */
bool fw_adapter_matches(const char *pattern, const char *name);

/*
 * Of two texts that both stand for an adapter: does `text` count, and not `other`? Its own name
 * comes before any pattern, a longer pattern before a shorter one, the first by its bytes of two
 * equally long ones. The same text does not come before itself.
 */
bool fw_adapter_precedes(const char *text, const char *other);

#endif
