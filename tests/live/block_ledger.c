// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stamps on payload, the counts made of them, and the JSON line of a run. */
#include "block.h"

#include <errno.h>
#include <string.h>

#include "traffic.h"

#define MAGIC "fwbl"
#define PREFIX_MAX 128u /* headers in front of a message that raw and packet sockets show */

/* In front of every datagram; the rest is filled with the stamp. */
struct message {
	char magic[4];
	uint32_t nonce;
	char sender; /* 'S' or 'P' */
	char stamp;  /* 'b' before the block, 'a' after */
} __attribute__((packed));

static char stamp_of(const struct fw_block_side *side)
{
	return side->run->phase >= FW_BLOCK_PHASE_AFTER ? 'a' : 'b';
}

static char letter(enum fw_block_who who)
{
	return who == FW_BLOCK_SUBJECT ? 'S' : 'P';
}

size_t fw_block_stamp(const struct fw_block_side *side, char *data, size_t bytes)
{
	struct message message = { .nonce = side->run->nonce, .sender = letter(side->who) };
	bool stream = side->scenario->flags & FW_BLOCK_STREAM;

	message.stamp = stamp_of(side);
	memcpy(message.magic, MAGIC, sizeof(message.magic));
	memset(data, message.stamp, bytes);
	if (stream)
		return bytes;
	memcpy(data, &message, sizeof(message));
	return FW_BLOCK_MESSAGE_BYTES;
}

static void count_stream(struct fw_block_counts *counts, struct fw_block_channel *channel,
	const char *data, size_t bytes)
{
	size_t i, fresh = 0, queued = 0;

	for (i = 0; i < bytes; i++) {
		if (data[i] == 'a') {
			fresh++;
		} else if (channel->queue_left > 0) {
			channel->queue_left--;
			queued++;
		}
	}
	counts->fresh += fresh;
	counts->queued += queued;
	counts->late += bytes - fresh - queued;
}

/* Raw and packet sockets see the packets of others, and their own: those do not count. */
static const struct message *find_message(
	const struct fw_block_side *side, const char *data, size_t bytes)
{
	const char *place = memmem(data, bytes < PREFIX_MAX ? bytes : PREFIX_MAX, MAGIC, 4);
	const struct message *message = (const struct message *)place;
	enum fw_block_who sender = side->who ^ 1;

	if (side->who == FW_BLOCK_SUBJECT && (side->scenario->flags & FW_BLOCK_ECHO))
		sender = FW_BLOCK_SUBJECT;
	if (!place || (size_t)(data + bytes - place) < sizeof(*message) ||
		message->nonce != side->run->nonce || message->sender != letter(sender))
		return NULL;
	return message;
}

void fw_block_count(struct fw_block_side *side, struct fw_block_channel *channel, const char *data,
	size_t bytes)
{
	struct fw_block_counts *counts = &side->run->counts[side->who];
	bool stream = side->scenario->flags & FW_BLOCK_STREAM;
	const struct message *message = NULL;

	if (!stream) {
		message = find_message(side, data, bytes);
		if (!message)
			return;
		bytes = (size_t)(data + bytes - (const char *)message);
	}
	if (!side->after)
		counts->before += bytes;
	else if (stream)
		count_stream(counts, channel, data, bytes);
	else if (message->stamp == 'a')
		counts->fresh += bytes;
	else
		counts->queued += bytes;
}

/* One process of a side at a time, or threads that may lose one of several equal errors. */
void fw_block_error_add(struct fw_block_side *side, const char *call, int number)
{
	struct fw_block_error *errors = side->run->errors[side->who];
	unsigned int i;

	if (!side->after || number == EAGAIN || number == EINTR || number == EALREADY)
		return;
	for (i = 0; i < FW_BLOCK_ERRORS_MAX && errors[i].count > 0; i++)
		if (errors[i].number == number && strcmp(errors[i].call, call) == 0)
			break;
	if (i == FW_BLOCK_ERRORS_MAX)
		return;
	snprintf(errors[i].call, sizeof(errors[i].call), "%s", call);
	errors[i].number = number;
	errors[i].count++;
}

