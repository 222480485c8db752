/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000ull

/* How long a reader that takes nothing may hold up the end after an interruption. */
#define WRITE_GRACE_MS 1000

static sigset_t before;
static int descriptor = -1;
static bool came;

bool fw_interrupt_begin(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return descriptor >= 0;
}

void fw_interrupt_restore(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

uint64_t fw_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(descriptor, &info, sizeof(info)) == sizeof(info))
		came = true;
}

bool fw_interrupt_wait(uint64_t until_ns)
{
	struct pollfd signals = { .fd = descriptor, .events = POLLIN };

	while (!came) {
		uint64_t now = fw_monotonic_ns();
		uint64_t left = until_ns > now ? until_ns - now : 0;
		struct timespec timeout = {
			.tv_sec = (time_t)(left / NS_PER_SECOND),
			.tv_nsec = (long)(left % NS_PER_SECOND),
		};

		if (ppoll(&signals, 1, &timeout, NULL) > 0)
			take_signals();
		else if (!left)
			break;
	}
	return came;
}

bool fw_interrupt_came(void)
{
	return fw_interrupt_wait(0);
}

bool fw_interrupt_writable(int fd)
{
	struct pollfd wait[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = descriptor, .events = POLLIN },
	};

	if (descriptor < 0)
		return true;
	for (;;) {
		bool again = came;
		int ready = poll(wait, 2, came ? WRITE_GRACE_MS : -1);

		if (ready > 0 && wait[0].revents)
			return true;
		if (ready > 0)
			take_signals();
		if (again)
			return false;
	}
}
