/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/self_check.h"

#include "backend/linux/kernel_side.h"
#include "backend/linux/socket_table.h"

#include <bpf/bpf.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAM_BYTES 7

/* Bytes that went through: DATAGRAM_BYTES, or 0 where loopback does not work. */
static uint64_t exchange(int family, struct sockaddr *address, socklen_t size)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char datagram[DATAGRAM_BYTES] = { 0 };
	struct timeval patience = { .tv_sec = 1 };
	ssize_t got = 0;

	if (fd < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, address, size) == 0 && getsockname(fd, address, &size) == 0 &&
		sendto(fd, datagram, sizeof(datagram), 0, address, size) == DATAGRAM_BYTES)
		got = recv(fd, datagram, sizeof(datagram), 0);
	close(fd);
	return got > 0 ? (uint64_t)got : 0;
}

static uint64_t exchange_ipv4(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return exchange(AF_INET, (struct sockaddr *)&address, sizeof(address));
}

static uint64_t exchange_ipv6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };

	return exchange(AF_INET6, (struct sockaddr *)&address, sizeof(address));
}

/* Our own row, if there is one. */
static bool own_state(const struct fw_kernel_side *side, uint64_t *handle,
	struct fw_process_state *state)
{
	struct fw_error ignored;
	uint64_t start_ns;
	uint32_t pid, slot;

	if (fw_socket_table_identity(side, &pid, &start_ns, &ignored) != FW_OK)
		return false;
	*handle = fw_handle(pid, start_ns);
	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_PROCESSES], handle, &slot))
		return false;
	return bpf_map_lookup_elem(side->map_fd[FW_MAP_ROWS], &slot, state) == 0;
}

static void forget_own_row(const struct fw_kernel_side *side, uint64_t handle)
{
	const struct fw_process_state empty = { 0 };
	uint32_t slot;

	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_PROCESSES], &handle, &slot))
		return;
	bpf_map_delete_elem(side->map_fd[FW_MAP_PROCESSES], &handle);
	bpf_map_delete_elem(side->map_fd[FW_MAP_NAMES], &handle);
	bpf_map_update_elem(side->map_fd[FW_MAP_ROWS], &slot, &empty, BPF_ANY);
	bpf_map_update_elem(side->map_fd[FW_MAP_FREE_ROWS], NULL, &slot, BPF_ANY);
}

enum fw_self_check fw_self_check(const struct fw_kernel_side *side)
{
	uint64_t received = exchange_ipv4() + exchange_ipv6(), handle;
	struct fw_process_state state;

	if (!received)
		return FW_SELF_CHECK_IMPOSSIBLE;
	if (!own_state(side, &handle, &state))
		return FW_SELF_CHECK_MISCOUNTS;
	forget_own_row(side, handle);
	return state.counters.received == received ? FW_SELF_CHECK_EXACT : FW_SELF_CHECK_MISCOUNTS;
}

/* On loopback every packet that we see sent is one that we see received. */
static bool sent_is_received(const struct fw_kernel_side *side)
{
	struct fw_process_state state;
	uint64_t handle;

	if (!own_state(side, &handle, &state))
		return true;
	return state.counters.wire_sent == state.counters.wire_received;
}

bool fw_self_check_sees_synack(const struct fw_kernel_side *side)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	const struct linger reset = { .l_onoff = 1 };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct fw_process_state state;
	uint64_t handle;
	bool sees = true;

	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	if (bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 1) == 0 &&
		getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
		connect(client, (struct sockaddr *)&address, size) == 0)
		sees = sent_is_received(side);
	if (client >= 0)
		close(client);
	if (listener >= 0)
		close(listener);
	if (own_state(side, &handle, &state))
		forget_own_row(side, handle);
	return sees;
}
