/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwshaper: drives the shaper of a loaded kernel side without rules. For the live tests and for
 * trying things by hand.
 *
 *   fwshaper set SLOT SENT RECEIVED   limit SLOT: bytes a second, 0: not limited
 *   fwshaper clear SLOT               no limit
 *   fwshaper cover                    devices and namespaces as they are now
 *   fwshaper remove                   everything that is ours
 *   fwshaper counters SLOT
 *   fwshaper run SLOT COMMAND...      COMMAND is limited by SLOT
 */
#include "backend/linux/shaper.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

static struct fw_kernel_side side;
static struct fw_error error;

static int fail(const char *what)
{
	fprintf(stderr, "fwshaper: %s: %s\n", what, error.text[0] ? error.text : strerror(errno));
	return 1;
}

static int set_limit(uint32_t slot, uint64_t sent, uint64_t received)
{
	struct fw_limit *limits = fw_shaper_limits(&side);
	const struct fw_limit wanted = { sent || received ? slot : 0, 0, sent, received };
	enum fw_status status;

	if (!limits)
		return fail("set");
	limits[slot] = wanted;
	if (!wanted.rule)
		bpf_map_update_elem(side.map_fd[FW_MAP_LIMITS], &slot, &wanted, BPF_ANY);
	status = fw_shaper_apply(&side, limits, &error);
	if (wanted.rule && status == FW_OK)
		bpf_map_update_elem(side.map_fd[FW_MAP_LIMITS], &slot, &wanted, BPF_ANY);
	free(limits);
	return status == FW_OK ? 0 : fail("set");
}

/* Traffic of its own, of a length that nobody else has, makes a process known: its number may be
 * another in the namespace that counts. */
static size_t be_known(void)
{
	static char bytes[40000];
	struct sockaddr_in self = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint16_t length;

	if (getrandom(&length, sizeof(length), 0) != sizeof(length))
		length = 4711;
	bind(fd, (struct sockaddr *)&self, size);
	getsockname(fd, (struct sockaddr *)&self, &size);
	length = (uint16_t)(length % sizeof(bytes) + 1);
	sendto(fd, bytes, length, 0, (struct sockaddr *)&self, size);
	close(fd);
	return length;
}

static int run(uint32_t slot, char **command)
{
	const struct fw_member member = { .limit_rule = slot, .limit_slot = slot };
	size_t sent = be_known();

	if (fw_kernel_side_map_rows(&side, side.machine->rows_used, &error) != FW_OK)
		return fail("rows");
	for (size_t i = 0; i < side.rows_mapped; i++) {
		const struct fw_process_state *row = &side.rows[i];

		if (row->handle && !row->exited && row->counters.sent == sent)
			bpf_map_update_elem(
				side.map_fd[FW_MAP_MEMBERS], &row->handle, &member, BPF_ANY);
	}
	execvp(command[0], command);
	return fail(command[0]);
}

static int print_counters(uint32_t slot)
{
	struct fw_rule_counters counters = { 0 };

	if (!fw_shaper_counters(&side, slot, &counters))
		return fail("counters");
	printf("hits %" PRIu64 " bytes %" PRIu64 " dropped %" PRIu64 " sent %" PRIu64
	       " received %" PRIu64 " sent_rate %" PRIu64 " received_rate %" PRIu64 "\n",
		counters.hits, counters.bytes, counters.dropped, counters.sent, counters.received,
		counters.sent_rate, counters.received_rate);
	return 0;
}

static bool print_feature(const struct fw_feature *feature, void *argument)
{
	printf("%s | %s | %d | %s\n", feature->group, feature->name, feature->state,
		feature->reason);
	return true;
}

static uint32_t slot_of(const char *text)
{
	unsigned long slot = strtoul(text, NULL, 10);

	return slot > 0 && slot < FW_LIMIT_SLOTS ? (uint32_t)slot : 1;
}

static int with_side(int count, char **words)
{
	const char *what = words[1];

	if (fw_kernel_side_open(&side, &error) != FW_OK)
		return fail(what);
	if (!strcmp(what, "cover"))
		return fw_shaper_cover(&side, &error) == FW_OK ? 0 : fail(what);
	if (count < 3)
		return fail("a slot is missing");
	if (!strcmp(what, "set") && count == 5)
		return set_limit(slot_of(words[2]), strtoull(words[3], NULL, 10),
			strtoull(words[4], NULL, 10));
	if (!strcmp(what, "clear"))
		return set_limit(slot_of(words[2]), 0, 0);
	if (!strcmp(what, "counters"))
		return print_counters(slot_of(words[2]));
	if (!strcmp(what, "run") && count > 3)
		return run(slot_of(words[2]), words + 3);
	return fail("unknown command");
}

int main(int count, char **words)
{
	if (count < 2)
		return fail("no command");
	if (!strcmp(words[1], "remove"))
		return fw_shaper_remove(&error) == FW_OK ? 0 : fail("remove");
	if (!strcmp(words[1], "features"))
		return fw_shaper_features(print_feature, NULL) == FW_OK ? 0 : fail("features");
	return with_side(count, words);
}
