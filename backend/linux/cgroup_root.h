/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The root of the cgroup v2 hierarchy, wherever it is mounted, or nowhere. Any thread. */
#ifndef FW_CGROUP_ROOT_H
#define FW_CGROUP_ROOT_H

/* A descriptor of the hierarchy's root directory; the caller closes it. Negative errno on failure.
 * Uses a detached mount of its own, so it neither depends on nor leaves a mount anywhere. */
int fw_cgroup_root_open(void);

#endif
