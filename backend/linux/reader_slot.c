/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/reader_slot.h"

#include "backend/linux/socket_table.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fw_reader_state *state_of(const struct fw_reader_slot *slot)
{
	return &slot->side->machine->readers[slot->slot];
}

/* A free slot is one without owner; taking it is one compare-and-swap in the shared memory. */
static int claim(struct fw_machine *machine, uint64_t owner)
{
	for (int slot = 0; slot < FW_MAX_READERS; slot++) {
		uint64_t none = 0;

		if (__atomic_compare_exchange_n(&machine->readers[slot].owner, &none, owner, false,
			    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return slot;
	}
	return -1;
}

static void reset(struct fw_reader_state *state)
{
	state->types = 0;
	memset(state->produced, 0, sizeof(state->produced));
	memset(state->lost, 0, sizeof(state->lost));
	memset(state->gap, 0, sizeof(state->gap));
	memset(state->gap_total, 0, sizeof(state->gap_total));
}

static uint32_t queue_key(const struct fw_reader_slot *slot, int queue)
{
	return (uint32_t)(slot->slot * FW_QUEUE_COUNT + queue);
}

static enum fw_status make_queue(struct fw_reader_slot *slot, int queue, uint32_t bytes,
	fw_slot_record_fn record, void *context, struct fw_error *error)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "fw_ring", 0, 0, bytes, NULL);
	int result;

	if (fd < 0)
		return fw_error_set_errno(error, errno, "making a record queue of %u bytes", bytes);
	slot->ring_fd[queue] = fd;
	if (slot->rings) {
		result = ring_buffer__add(slot->rings, fd, record, context);
	} else {
		slot->rings = ring_buffer__new(fd, record, context, NULL);
		result = slot->rings ? 0 : -errno;
	}
	if (result)
		return fw_error_set_errno(
			error, result, "mapping a record queue of %u bytes", bytes);
	return FW_OK;
}

static enum fw_status claim_slot(struct fw_reader_slot *slot, struct fw_error *error)
{
	uint64_t start_ns;
	uint32_t pid;
	enum fw_status status = fw_socket_table_identity(slot->side, &pid, &start_ns, error);

	if (status != FW_OK)
		return status;
	/* Counted first, so that the programs look for slots of a process that is killed. */
	__atomic_add_fetch(&slot->side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
	slot->slot = claim(slot->side->machine, fw_handle(pid, start_ns));
	if (slot->slot < 0) {
		__atomic_sub_fetch(&slot->side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
		return fw_error_set(error, FW_FAILED,
			"all %d reader places are taken: end another events, record, watch "
			"--by connection, stat or ports --follow",
			FW_MAX_READERS);
	}
	reset(state_of(slot));
	return FW_OK;
}

static enum fw_status enter_queues(struct fw_reader_slot *slot, struct fw_error *error)
{
	for (int queue = 0; queue < FW_QUEUE_COUNT; queue++) {
		uint32_t key = queue_key(slot, queue);

		if (slot->ring_fd[queue] >= 0 &&
			bpf_map_update_elem(slot->side->map_fd[FW_MAP_READERS], &key,
				&slot->ring_fd[queue], BPF_ANY))
			return fw_error_set_errno(error, errno, "entering a record queue");
	}
	return FW_OK;
}

enum fw_status fw_reader_slot_enter(struct fw_reader_slot *slot, struct fw_kernel_side *side,
	uint64_t types, uint32_t queue_bytes, fw_slot_record_fn record, void *context,
	struct fw_error *error)
{
	static const uint64_t types_of[FW_QUEUE_COUNT] = {
		[FW_QUEUE_NETWORK] = FW_NETWORK_TYPES,
		[FW_QUEUE_PROCESS] = FW_PROCESS_TYPES,
	};
	enum fw_status status = FW_OK;

	*slot = (struct fw_reader_slot){ .side = side, .slot = -1, .ring_fd = { -1, -1 } };
	for (int queue = 0; queue < FW_QUEUE_COUNT && status == FW_OK; queue++)
		if (types & types_of[queue])
			status = make_queue(slot, queue, queue_bytes, record, context, error);
	if (status == FW_OK)
		status = claim_slot(slot, error);
	if (status == FW_OK)
		status = enter_queues(slot, error);
	if (status != FW_OK)
		return status;
	__atomic_store_n(&state_of(slot)->types, types & (FW_NETWORK_TYPES | FW_PROCESS_TYPES),
		__ATOMIC_RELEASE);
	slot->produces = true;
	return FW_OK;
}

int fw_reader_slot_consume(struct fw_reader_slot *slot)
{
	return slot->rings ? ring_buffer__consume(slot->rings) : 0;
}

int fw_reader_slot_fd(const struct fw_reader_slot *slot)
{
	return slot->rings ? ring_buffer__epoll_fd(slot->rings) : -1;
}

/* A change of a map of maps waits until no program runs that may still use what was there. */
static void wait_for_programs(const struct fw_reader_slot *slot)
{
	for (int queue = 0; queue < FW_QUEUE_COUNT; queue++) {
		uint32_t key = queue_key(slot, queue);

		if (slot->ring_fd[queue] >= 0)
			bpf_map_update_elem(slot->side->map_fd[FW_MAP_READERS], &key,
				&slot->ring_fd[queue], BPF_ANY);
	}
}

void fw_reader_slot_retire(struct fw_reader_slot *slot)
{
	if (!slot->produces)
		return;
	slot->produces = false;
	__atomic_store_n(&state_of(slot)->types, 0, __ATOMIC_RELEASE);
	wait_for_programs(slot);
}

bool fw_reader_slot_take_gap(struct fw_reader_slot *slot, struct fw_loss_record *loss)
{
	struct fw_reader_state *state = state_of(slot);
	bool any = false;

	memset(loss, 0, sizeof(*loss));
	loss->header.size = sizeof(*loss);
	loss->header.type = FW_RECORD_LOSS;
	loss->header.time_ns = fw_host_boot_ns();
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		loss->lost[i] = __atomic_exchange_n(&state->gap[i], 0, __ATOMIC_ACQ_REL);
		any |= loss->lost[i] != 0;
	}
	return any;
}

void fw_reader_slot_count(const struct fw_reader_slot *slot, struct fw_reader_report *report)
{
	const struct fw_reader_state *state = state_of(slot);

	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		report->produced[i] += __atomic_load_n(&state->produced[i], __ATOMIC_RELAXED);
		report->lost[i] += __atomic_load_n(&state->lost[i], __ATOMIC_RELAXED);
	}
}

