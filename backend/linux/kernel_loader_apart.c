/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/kernel_loader.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS (FW_MAP_COUNT + FW_ITERATOR_COUNT + FW_PROGRAM_COUNT + FW_HOOK_COUNT)

/* What the child says; its descriptors come with it, in the order of the flags that are set. */
struct handover {
	struct fw_error error;
	bool open[DESCRIPTORS];
};

/* A kernel side's descriptors as one array. */
static int *descriptor(struct fw_kernel_side *side, int i)
{
	if (i < FW_MAP_COUNT)
		return &side->map_fd[i];
	i -= FW_MAP_COUNT;
	if (i < FW_ITERATOR_COUNT)
		return &side->iterator_fd[i];
	i -= FW_ITERATOR_COUNT;
	return i < FW_PROGRAM_COUNT ? &side->program_fd[i] : &side->link_fd[i - FW_PROGRAM_COUNT];
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
};

static void send_side(int socket, struct fw_kernel_side *side, struct handover *handover)
{
	union control control = { .space = { 0 } };
	struct iovec data = { handover, sizeof(*handover) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
	int count = 0, fds[DESCRIPTORS];

	for (int i = 0; i < DESCRIPTORS; i++) {
		handover->open[i] = handover->error.status == FW_OK && *descriptor(side, i) >= 0;
		if (handover->open[i])
			fds[count++] = *descriptor(side, i);
	}
	if (count) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, (size_t)count * sizeof(int));
	}
	sendmsg(socket, &message, MSG_NOSIGNAL);
}

static enum fw_status receive_side(int socket, struct fw_kernel_side *side, struct fw_error *error)
{
	union control control;
	struct handover handover;
	struct iovec data = { &handover, sizeof(handover) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(handover))
		return fw_error_set(error, FW_FAILED,
			"the process that loads the kernel side ended early (out of memory?)");
	if (handover.error.status != FW_OK)
		return fw_error_set(error, handover.error.status, "%s", handover.error.text);
	header = CMSG_FIRSTHDR(&message);
	for (int i = 0, at = 0; header && i < DESCRIPTORS; i++)
		if (handover.open[i])
			memcpy(descriptor(side, i), CMSG_DATA(header) + sizeof(int) * (size_t)at++,
				sizeof(int));
	return fw_kernel_side_map(side, error);
}

static void load_in_child(int socket, const struct fw_hook_choice *choice)
{
	struct handover handover = { .error = { FW_OK, "" } };
	struct fw_kernel_side side;

	handover.error.status = fw_kernel_side_start(&side, choice, &handover.error);
	send_side(socket, &side, &handover);
	_exit(0);
}

enum fw_status fw_kernel_side_start_apart(
	struct fw_kernel_side *side, const struct fw_hook_choice *choice, struct fw_error *error)
{
	enum fw_status status;
	int sockets[2];
	pid_t child;

	fw_kernel_side_init(side);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return fw_error_set_errno(error, errno, "preparing to load the kernel side");
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		load_in_child(sockets[1], choice);
	}
	close(sockets[1]);
	status = child > 0 ? receive_side(sockets[0], side, error) :
			     fw_error_set_errno(error, errno, "preparing to load the kernel side");
	close(sockets[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return status;
}
