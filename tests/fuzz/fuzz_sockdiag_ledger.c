/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Any sequence of listings, endings, passed sockets and exits: no total ever decreases, and what
 * the processes, the departed and the unattributed have together is what the connections were seen
 * to move.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/sockdiag/tcp_ledger.h"

#define PIDS 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
	uint8_t exited; /* bit for each pid */
};

static uint8_t next(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static bool runs(uint32_t pid, uint64_t start_ns, void *argument)
{
	const struct input *input = argument;

	return !(input->exited >> pid % PIDS & 1);
}

static struct fw_diag_socket next_socket(struct input *input)
{
	return (struct fw_diag_socket){
		.cookie = next(input) % 16,
		.inode = next(input) % 4,
		.state = next(input) % FW_STATE_COUNT,
		.unread = next(input),
		.unacked = next(input),
		.tcp = { .acked = next(input) * 16u,
			.received = next(input) * 16u,
			.sent = next(input) * 16u,
			.retransmitted = next(input),
			.not_sent = next(input) % 4,
			.packets_in_flight = next(input) % 2,
			.has_acked = true,
			.has_sent = true },
	};
}

static void see(struct fw_tcp_ledger *ledger, struct input *input)
{
	struct fw_diag_socket first = next_socket(input), second = first;
	struct fw_process holder = { .pid = 1 + next(input) % PIDS };
	bool is_changed = false;

	second.unread = next(input);
	second.unacked = next(input);
	if (fw_tcp_ledger_note(ledger, &first, &is_changed) == FW_OK && is_changed)
		fw_tcp_ledger_see(
			ledger, &first, &second, next(input) % 3 ? &holder : NULL, runs, input);
}

static void add(struct fw_counters *sum, const struct fw_counters *counters)
{
	sum->sent += counters->sent;
	sum->received += counters->received;
}

static struct fw_counters total(const struct fw_tcp_ledger *ledger)
{
	struct fw_counters sum = ledger->departed;

	add(&sum, &ledger->unattributed);
	for (size_t i = 0; i < ledger->process_count; i++)
		add(&sum, &ledger->processes[i].counters);
	return sum;
}

static struct fw_counters of_connections(const struct fw_tcp_ledger *ledger)
{
	struct fw_counters sum = { 0 };

	for (size_t i = 0; i < ledger->entry_count; i++)
		add(&sum, &ledger->entries[i].counters);
	return sum;
}

static void play_round(struct fw_tcp_ledger *ledger, struct input *input)
{
	fw_tcp_ledger_begin(ledger, ledger->round + 1);
	for (uint8_t sockets = next(input) % 8; sockets; sockets--)
		see(ledger, input);
	/* Before endings, every byte is still in some connection unless one was forgotten earlier.
	 */
	struct fw_counters seen = of_connections(ledger), all = total(ledger);

	if (all.sent < seen.sent || all.received < seen.received)
		abort();
	for (uint8_t endings = next(input) % 4; endings; endings--) {
		struct fw_diag_socket ended = next_socket(input);

		ended.state = FW_STATE_CLOSED;
		fw_tcp_ledger_end(ledger, &ended);
	}
	if (next(input) % 16 == 1)
		fw_tcp_ledger_missed(ledger);
	input->exited = next(input);
	fw_tcp_ledger_finish(ledger, runs, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { .at = data, .left = size };
	struct fw_tcp_ledger ledger = { 0 };
	struct fw_counters before = { 0 };

	ledger.keeps_vanished = next(&input) % 2;
	while (input.left) {
		play_round(&ledger, &input);
		struct fw_counters after = total(&ledger);

		if (after.sent < before.sent || after.received < before.received)
			abort();
		if (ledger.round == 1 && (after.sent || after.received))
			abort();
		before = after;
	}
	fw_tcp_ledger_done(&ledger);
	return 0;
}
