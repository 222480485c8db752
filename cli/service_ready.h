/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a service manager wants to know of a command that stays. One thread. */
#ifndef FW_CLI_SERVICE_READY_H
#define FW_CLI_SERVICE_READY_H

/* Units that wait for this command may start: the protocol of sd_notify(3). Nothing where nobody
 * asked. */
void fw_service_ready(void);

#endif
