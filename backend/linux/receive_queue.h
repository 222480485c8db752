/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Throwing away what waits in the sockets of another process. One thread. */
#ifndef FW_RECEIVE_QUEUE_H
#define FW_RECEIVE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

/* Every inet and packet socket that process `pid` holds (of a listener, the connections that wait
 * to be accepted) for which `wanted` says so, by its id (socket cookie). Nothing is left to be read
 * by then. A packet socket receives nothing any more. */
void fw_receive_queues_empty(
	uint32_t pid, bool (*wanted)(uint64_t id, void *argument), void *argument);

#endif
