// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Channels that come from another process: by SCM_RIGHTS, by fork, through an exec. */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "traffic.h"

#define ARGUMENTS_MAX (FW_BLOCK_CHANNELS_MAX + 8u)

void fw_block_pass(struct fw_block_side *side)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { "c", 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (side->count == 0)
		fw_fail("there is nothing to pass");
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &side->channels[0].descriptor, sizeof(int));
	if (sendmsg(side->control, &message, 0) != 1)
		fw_fail("sendmsg of a descriptor");
}

void fw_block_receive_passed(struct fw_block_side *side)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct fw_block_channel *channel;
	struct cmsghdr *header;
	int descriptor;

	if (recvmsg(side->control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0) {
		fw_block_error_add(side, "recvmsg", errno);
		return;
	}
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
	channel = fw_block_channel_new(side, descriptor, side->scenario->method);
	channel->existing = true;
	fw_block_mark_queue(side, channel);
}

/* As text, for the program that will have it after the exec. */
static char *kept(int descriptor)
{
	char *text;

	if (descriptor >= 0 && fcntl(descriptor, F_SETFD, 0) < 0)
		fw_fail("keeping a descriptor through exec");
	if (asprintf(&text, "%d", descriptor) < 0)
		fw_fail("memory for an argument");
	return text;
}

_Noreturn void fw_block_exec(struct fw_block_side *side, const char *word)
{
	const char *program = side->run->settings.program;
	char *arguments[ARGUMENTS_MAX] = { "fwblock", "--after-exec", (char *)word,
		(char *)side->scenario->name };
	unsigned int i, count = 4;

	arguments[count++] = kept(side->shared);
	arguments[count++] = kept(side->control);
	arguments[count++] = kept(side->listener);
	for (i = 0; i < side->count; i++)
		arguments[count++] = kept(side->channels[i].descriptor);
	execv(program[0] ? program : "/proc/self/exe", arguments);
	fw_fail("exec of the subject's program");
}

static const struct fw_block_scenario *find(const char *name)
{
	size_t i;

	for (i = 0; i < fw_block_scenario_count; i++)
		if (strcmp(fw_block_scenarios[i].name, name) == 0)
			return &fw_block_scenarios[i];
	return NULL;
}

struct fw_block_run *fw_block_map(int descriptor)
{
	struct fw_block_run *run =
		mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);

	if (run == MAP_FAILED)
		fw_fail("mmap of the run");
	return run;
}

int fw_block_exec_main(int argc, char **argv)
{
	static struct fw_block_side side;
	int i;

	if (argc < 7 || argc >= (int)ARGUMENTS_MAX || !(side.scenario = find(argv[3]))) {
		fprintf(stderr, "fwblock: --after-exec is for this program's own use\n");
		return 2;
	}
	side.shared = atoi(argv[4]);
	side.control = atoi(argv[5]);
	side.listener = atoi(argv[6]);
	side.run = fw_block_map(side.shared);
	side.who = FW_BLOCK_SUBJECT;
	for (i = 7; i < argc; i++)
		fw_block_channel_new(&side, atoi(argv[i]), side.scenario->method);
	if (strcmp(argv[2], "pump") == 0)
		fw_block_after(&side);
	else
		fw_block_side_run(&side);
	return 0;
}
