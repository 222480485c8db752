/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* interrupt.h on Windows: Ctrl-C, Ctrl-Break, a closed console window, log-off. */
#include "cli/interrupt.h"

#include <windows.h>

#define NS_PER_SECOND 1000000000ull
#define NS_PER_MS     1000000ull
#define LONGEST_MS    60000u

/* After the handler of a closed window or a log-off returns, the process is ended: leave it time for its report. */
#define LAST_WORDS_MS 4000

static HANDLE event;

static BOOL WINAPI on_interrupt(DWORD kind)
{
	SetEvent(event);
	if (kind != CTRL_C_EVENT && kind != CTRL_BREAK_EVENT)
		Sleep(LAST_WORDS_MS);
	return TRUE;
}

bool fw_interrupt_begin(void)
{
	event = CreateEventW(NULL, TRUE, FALSE, NULL);
	return event && SetConsoleCtrlHandler(on_interrupt, TRUE);
}

void fw_interrupt_restore(void)
{
	SetConsoleCtrlHandler(on_interrupt, FALSE);
}

uint64_t fw_monotonic_ns(void)
{
	LARGE_INTEGER now, frequency;
	uint64_t ticks, per_second;

	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&now);
	ticks = (uint64_t)now.QuadPart;
	per_second = (uint64_t)frequency.QuadPart;
	return ticks / per_second * NS_PER_SECOND + ticks % per_second * NS_PER_SECOND / per_second;
}

bool fw_interrupt_wait(uint64_t until_ns)
{
	for (;;) {
		uint64_t now = fw_monotonic_ns();
		uint64_t left_ms = until_ns > now ? (until_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;

		if (!event) {
			Sleep(left_ms > LONGEST_MS ? LONGEST_MS : (DWORD)left_ms);
		} else if (WaitForSingleObject(event, left_ms > LONGEST_MS ? LONGEST_MS : (DWORD)left_ms) ==
			   WAIT_OBJECT_0) {
			return true;
		}
		if (!left_ms)
			return false;
	}
}

bool fw_interrupt_came(void)
{
	return event && WaitForSingleObject(event, 0) == WAIT_OBJECT_0;
}

/* Windows cannot say whether a write to a pipe would block; a second Ctrl-C has to do. */
bool fw_interrupt_writable(int fd)
{
	(void)fd;
	return true;
}
