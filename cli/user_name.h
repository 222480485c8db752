/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of users for tables. One thread. */
#ifndef FW_CLI_USER_NAME_H
#define FW_CLI_USER_NAME_H

#include <stdint.h>

/* The user's name, else the number, "?" for UINT32_MAX. Asked of the system once a uid. Valid until
 * the next call. */
const char *fw_user_name(uint32_t uid);

#endif
