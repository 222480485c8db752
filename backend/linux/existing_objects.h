/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What existed before a reader began, as records marked FW_RECORD_EXISTING. Called by
 * bpf_backend.c; one thread.
 */
#ifndef FW_EXISTING_OBJECTS_H
#define FW_EXISTING_OBJECTS_H

#include "backend/linux/kernel_side.h"
#include "backend/linux/record_merge.h"

/*
 * Add a process_create record for every process and an image_load record for every file it has
 * mapped executable, as far as `types` (bits) has these, to `into`, in the order in which they are
 * to be delivered. What came into the queues meanwhile must be gathered afterwards, for
 * fw_existing_reconcile().
 */
enum fw_status fw_existing_collect(const struct fw_kernel_side *side, uint64_t types,
	struct fw_record_merge *into, struct fw_error *error);

/* The same for a connection, if the socket is one, and for a port; `into` is the struct
 * fw_record_merge. False: no memory. */
bool fw_existing_add_connection(const struct fw_connection *connection, void *into);
bool fw_existing_add_port(const struct fw_port *port, void *into);

/* Drop from `existing` what `live` announces too, and add what ended between the beginning of the
 * subscription and the listing: each object is announced once, whichever way. Their time is
 * `began_ns`, when the subscription began; only `types` (bits) are added. */
enum fw_status fw_existing_reconcile(struct fw_record_merge *existing, struct fw_record_merge *live,
	uint64_t types, uint64_t began_ns, struct fw_error *error);

#endif
