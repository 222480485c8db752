/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ndis_player: plays the frames of a pcap file through the packet filter on the fake kernel, each on every path that a frame
 * can take, and prints a line for each: pass or drop, or which paths said otherwise. tests/live/filter_verdicts_test.sh
 * compares that with what the Linux programs say.
 */
#include <errno.h>
#include <string.h>

#include "../live/packet_file.h"
#include "filter_client.h"

#define HEADER	   14u
#define MOST_LIST  (1u << 22)

static const char usage_text[] =
	"Usage: ndis_player PREFIXES in|out FILE\n"
	"Judges each frame of a pcap file by a list (an array of struct fw_filter_prefix): one that is received\n"
	"by its source, one that is sent by its destination. A line for each: pass, drop, or the paths that differ.\n"
	"Exit status: 0 all paths agree, 1 some do not, or a file cannot be read, 2 usage.\n";

struct player {
	struct filter_stack stack;
	const uint8_t *bytes;
	uint32_t length;
	unsigned passed, dropped;
	char text[256]; /* of the paths that let it through */
};

/* Where the headers are cut, and how much of a frame is seen at first. */
static const struct fake_shape shapes[] = {
	{ .cuts = { 0 } }, { .cuts = { 14 } }, { .cuts = { 1, 2, 13, 15, 25, 31 } }, { .cuts = { 14, 34, 54 } },
	{ .cuts = { 20, 40 } },
};
static const uint32_t lookaheads[] = { 0, 2, 19, 20, 28, 40, 48, 55, 56, 200, UINT32_MAX };

static unsigned came_through(struct player *player, struct fake_record *record)
{
	unsigned count = record->count;

	if (count && !fake_frame_is(record->first, player->bytes, player->length)) {
		fprintf(stderr, "ndis_player: a frame came out changed\n");
		exit(1);
	}
	fake_record_clear(record);
	return count;
}

static void note(struct player *player, unsigned count, const char *path, unsigned number)
{
	size_t used = strlen(player->text);

	if (!count) {
		player->dropped++;
		return;
	}
	player->passed++;
	snprintf(player->text + used, sizeof(player->text) - used, " %s-%u", path, number);
}

static void play_out(struct player *player)
{
	unsigned index;

	for (index = 0; index < ARRAYSIZE(shapes); index++) {
		fake_binding_send(player->stack.binding, player->bytes, player->length, &shapes[index]);
		fake_binding_wait(player->stack.binding);
		note(player, came_through(player, fake_adapter_sent(player->stack.adapter)), "send", index);
	}
}

static void play_in(struct player *player)
{
	struct fake_record *received = fake_binding_received(player->stack.binding);
	unsigned index;

	for (index = 0; index < 2 * ARRAYSIZE(shapes); index++) {
		fake_adapter_packet(player->stack.adapter, player->bytes, player->length, &shapes[index / 2], index % 2);
		ndis_drain();
		note(player, came_through(player, received), index % 2 ? "packet-without-resources" : "packet", index / 2);
	}
	for (index = 0; index < ARRAYSIZE(lookaheads); index++) {
		fake_adapter_lookahead(player->stack.adapter, player->bytes, player->length, lookaheads[index], index % 2);
		ndis_drain();
		note(player, came_through(player, received), "look-ahead", index);
	}
}

/* NULL: it cannot be read. */
static struct fw_filter_prefix *read_list(const char *name, uint32_t *count)
{
	FILE *file = fopen(name, "rb");
	struct fw_filter_prefix *prefixes = malloc(MOST_LIST * sizeof(*prefixes));

	if (!file || !prefixes) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		free(prefixes);
		if (file)
			fclose(file);
		return NULL;
	}
	*count = (uint32_t)fread(prefixes, sizeof(*prefixes), MOST_LIST, file);
	fclose(file);
	return prefixes;
}

static int play(struct player *player, struct fw_packet_file *file, bool is_in)
{
	int differ = 0, got;

	while ((got = fw_packet_file_read(file)) > 0) {
		player->bytes = file->bytes;
		player->length = file->length;
		player->passed = player->dropped = 0;
		player->text[0] = 0;
		if (player->length < HEADER) {
			puts("refused");
			continue;
		}
		(is_in ? play_in : play_out)(player);
		differ |= player->passed && player->dropped;
		if (player->passed && player->dropped)
			printf("differ: passed%s\n", player->text);
		else
			puts(player->passed ? "pass" : "drop");
	}
	return got < 0 || differ;
}

static NTSTATUS set_list(const struct fw_filter_prefix *prefixes, uint32_t count, uint32_t direction)
{
	HANDLE handle = filter_open();
	NTSTATUS status;

	NT_CHECK(handle != NULL);
	status = filter_set(handle, FILTER_ADAPTER, direction, prefixes, count);
	nt_close(handle);
	return status;
}

int main(int argc, char **argv)
{
	static struct player player = { .stack.ndis.later_chance = 30 };
	struct fw_filter_prefix *prefixes;
	struct fw_packet_file file;
	uint32_t count;
	bool is_in;
	int code;

	if (argc != 4 || (strcmp(argv[2], "in") && strcmp(argv[2], "out"))) {
		fputs(usage_text, stderr);
		return 2;
	}
	is_in = !strcmp(argv[2], "in");
	prefixes = read_list(argv[1], &count);
	if (!prefixes || !fw_packet_file_open(&file, argv[3]))
		return 1;
	player.stack.ndis.packet_stacks = getenv("NT_NO_STACKS") ? 0 : 2;
	nt_kernel_start(NULL);
	NT_CHECK(filter_begin(&player.stack));
	NT_CHECK_EQUAL(set_list(prefixes, count, is_in ? FW_FILTER_IN : FW_FILTER_OUT), STATUS_SUCCESS);
	code = play(&player, &file, is_in);
	filter_end(&player.stack);
	nt_kernel_stop();
	fw_packet_file_close(&file);
	free(prefixes);
	return code;
}
