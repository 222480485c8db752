/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/connection_cut.h"

#include "backend/linux/network_namespaces.h"
#include "backend/linux/receive_queue.h"
#include "backend/linux/socket_destroy.h"
#include "backend/linux/socket_table.h"

#include <errno.h>
#include <stdlib.h>

static int compare_numbers(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static bool is_connection(const struct fw_connection *connection)
{
	return connection->state && connection->state != FW_STATE_LISTEN &&
	       connection->protocol != FW_PROTOCOL_MPTCP;
}

static int destroy_in(uint32_t network_namespace, const uint64_t *ids, size_t count)
{
	int before = fw_network_namespace_enter(network_namespace), result;

	if (before < 0)
		return 0; /* nobody can get there any more */
	result = fw_sockets_destroy(ids, count);
	fw_network_namespace_leave(before);
	return result;
}

/* The ids of connections, which are in order, and the network namespaces that they are in. */
static size_t list_connections(const struct fw_socket_table *refused, uint64_t *ids,
	uint32_t *network_namespaces)
{
	size_t count = 0;

	for (size_t i = 0; i < refused->count; i++) {
		const struct fw_connection *connection = &refused->rows[i].connection;

		if (!is_connection(connection))
			continue;
		ids[count] = connection->id;
		network_namespaces[count++] = connection->network_namespace;
	}
	return count;
}

/* An id is of one socket of the machine, so each namespace is asked for all of them. */
static int destroy_all(const struct fw_socket_table *refused)
{
	uint64_t *ids = calloc(refused->count, sizeof(*ids));
	uint32_t *network_namespaces = calloc(refused->count, sizeof(*network_namespaces));
	int result = ids && network_namespaces ? 0 : -ENOMEM;
	size_t count = result ? 0 : list_connections(refused, ids, network_namespaces);

	if (count)
		qsort(network_namespaces, count, sizeof(*network_namespaces), compare_numbers);
	for (size_t i = 0; i < count && !result; i++)
		if (i == 0 || network_namespaces[i] != network_namespaces[i - 1])
			result = destroy_in(network_namespaces[i], ids, count);
	free(network_namespaces);
	free(ids);
	return result;
}

static bool is_refused(uint64_t id, void *argument)
{
	return fw_socket_table_find(argument, id) != NULL;
}

/* Where receive calls can be refused (LSM) nobody can read them; emptying them does no harm
 * there. */
static void empty_queues(const struct fw_kernel_side *side, struct fw_socket_table *refused)
{
	struct fw_socket_table table = { 0 };
	uint32_t last = 0;

	if (fw_socket_table_read(&table, side, NULL) != FW_OK)
		return;
	__atomic_store_n(&side->machine->cutter, fw_handle(table.own_pid, table.own_start_ns),
		__ATOMIC_SEQ_CST);
	for (size_t i = 0; i < table.count; i++) {
		uint32_t pid = table.rows[i].holder_pid;

		if (!pid || pid == last || !is_refused(table.rows[i].connection.id, refused))
			continue;
		fw_receive_queues_empty(pid, is_refused, refused);
		last = pid;
	}
	__atomic_store_n(&side->machine->cutter, 0, __ATOMIC_SEQ_CST);
	fw_socket_table_done(&table);
}

/* Without that a rule holds all the same, from the first use of such a socket on. */
static void take_sockets(const struct fw_kernel_side *side)
{
	for (uint32_t pass = 0; pass < 2; pass++) {
		__atomic_store_n(&side->machine->takes_sockets, pass, __ATOMIC_SEQ_CST);
		fw_kernel_side_pass(side, FW_ITERATOR_HOLDERS);
	}
}

enum fw_status fw_connection_cut(const struct fw_kernel_side *side, struct fw_error *error)
{
	struct fw_socket_table refused = { 0 };
	int result;

	take_sockets(side);
	result = fw_socket_table_read_refused(&refused, side);
	if (!result && refused.count) {
		/* before: this would take the error that tells the holder */
		empty_queues(side, &refused);
		result = destroy_all(&refused);
	}
	fw_socket_table_done(&refused);
	if (result == -EOPNOTSUPP)
		return fw_error_set(error, FW_UNSUPPORTED,
			"the rule is in force, but this kernel cannot end connections "
			"(CONFIG_INET_DIAG_DESTROY): they stay open without moving anything");
	if (result)
		return fw_error_set_errno(error, result,
			"the rule is in force, but connections could not be cut");
	return FW_OK;
}