void fw_block_cut_add(
	struct fw_block_side *side, const struct fw_block_channel *channel, enum fw_block_cut cut)
{
	if (side->after && channel->existing && side->run->cut[side->who] == FW_BLOCK_CUT_NONE)
		side->run->cut[side->who] = cut;
}

static void print_errors(const struct fw_block_run *run, enum fw_block_who who, FILE *out)
{
	const struct fw_block_error *error = run->errors[who];
	unsigned int i;

	for (i = 0; i < FW_BLOCK_ERRORS_MAX && error[i].count > 0; i++)
		fprintf(out, "%s\"%s:%s\":%u", i ? "," : "", error[i].call,
			strerrorname_np(error[i].number), error[i].count);
}

void fw_block_report(const struct fw_block_run *run, const struct fw_block_scenario *scenario,
	int pid, FILE *out)
{
	static const char *const cuts[] = { "nothing", "fin", "reset", "error" };
	const struct fw_block_counts *subject = &run->counts[FW_BLOCK_SUBJECT];
	const struct fw_block_counts *peer = &run->counts[FW_BLOCK_PEER];

	fprintf(out,
		"{\"type\":\"block\",\"scenario\":\"%s\",\"subject_pid\":%d,\"try_ms\":%u,"
		"\"leaked\":%llu",
		scenario->name, pid, run->settings.try_ms,
		(unsigned long long)(subject->fresh + subject->late + peer->fresh + peer->late));
	fprintf(out,
		",\"reached_peer\":%llu,\"reached_peer_late\":%llu,\"reached_subject\":%llu,"
		"\"reached_subject_late\":%llu,\"subject_read_queued\":%llu,"
		"\"peer_read_queued\":%llu",
		(unsigned long long)peer->fresh, (unsigned long long)peer->late,
		(unsigned long long)subject->fresh, (unsigned long long)subject->late,
		(unsigned long long)subject->queued, (unsigned long long)peer->queued);
	fprintf(out,
		",\"before_up\":%llu,\"before_down\":%llu,\"subject_sent\":%llu,\"peer_sent\":%llu",
		(unsigned long long)peer->before, (unsigned long long)subject->before,
		(unsigned long long)subject->accepted, (unsigned long long)peer->accepted);
	fputs(",\"subject_errors\":{", out);
	print_errors(run, FW_BLOCK_SUBJECT, out);
	fputs("},\"peer_errors\":{", out);
	print_errors(run, FW_BLOCK_PEER, out);
	fprintf(out, "},\"existing\":%s,\"subject_learned\":\"%s\",\"peer_learned\":\"%s\"}\n",
		scenario->flags & FW_BLOCK_EXISTING ? "true" : "false",
		cuts[run->cut[FW_BLOCK_SUBJECT]], cuts[run->cut[FW_BLOCK_PEER]]);
}

const char *fw_block_missing(
	const struct fw_block_run *run, const struct fw_block_scenario *scenario)
{
	const struct fw_block_counts *subject = &run->counts[FW_BLOCK_SUBJECT];
	const struct fw_block_counts *peer = &run->counts[FW_BLOCK_PEER];
	unsigned int flags = scenario->flags;

	if ((flags & FW_BLOCK_UP) && peer->fresh == 0)
		return "nothing from the subject reached the peer";
	if ((flags & FW_BLOCK_DOWN) && subject->fresh == 0)
		return "nothing from the peer reached the subject";
	if ((flags & FW_BLOCK_QUEUED_UP) && (peer->late == 0 || peer->queued == 0))
		return "nothing of the subject's send buffer reached the peer";
	if ((flags & FW_BLOCK_QUEUED_DOWN) && subject->queued == 0)
		return "nothing of its queue reached the subject";
	if ((flags & FW_BLOCK_QUEUED_DOWN) && (flags & FW_BLOCK_STREAM) && subject->late == 0)
		return "nothing of the peer's send buffer reached the subject";
	return NULL;
}
