/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The links of the kernel side, by their pins. The kernel ends a link some time after its last pin has
 * gone, and its program runs until then: who takes pins away and says that it is over waits here.
 * Called by bpf_load.c and rule_hooks.c, one thread.
 */
#ifndef FW_PINNED_LINKS_H
#define FW_PINNED_LINKS_H

#include <stddef.h>
#include <stdint.h>

#define FW_PINNED_LINKS_MAX 256

struct fw_pinned_links {
	uint32_t ids[FW_PINNED_LINKS_MAX];
	size_t count;
};

/* `link` is a descriptor during the call. A directory that cannot be read has none. */
typedef void (*fw_pinned_link_fn)(int link, void *argument);
void fw_pinned_links_each(const char *directory, fw_pinned_link_fn row, void *argument);

/* Take one pin away; what the kernel detaches on demand no longer runs then, and is not there twice if it
 * is attached anew at once. Does nothing where there is none. */
void fw_pinned_link_remove(const char *path);

/* Detach those that the kernel detaches on demand (of control groups), and write down all of them. */
void fw_pinned_links_detach(const char *directory, struct fw_pinned_links *links);

/* After their pins have gone: until the kernel has ended them, at most a few seconds, as somebody else
 * may hold one. */
void fw_pinned_links_wait(const struct fw_pinned_links *links);

#endif
