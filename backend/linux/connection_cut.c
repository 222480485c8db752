/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/connection_cut.h"

#include "backend/linux/network_namespaces.h"
#include "backend/linux/receive_queue.h"
#include "backend/linux/socket_destroy.h"
#include "backend/linux/socket_table.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sockets that a rule refuses, as the kernel side tells them. */
struct refused {
	struct fw_socket_row *rows;
	size_t count, room;
};

static bool take_in(const void *row, void *argument)
{
	struct refused *refused = argument;

	if (refused->count == refused->room) {
		size_t room = refused->room ? refused->room * 2 : 64;
		struct fw_socket_row *grown = realloc(refused->rows, room * sizeof(*grown));

		if (!grown)
			return false;
		refused->rows = grown;
		refused->room = room;
	}
	memcpy(&refused->rows[refused->count++], row, sizeof(*refused->rows));
	return true;
}

/* By network namespace, then by id. */
static int compare_rows(const void *left, const void *right)
{
	const struct fw_connection *a = &((const struct fw_socket_row *)left)->connection;
	const struct fw_connection *b = &((const struct fw_socket_row *)right)->connection;

	if (a->network_namespace != b->network_namespace)
		return a->network_namespace < b->network_namespace ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
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

static int destroy_all(const struct refused *refused)
{
	uint64_t *ids = calloc(refused->count + 1, sizeof(*ids));
	size_t count = 0;
	int result = ids ? 0 : -ENOMEM;

	for (size_t i = 0; i < refused->count && !result; i++) {
		const struct fw_connection *connection = &refused->rows[i].connection;

		if (is_connection(connection))
			ids[count++] = connection->id;
		if (count && (i + 1 == refused->count ||
				     refused->rows[i + 1].connection.network_namespace !=
					     connection->network_namespace)) {
			result = destroy_in(connection->network_namespace, ids, count);
			count = 0;
		}
	}
	free(ids);
	return result;
}

static bool is_refused(uint64_t id, void *argument)
{
	const struct refused *refused = argument;

	for (size_t i = 0; i < refused->count; i++)
		if (refused->rows[i].connection.id == id)
			return true;
	return false;
}

/* Where receive calls can be refused (LSM) nobody can read them; emptying them does no harm there. */
static void empty_queues(const struct fw_kernel_side *side, struct refused *refused)
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
	struct refused refused = { 0 };
	int result;

	take_sockets(side);
	result = fw_kernel_side_rows(side, FW_ITERATOR_CUT, sizeof(*refused.rows), take_in, &refused);

	if (!result && refused.count) {
		qsort(refused.rows, refused.count, sizeof(*refused.rows), compare_rows);
		empty_queues(side, &refused); /* before: this would take the error that tells the holder */
		result = destroy_all(&refused);
	}
	free(refused.rows);
	if (result == -EOPNOTSUPP)
		return fw_error_set(error, FW_UNSUPPORTED,
			"the rule is in force, but this kernel cannot end connections "
			"(CONFIG_INET_DIAG_DESTROY): they stay open without moving anything");
	if (result)
		return fw_error_set_errno(error, result,
			"the rule is in force, but connections could not be cut");
	return FW_OK;
}
