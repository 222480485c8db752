/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull

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
	descriptor = signalfd(-1, &signals, SFD_CLOEXEC);
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
			came = true;
		else if (!left)
			break;
	}
	return came;
}

bool fw_interrupt_came(void)
{
	return fw_interrupt_wait(0);
}
