/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the two sources of fuzz_nt_transport share: its files and requests, and the events that they
 * raise. Called by libFuzzer's thread. */
#ifndef FW_FUZZ_NT_TRANSPORT_H
#define FW_FUZZ_NT_TRANSPORT_H

#include "fuzz_nt_input.h"
#include "tests/nt/tdi_client.h"

enum { FUZZ_FILES = 4, FUZZ_REQUESTS = 6 };

extern struct fuzz_transport {
	PFILE_OBJECT files[FUZZ_FILES];
	struct tdi_request requests[FUZZ_REQUESTS]; /* irp NULL: free */
} fuzz_transport;

/* Memory of exactly this size, there until the end of the input. */
struct fuzz_block {
	struct fuzz_block *next;
	void *memory;
};
void *fuzz_block(const void *bytes, size_t size);

/* A transport address, or what pretends to be one; its length is true or negative. May be NULL,
 * whatever the length. */
void *fuzz_address(struct fuzz_input *input, LONG *length);

PFILE_OBJECT fuzz_file(uint8_t which);	/* NULL: not open */
struct tdi_request *fuzz_request(void); /* a free one, or NULL */

/* fuzz_nt_event.c */
void fuzz_set_handler(struct fuzz_input *input, PFILE_OBJECT file);
void fuzz_raise(struct fuzz_input *input, uint8_t which);

#endif
