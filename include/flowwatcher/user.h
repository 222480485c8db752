/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of users, asked of the system once a user. Callable from any thread. */
#ifndef FLOWWATCHER_USER_H
#define FLOWWATCHER_USER_H

#include <stdint.h>

/* The name of the user, or NULL where it has none. Valid until the thread's next call. */
const char *fw_user_find_name(uint32_t uid);

#endif
