/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/record_reader.h"

#include "backend/linux/socket_table.h"
#include "core/record_check.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RING_BYTES (1u << 20)
#define NAP_MS	   50 /* the kernel side wakes a reader only when much is waiting */

static int deliver(void *context, void *data, size_t size)
{
	struct fw_record_reader *reader = context;
	const struct fw_record_header *record;

	if (fw_record_at(data, size, &record) != FW_OK)
		return 0;
	return reader->callback(record, reader->argument) ? 0 : -ECANCELED;
}

/* A free slot is one without owner; taking it is one compare-and-swap in the shared memory. */
static int claim_slot(struct fw_machine *machine, uint64_t owner)
{
	for (int slot = 0; slot < FW_MAX_READERS; slot++) {
		uint64_t none = 0;

		if (__atomic_compare_exchange_n(&machine->readers[slot].owner, &none, owner, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return slot;
	}
	return -1;
}

static void reset_slot(struct fw_reader_state *state)
{
	state->types = 0;
	state->sequence = 0;
	memset(state->produced, 0, sizeof(state->produced));
	memset(state->lost, 0, sizeof(state->lost));
	memset(state->gap, 0, sizeof(state->gap));
	state->gap_total = 0;
}

static enum fw_status enter_slot(struct fw_record_reader *reader, struct fw_kernel_side *side,
	uint64_t types, struct fw_error *error)
{
	struct fw_machine *machine = side->machine;
	uint64_t start_ns;
	uint32_t pid, slot;
	enum fw_status status;

	status = fw_socket_table_identity(side, &pid, &start_ns, error);
	if (status != FW_OK)
		return status;
	reader->slot = claim_slot(machine, fw_handle(pid, start_ns));
	if (reader->slot < 0)
		return fw_error_set(error, FW_FAILED,
			"all %d reader places are taken: end another watch, stat or ports --follow",
			FW_MAX_READERS);
	slot = (uint32_t)reader->slot;
	reset_slot(&machine->readers[slot]);
	if (bpf_map_update_elem(side->map_fd[FW_MAP_READERS], &slot, &reader->ring_fd, BPF_ANY))
		return fw_error_set_errno(error, errno, "entering a record queue");
	__atomic_add_fetch(&machine->reader_count, 1, __ATOMIC_ACQ_REL);
	__atomic_store_n(&machine->readers[slot].types, types, __ATOMIC_RELEASE);
	return FW_OK;
}

enum fw_status fw_record_reader_start(struct fw_record_reader *reader, struct fw_kernel_side *side,
	uint64_t types, struct fw_error *error)
{
	enum fw_status status;

	reader->slot = -1;
	reader->ring_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "fw_ring", 0, 0, RING_BYTES, NULL);
	if (reader->ring_fd < 0)
		return fw_error_set_errno(error, errno, "making a record queue of %u bytes",
			RING_BYTES);
	reader->ring = ring_buffer__new(reader->ring_fd, deliver, reader, NULL);
	status = reader->ring ? enter_slot(reader, side, types, error) :
				fw_error_set_errno(error, errno, "mapping a record queue");
	if (status != FW_OK)
		fw_record_reader_stop(reader, side);
	return status;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

enum fw_status fw_record_reader_poll(struct fw_record_reader *reader, int timeout_ms,
	fw_record_fn callback, void *argument, struct fw_error *error)
{
	int64_t deadline = now_ms() + timeout_ms;

	reader->callback = callback;
	reader->argument = argument;
	for (;;) {
		int got = ring_buffer__consume(reader->ring);
		int64_t left = deadline - now_ms();

		if (got == -ECANCELED)
			return FW_STOPPED;
		if (got < 0)
			return fw_error_set_errno(error, got, "reading the record queue");
		if (got > 0 || left <= 0)
			return FW_OK;
		got = ring_buffer__poll(reader->ring, left < NAP_MS ? (int)left : NAP_MS);
		if (got > 0)
			return FW_OK;
		if (got == -ECANCELED || got == -EINTR)
			return got == -EINTR ? FW_OK : FW_STOPPED;
	}
}

void fw_record_reader_stop(struct fw_record_reader *reader, struct fw_kernel_side *side)
{
	uint32_t slot = (uint32_t)reader->slot;

	if (reader->slot >= 0) {
		struct fw_reader_state *state = &side->machine->readers[slot];

		if (__atomic_exchange_n(&state->types, 0, __ATOMIC_ACQ_REL))
			__atomic_sub_fetch(&side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
		bpf_map_delete_elem(side->map_fd[FW_MAP_READERS], &slot);
		__atomic_store_n(&state->owner, 0, __ATOMIC_RELEASE);
	}
	ring_buffer__free(reader->ring);
	if (reader->ring_fd > 0)
		close(reader->ring_fd);
	memset(reader, 0, sizeof(*reader));
	reader->slot = -1;
}
