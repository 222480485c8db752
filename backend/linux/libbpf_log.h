/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Keeps libbpf's warnings off the terminal and the first of them for our own messages. One
 * thread. */
#ifndef FW_LIBBPF_LOG_H
#define FW_LIBBPF_LOG_H

/* Starts anew. With FLOWWATCHER_DEBUG set in the environment everything goes to standard error as
 * well. */
void fw_libbpf_log_capture(void);
/* The first warning since, without newline; "" when there was none. Static storage. */
const char *fw_libbpf_log_first(void);

#endif
