/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Drivers that say what a test wants, in the place of backend/windows/device_channel.c, and adapters in that of
 * lib/host/network_adapters.c. Bytes lie at the end of their
 * memory, so that reading behind an answer is seen by the sanitizers. One test at a time.
 */
#ifndef FW_TEST_DEVICE_SCRIPT_H
#define FW_TEST_DEVICE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "lib/host/network_adapters.h"

#define SCRIPT_READS 64

struct script_answer {
	const void *bytes;
	size_t length;
	enum fw_status status; /* FW_OK: the bytes */
};

struct device_script {
	enum fw_status open; /* of opening the device */
	/* What it says to a call; NULL: the answers below. */
	struct script_answer (*answer)(uint32_t function, const void *in, uint32_t in_size);
	struct script_answer reads[SCRIPT_READS]; /* in the order in which reads are begun */
	size_t read_count;			  /* a read behind them stays pending */
	struct fw_network_adapter network[2];
	size_t network_count;

	/* What happened. */
	size_t opened, closed, calls, reads_begun;
	uint32_t last_function, last_device;
};

extern struct device_script device_script;

/* Greets back, knows no rows, and pends every read. */
void device_script_reset(void);

#endif
