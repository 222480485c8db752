/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which container a control group belongs to, by the name that its manager gives it. Any thread. */
#ifndef FLOWWATCHER_CONTAINER_H
#define FLOWWATCHER_CONTAINER_H

#include <stdbool.h>

#define FW_CONTAINER_SIZE 256

/*
 * The innermost container in a cgroup path: the 64 hexadecimal digits of Docker, Podman, containerd
 * and CRI-O, the name of LXC's and systemd-nspawn's. `container` has FW_CONTAINER_SIZE bytes and is
 * written only when there is one. The processes beside a container that look after it (conmon, the
 * monitor of LXC) are in none.
 */
bool fw_cgroup_container(const char *path, char *container);

#endif
