/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tests may say of tokens and names, beyond nt_kernel.h. */
#ifndef FW_NT_INFORMATION_H
#define FW_NT_INFORMATION_H

#include "nt_kernel.h"

enum nt_token {
	NT_TOKEN_OF_PROCESS,	/* system's, if it is process 4; else an administrator's, or a user's */
	NT_TOKEN_USER,		/* the thread impersonates a user */
	NT_TOKEN_ADMINISTRATOR, /* ... an administrator */
	NT_TOKEN_IDENTIFIED,	/* ... one that it may only identify */
	NT_TOKEN_NOT_RAISED,	/* ... an administrator who did not consent: the group is for refusals */
};
void nt_token_set(enum nt_token token); /* of the calling thread */

/* What \??\X: leads to; NULL: nothing. */
void nt_drive_set(char letter, const char *target);

/* Does the device's security descriptor grant to SYSTEM and Administrators and to nobody else? */
bool nt_device_is_secured(void);

#endif