static void give_back(struct fw_reader_slot *slot)
{
	for (int queue = 0; queue < FW_QUEUE_COUNT; queue++) {
		uint32_t key = queue_key(slot, queue);

		bpf_map_delete_elem(slot->side->map_fd[FW_MAP_READERS], &key);
	}
	__atomic_store_n(&state_of(slot)->owner, 0, __ATOMIC_RELEASE);
	__atomic_sub_fetch(&slot->side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
	slot->slot = -1;
}

static bool has_queues(struct fw_kernel_side *side, int slot)
{
	bool any = false;

	for (int queue = 0; queue < FW_QUEUE_COUNT; queue++) {
		uint32_t key = (uint32_t)(slot * FW_QUEUE_COUNT + queue), id;

		any |= bpf_map_lookup_elem(side->map_fd[FW_MAP_READERS], &key, &id) == 0;
	}
	return any;
}

/* The slot is taken while its queues go, so that nobody puts new ones there meanwhile. */
void fw_reader_slot_sweep(struct fw_kernel_side *side)
{
	uint64_t start_ns, none;
	uint32_t pid;

	for (int i = 0; i < FW_MAX_READERS; i++) {
		struct fw_reader_slot slot = { .side = side, .slot = i };

		if (side->machine->readers[i].owner || !has_queues(side, i) ||
			fw_socket_table_identity(side, &pid, &start_ns, NULL) != FW_OK)
			continue;
		none = 0;
		__atomic_add_fetch(&side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
		if (__atomic_compare_exchange_n(&side->machine->readers[i].owner, &none,
			    fw_handle(pid, start_ns), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			give_back(&slot);
		else
			__atomic_sub_fetch(&side->machine->reader_count, 1, __ATOMIC_ACQ_REL);
	}
}

void fw_reader_slot_leave(struct fw_reader_slot *slot)
{
	if (!slot->side)
		return;
	fw_reader_slot_retire(slot);
	if (slot->slot >= 0)
		give_back(slot);
	ring_buffer__free(slot->rings);
	for (int queue = 0; queue < FW_QUEUE_COUNT; queue++)
		if (slot->ring_fd[queue] >= 0)
			close(slot->ring_fd[queue]);
	memset(slot, 0, sizeof(*slot));
}
