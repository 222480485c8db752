/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The directory under bpffs that holds the loaded kernel side: making it appear whole, and removing
 * it. Called by kernel_side.c; one thread, safe against other processes doing the same.
 */
#ifndef FW_PIN_DIRECTORY_H
#define FW_PIN_DIRECTORY_H

#include "flowwatcher/error.h"

#include <stddef.h>

/* Where the loaded kernel side is: FLOWWATCHER_BPFFS or /sys/fs/bpf, then "/flowwatcher". */
const char *fw_pin_directory(void);

/* Make sure that bpffs is mounted there (mounting it if need be) and make an empty directory under
 * a temporary name, written to `path`. Removes what a killed `load` may have left. */
enum fw_status fw_pin_directory_begin(char *path, size_t size, struct fw_error *error);
/* Give it its final name in one step. FW_EXISTS: another `load` was first. */
enum fw_status fw_pin_directory_publish(const char *path, struct fw_error *error);
/* Keep others from changing what is there until *lock is closed. While that was waited for,
 * `unload` may have taken it away, and `load` put another there: see fw_kernel_side_is_pinned(). */
enum fw_status fw_pin_directory_lock(int *lock, struct fw_error *error);
/* FW_FAILED, with the message for who had it open and finds it gone. */
enum fw_status fw_pin_directory_gone(struct fw_error *error);
/* Let a group read what is in a directory of fw_pin_directory_begin(), and what comes later. 0 or
 * negative errno. */
int fw_pin_directory_share_all(const char *path, unsigned int group);
/* The same of one pin that came later, if the directory is shared. 0 or negative errno. */
int fw_pin_directory_share(const char *pin);
/* Take the final name away in one step, so that nobody finds half of it, when nobody changes what
 * is there any more (they hold a lock on the directory); the temporary name is written to
 * `path`. */
enum fw_status fw_pin_directory_withdraw(char *path, size_t size, struct fw_error *error);
/* Remove a directory with all its pins, and the mount if `load` made it. */
enum fw_status fw_pin_directory_remove(const char *path, struct fw_error *error);
/* Remove what killed `load` or `unload` commands left. */
void fw_pin_directory_sweep(void);

#endif
