/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/inverted_call.h"

#include <stdlib.h>
#include <string.h>

#include "abi/control.h"
#include "backend/windows/record_tidy.h"
#include "core/record_check.h"

#define READ_BYTES 65536u

/* Reads that one poll() hands on at most, so that its caller can look at signals in between. */
#define READS_A_POLL 16

/* How long the driver may take for what is left when it was told to stop. */
#define DRAIN_MS 5000

struct fw_inverted_call {
	struct fw_device_channel *channel;
	const struct fw_drive_table *drives;
	uint32_t next;	   /* slot whose read was begun first */
	uint32_t length;   /* bytes of the next slot's buffer that are there to be handed on; 0: it is pending */
	uint32_t position; /* of these, handed on */
	bool has_ended;	   /* a read gave nothing: there is no more */
	bool is_draining;
	uint8_t *buffers[FW_DEVICE_READS];
};

static enum fw_status subscribe(struct fw_inverted_call *call,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	uint32_t queue = subscription->queue_bytes;
	struct fw_control_subscription wanted = {
		.size = sizeof(wanted),
		.types = subscription->types,
		.existing = subscription->existing,
	};
	uint32_t returned;

	if (queue && queue < FW_CONTROL_QUEUE_MIN)
		queue = FW_CONTROL_QUEUE_MIN;
	wanted.queue_bytes = queue > FW_CONTROL_QUEUE_MAX ? FW_CONTROL_QUEUE_MAX : queue;
	return fw_device_call(call->channel, FW_CONTROL_SUBSCRIBE, &wanted, sizeof(wanted), NULL, 0,
		&returned, "subscribing to events", error);
}

static enum fw_status start_reads(struct fw_inverted_call *call, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	for (uint32_t i = 0; i < FW_DEVICE_READS && status == FW_OK; i++) {
		call->buffers[i] = malloc(READ_BYTES);
		if (!call->buffers[i])
			return fw_error_set(error, FW_NO_MEMORY, "no memory to read events");
		status = fw_device_read_start(call->channel, i, call->buffers[i], READ_BYTES, error);
	}
	return status;
}

/* Reads that were begun before one failed go on until the channel is closed, so the reader stays with its buffers. */
enum fw_status fw_inverted_call_start(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	const struct fw_subscription *subscription, struct fw_inverted_call **call,
	struct fw_error *error)
{
	struct fw_inverted_call *made = calloc(1, sizeof(*made));
	enum fw_status status;

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to read events");
	made->channel = channel;
	made->drives = drives;
	status = subscribe(made, subscription, error);
	if (status != FW_OK) {
		free(made);
		return status;
	}
	*call = made;
	return start_reads(made, error);
}

void fw_inverted_call_free(struct fw_inverted_call *call)
{
	if (!call)
		return;
	for (size_t i = 0; i < FW_DEVICE_READS; i++)
		free(call->buffers[i]);
	free(call);
}

/* Hand on what is left of the buffer that came. */
static enum fw_status hand_on(struct fw_inverted_call *call, fw_record_fn record, void *argument,
	struct fw_error *error)
{
	uint8_t *buffer = call->buffers[call->next];

	while (call->position < call->length) {
		const struct fw_record_header *found;

		if (fw_record_whole(buffer + call->position, call->length - call->position,
			    &found) != FW_OK) {
			call->has_ended = true;
			return fw_error_set(error, FW_MALFORMED,
				"a record of the driver is not as it must be; load one of this version with "
				"'flowwatcher unload' and 'flowwatcher load'");
		}
		fw_record_tidy((struct fw_record_header *)(buffer + call->position), call->drives);
		call->position += found->size;
		if (record && !record(found, argument))
			return FW_STOPPED;
	}
	return FW_OK;
}

/* The buffer was handed on: give it to the driver again, behind all others. */
static enum fw_status give_back(struct fw_inverted_call *call, struct fw_error *error)
{
	uint32_t slot = call->next;

	call->length = 0;
	call->position = 0;
	call->next = (slot + 1) % FW_DEVICE_READS;
	return fw_device_read_start(call->channel, slot, call->buffers[slot], READ_BYTES, error);
}

/* Wait for the next read, hand its records on and begin it anew. *came false: nothing came in time. */
static enum fw_status take_read(struct fw_inverted_call *call, int timeout_ms, fw_record_fn record,
	void *argument, bool *came, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	uint32_t got;
	bool done;

	*came = true;
	if (!call->length) {
		status = fw_device_read_wait(call->channel, call->next, timeout_ms, &done, &got, error);
		if (status != FW_OK) {
			call->has_ended = true;
			return status;
		}
		*came = done;
		if (!done)
			return FW_OK;
		call->length = got;
		call->has_ended = !got;
		if (!got)
			return FW_OK;
	}
	status = hand_on(call, record, argument, error);
	return status == FW_OK ? give_back(call, error) : status;
}

enum fw_status fw_inverted_call_poll(struct fw_inverted_call *call, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	bool came = true;

	for (int i = 0; i < READS_A_POLL && came && status == FW_OK; i++) {
		if (call->has_ended)
			return i ? FW_OK :
				   fw_error_set(error, FW_NOT_FOUND,
					   "the driver gives no more events: it was stopped or unloaded");
		status = take_read(call, i ? 0 : timeout_ms, record, argument, &came, error);
	}
	return status;
}

enum fw_status fw_inverted_call_drain(struct fw_inverted_call *call, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	uint32_t returned;
	bool came;

	if (!call->is_draining && !call->has_ended)
		status = fw_device_call(call->channel, FW_CONTROL_DRAIN, NULL, 0, NULL, 0, &returned,
			"ending the events", error);
	call->is_draining = status == FW_OK;
	while (status == FW_OK && !call->has_ended) {
		status = take_read(call, DRAIN_MS, record, argument, &came, error);
		if (status == FW_OK && !came)
			return fw_error_set(error, FW_FAILED,
				"the driver does not end its events within %d s", DRAIN_MS / 1000);
	}
	return status;
}
