/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/bpf_backend.h"

#include "backend/linux/existing_objects.h"
#include "backend/linux/adapter_filter.h"
#include "backend/linux/kernel_loader.h"
#include "backend/linux/measuring_group.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/process_table.h"
#include "backend/linux/record_reader.h"
#include "backend/linux/rule_change.h"
#include "backend/linux/socket_table.h"
#include "lib/host/host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONSISTENT_READ_TRIES 5

struct bpf_backend {
	struct fw_backend base;
	struct fw_kernel_side side;
	struct fw_process_table processes;
	struct fw_record_reader reader;
	struct fw_filter_follower *follower;
	bool subscribed;
};

static struct bpf_backend *self(struct fw_backend *backend)
{
	return (struct bpf_backend *)backend;
}

static enum fw_status check_still_loaded(const struct bpf_backend *backend, struct fw_error *error)
{
	fw_kernel_side_refresh(&backend->side);
	if (backend->side.machine->maps_version)
		return FW_OK;
	return fw_pin_directory_gone(error);
}

static enum fw_status check_may_change(const struct bpf_backend *backend, struct fw_error *error)
{
	if (!backend->side.is_read_only)
		return FW_OK;
	return fw_error_set(error, FW_DENIED,
		"this user may read counters and lists of the loaded kernel side, no more: run as root");
}

/*
 * A row that is folded away while the rows are read would count twice or not at all; the fold
 * counter tells, and the reading is repeated. If folding never rests, the next snapshot corrects
 * the sums.
 */
static enum fw_status read_processes(struct bpf_backend *backend, struct fw_usage_summary *summary,
	struct fw_error *error)
{
	volatile struct fw_machine *machine = backend->side.machine;

	for (int tries = 0; tries < CONSISTENT_READ_TRIES; tries++) {
		uint64_t folded = machine->departed_count;
		enum fw_status status;

		summary->departed = backend->side.machine->departed;
		status = fw_process_table_refresh(&backend->processes, &backend->side, error);
		if (status != FW_OK)
			return status;
		if (machine->departing_count == folded)
			break;
	}
	summary->unattributed = backend->side.machine->unattributed;
	summary->time_ns = fw_host_boot_ns();
	summary->since_ns = machine->since_ns;
	summary->has_wire = machine->has_wire;
	summary->has_udp = true;
	return FW_OK;
}

static enum fw_status bpf_usage(struct fw_backend *base, fw_usage_fn row, void *argument,
	struct fw_usage_summary *summary, struct fw_error *error)
{
	struct bpf_backend *backend = self(base);
	struct fw_usage_summary read = { 0 };
	enum fw_status status = check_still_loaded(backend, error);

	if (status == FW_OK)
		status = read_processes(backend, &read, error);
	if (status != FW_OK)
		return status;
	for (size_t i = 0; i < backend->processes.count; i++) {
		struct fw_process_entry *entry = &backend->processes.entries[i];
		const struct fw_process *process =
			fw_process_entry_describe(entry, &backend->side);
		struct fw_usage usage = { .counters = entry->state.counters,
			.group = entry->state.group };

		if (!process)
			return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu processes",
				backend->processes.count);
		usage.process = *process;
		if (!row(&usage, argument))
			return FW_STOPPED;
	}
	*summary = read;
	return FW_OK;
}

static void set_owner(
	struct bpf_backend *backend, struct fw_connection *connection, uint64_t handle)
{
	struct fw_process_entry *entry = fw_process_table_find(&backend->processes, handle);
	const struct fw_process *process;

	if (!entry)
		return;
	process = fw_process_entry_describe(entry, &backend->side);
	connection->owner_pid = fw_handle_pid(handle);
	connection->owner_start_ns = entry->state.start_ns;
	connection->group = entry->state.group;
	if (process)
		memcpy(connection->comm, process->comm, sizeof(connection->comm));
}

static void set_creator(struct bpf_backend *backend, struct fw_connection *connection,
	uint64_t handle)
{
	struct fw_process_entry *entry = fw_process_table_find(&backend->processes, handle);

	connection->creator_pid = fw_handle_pid(handle);
	if (entry)
		connection->creator_start_ns = entry->state.start_ns;
}

/* First row of a run that has a holder; NULL when nobody holds a descriptor any more. */
static const struct fw_socket_row *first_holder(const struct fw_socket_table *table, size_t first,
	size_t end)
{
	for (size_t i = first; i < end; i++)
		if (table->rows[i].holder_pid)
			return &table->rows[i];
	return NULL;
}

static bool owner_runs(struct bpf_backend *backend, uint64_t handle)
{
	struct fw_process_entry *entry = fw_process_table_find(&backend->processes, handle);

	return entry && !entry->state.exited;
}

/* Who touched the socket last, if that process lives or nobody else holds the socket. */
static void fill_connection(struct bpf_backend *backend, const struct fw_socket_table *table,
	size_t first, size_t end, struct fw_connection *connection)
{
	const struct fw_socket_row *row = &table->rows[first];
	const struct fw_socket_row *holder = first_holder(table, first, end);

	*connection = row->connection;
	memset(connection->comm, 0, sizeof(connection->comm));
	set_creator(backend, connection, row->creator);
	if (!holder || owner_runs(backend, row->owner)) {
		set_owner(backend, connection, row->owner);
		if (connection->owner_pid)
			return;
	}
	if (!holder)
		return;
	connection->owner_pid = holder->holder_pid;
	connection->owner_start_ns = holder->holder_start_ns;
	memcpy(connection->comm, holder->connection.comm, sizeof(connection->comm));
}

static enum fw_status read_sockets(struct bpf_backend *backend, struct fw_socket_table *table,
	struct fw_error *error)
{
	struct fw_usage_summary unused;
	enum fw_status status = check_still_loaded(backend, error);

	if (status == FW_OK)
		/* iterators cannot be opened for reading */
		status = check_may_change(backend, error);
	if (status == FW_OK)
		status = read_processes(backend, &unused, error);
	if (status == FW_OK)
		status = fw_socket_table_read(table, &backend->side, error);
	return status;
}

static enum fw_status bpf_connections(struct fw_backend *base, fw_connection_fn row, void *argument,
	struct fw_error *error)
{
	struct bpf_backend *backend = self(base);
	struct fw_socket_table table = { 0 };
	enum fw_status status = read_sockets(backend, &table, error);

	for (size_t i = 0, end; status == FW_OK && i < table.count; i = end) {
		struct fw_connection connection;

		end = fw_socket_table_run(&table, i);
		fill_connection(backend, &table, i, end, &connection);
		if (!row(&connection, argument))
			status = FW_STOPPED;
	}
	fw_socket_table_done(&table);
	return status;
}

static void fill_port(const struct fw_socket_row *row, struct fw_port *port)
{
	const struct fw_connection *connection = &row->connection;

	memset(port, 0, sizeof(*port));
	port->connection_id = connection->id;
	port->owner_pid = row->holder_pid;
	port->owner_start_ns = row->holder_start_ns;
	port->since_ns = row->since_ns;
	port->uid = connection->uid;
	port->network_namespace = connection->network_namespace;
	port->protocol = connection->protocol;
	port->port = connection->local_port;
	port->family = connection->family;
	port->state = connection->state;
	if (!port->state && connection->remote_port)
		port->state = FW_STATE_ESTABLISHED; /* UDP with a fixed peer */
	memcpy(port->address, connection->local_address, sizeof(port->address));
	memcpy(port->comm, connection->comm, sizeof(port->comm));
}

/* One port row for each process that holds the socket, however many descriptors it has for it. */
static bool is_port_row(const struct fw_socket_table *table, size_t i)
{
	const struct fw_socket_row *row = &table->rows[i], *before = i ? row - 1 : NULL;

	if (!row->holder_pid || !row->connection.local_port ||
		row->connection.family == FW_FAMILY_PACKET)
		return false;
	return !before || before->connection.id != row->connection.id ||
	       before->holder_pid != row->holder_pid;
}

static enum fw_status bpf_ports(struct fw_backend *base, fw_port_fn row, void *argument,
	struct fw_error *error)
{
	struct bpf_backend *backend = self(base);
	struct fw_socket_table table = { 0 };
	enum fw_status status = read_sockets(backend, &table, error);

	for (size_t i = 0; status == FW_OK && i < table.count; i++) {
		struct fw_port port;

		if (!is_port_row(&table, i))
			continue;
		fill_port(&table.rows[i], &port);
		if (!row(&port, argument))
			status = FW_STOPPED;
	}
	fw_socket_table_done(&table);
	return status;
}

static uint64_t bpf_record_types(struct fw_backend *base, struct fw_error *why)
{
	uint64_t types = FW_NETWORK_TYPES;

	if (check_may_change(self(base), why) != FW_OK)
		return 0;
	if (self(base)->side.iterator_fd[FW_ITERATOR_PROCESSES] >= 0)
		types |= FW_PROCESS_TYPES;
	else
		fw_error_set(why, FW_UNSUPPORTED,
			"process and thread events were not loaded; see 'flowwatcher doctor'");
	if (fw_image_source_probe(why) == FW_OK)
		types |= 1ull << FW_RECORD_IMAGE_LOAD;
	return types;
}

static bool bpf_knows_pids(struct fw_backend *base)
{
	uint64_t start_ns;
	uint32_t pid;

	return fw_socket_table_identity(&self(base)->side, &pid, &start_ns, NULL) != FW_OK ||
	       pid == (uint32_t)getpid();
}

static enum fw_status add_sockets(struct bpf_backend *backend, uint64_t types,
	struct fw_error *error)
{
	struct fw_record_merge *existing = &backend->reader.existing;
	enum fw_status status = FW_OK;

	if (types & 1ull << FW_RECORD_PORT_TAKEN)
		status = bpf_ports(&backend->base, fw_existing_add_port, existing, error);
	if (status == FW_OK && types & 1ull << FW_RECORD_CONNECTION_OPEN)
		status = bpf_connections(&backend->base, fw_existing_add_connection, existing,
			error);
	if (status == FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for what exists already");
	return status;
}

/* The queues are open already, so nothing can fall between the list and the live records; what is
 * in both is found when all that was queued meanwhile has been taken in. */
static enum fw_status add_existing(struct bpf_backend *backend, uint64_t types, uint64_t began_ns,
	struct fw_error *error)
{
	struct fw_record_reader *reader = &backend->reader;
	enum fw_status status =
		fw_existing_collect(&backend->side, types, &reader->existing, error);

	if (status == FW_OK)
		status = add_sockets(backend, types, error);
	if (status == FW_OK)
		status = fw_record_reader_gather(reader, error);
	if (status == FW_OK)
		status = fw_existing_reconcile(&reader->existing, &reader->merge, types, began_ns,
			error);
	return status;
}

static enum fw_status bpf_subscribe(struct fw_backend *base,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	struct bpf_backend *backend = self(base);
	uint64_t began_ns = fw_host_boot_ns();
	enum fw_status status;

	if (backend->subscribed)
		return fw_error_set(error, FW_EXISTS, "this session reads records already");
	status = check_may_change(backend, error);
	if (status != FW_OK)
		return status;
	status = fw_record_reader_start(&backend->reader, &backend->side, subscription, error);
	if (status == FW_OK && subscription->existing)
		status = add_existing(backend, subscription->types, began_ns, error);
	if (status != FW_OK)
		fw_record_reader_stop(&backend->reader);
	backend->subscribed = status == FW_OK;
	return status;
}

static enum fw_status bpf_poll(struct fw_backend *base, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	struct bpf_backend *backend = self(base);

	if (!backend->subscribed)
		return fw_error_set(error, FW_FAILED, "no subscription to poll");
	if (check_still_loaded(backend, error) != FW_OK) {
		fw_record_reader_drain(&backend->reader, record, argument, NULL);
		return FW_FAILED;
	}
	return fw_record_reader_poll(&backend->reader, timeout_ms, record, argument, error);
}

static enum fw_status bpf_drain(struct fw_backend *base, fw_record_fn record, void *argument,
	struct fw_error *error)
{
	struct bpf_backend *backend = self(base);

	if (!backend->subscribed)
		return fw_error_set(error, FW_FAILED, "no subscription to drain");
	return fw_record_reader_drain(&backend->reader, record, argument, error);
}

static void bpf_report(struct fw_backend *base, struct fw_reader_report *report)
{
	fw_record_reader_report(&self(base)->reader, report);
}

static enum fw_status bpf_group_start(struct fw_backend *base, uint32_t pid, uint64_t *group,
	struct fw_error *error)
{
	enum fw_status status = check_may_change(self(base), error);

	return status == FW_OK ? fw_measuring_group_start(&self(base)->side, pid, group, error) :
				 status;
}

static enum fw_status bpf_group_departed(struct fw_backend *base, uint64_t group,
	struct fw_counters *departed, struct fw_error *error)
{
	return fw_measuring_group_departed(&self(base)->side, group, departed, error);
}

static void bpf_group_stop(struct fw_backend *base, uint64_t group)
{
	fw_measuring_group_stop(&self(base)->side, group);
}

static enum fw_status bpf_rules_add(struct fw_backend *base, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	enum fw_status status = check_may_change(self(base), error);

	return status == FW_OK ? fw_rules_add(&self(base)->side, rules, count, error) :
				 status;
}

static enum fw_status bpf_rules_remove(struct fw_backend *base, const uint32_t *ids, size_t count,
	struct fw_error *error)
{
	enum fw_status status = check_may_change(self(base), error);

	return status == FW_OK ? fw_rules_remove(&self(base)->side, ids, count, error) :
				 status;
}

static enum fw_status bpf_rules(struct fw_backend *base, fw_rule_fn row, void *argument,
	struct fw_error *error)
{
	enum fw_status status = check_may_change(self(base), error);

	return status == FW_OK ? fw_rules_list(&self(base)->side, row, argument, error) :
				 status;
}

static enum fw_status bpf_adapters(struct fw_backend *base, fw_adapter_fn row, void *argument,
	struct fw_error *error)
{
	return fw_filter_adapters(&self(base)->side, row, argument, error);
}

static enum fw_status bpf_adapter_addresses(struct fw_backend *base, uint32_t index,
	fw_adapter_address_fn row, void *argument, struct fw_error *error)
{
	return fw_filter_adapter_addresses(index, row, argument, error);
}

static enum fw_status bpf_filter_set(struct fw_backend *base,
	const struct fw_filter_change *changes, size_t count, enum fw_filter_way way,
	struct fw_error *error)
{
	return fw_filter_set(&self(base)->side, changes, count, way, error);
}

static enum fw_status bpf_filter_settle(struct fw_backend *base, struct fw_error *error)
{
	return fw_filter_settle(&self(base)->side, error);
}

static enum fw_status bpf_filter_lists(
	struct fw_backend *base, fw_filter_list_fn row, void *argument, struct fw_error *error)
{
	return fw_filter_lists(&self(base)->side, row, argument, error);
}

static enum fw_status bpf_filter_prefixes(struct fw_backend *base, uint32_t list,
	fw_filter_prefix_fn row, void *argument, struct fw_error *error)
{
	return fw_filter_prefixes(&self(base)->side, list, row, argument, error);
}

static enum fw_status bpf_filter_follow(struct fw_backend *base, int timeout_ms,
	fw_adapter_event_fn row, void *argument, struct fw_error *error)
{
	struct bpf_backend *backend = self(base);
	enum fw_status status = check_still_loaded(backend, error);

	if (status == FW_OK)
		status = fw_filter_follow(
			&backend->side, &backend->follower, timeout_ms, row, argument, error);
	return status;
}

static void bpf_close(struct fw_backend *base)
{
	struct bpf_backend *backend = self(base);

	if (backend->subscribed)
		fw_record_reader_stop(&backend->reader);
	fw_filter_follower_free(backend->follower);
	fw_process_table_done(&backend->processes);
	fw_kernel_side_close(&backend->side);
	free(backend);
}

static const struct fw_backend_ops bpf_ops = {
	.name = "bpf",
	.description = "eBPF programs in this kernel: every process, payload and wire bytes",
	.close = bpf_close,
	.usage = bpf_usage,
	.connections = bpf_connections,
	.ports = bpf_ports,
	.record_types = bpf_record_types,
	.knows_pids = bpf_knows_pids,
	.subscribe = bpf_subscribe,
	.poll = bpf_poll,
	.drain = bpf_drain,
	.report = bpf_report,
	.group_start = bpf_group_start,
	.group_departed = bpf_group_departed,
	.group_stop = bpf_group_stop,
	.rules_add = bpf_rules_add,
	.rules_remove = bpf_rules_remove,
	.rules = bpf_rules,
	.adapters = bpf_adapters,
	.adapter_addresses = bpf_adapter_addresses,
	.filter_set = bpf_filter_set,
	.filter_settle = bpf_filter_settle,
	.filter_lists = bpf_filter_lists,
	.filter_prefixes = bpf_filter_prefixes,
	.filter_follow = bpf_filter_follow,
};

static struct bpf_backend *make_backend(struct fw_error *error)
{
	struct bpf_backend *made = calloc(1, sizeof(*made));

	if (!made) {
		fw_error_set(error, FW_NO_MEMORY, "no memory for the bpf backend");
		return NULL;
	}
	made->base.ops = &bpf_ops;
	fw_kernel_side_init(&made->side);
	return made;
}

static enum fw_status finish_open(struct bpf_backend *made, enum fw_status status,
	struct fw_backend **backend)
{
	if (status == FW_OK)
		*backend = &made->base;
	else
		bpf_close(&made->base);
	return status;
}

enum fw_status fw_bpf_open(struct fw_backend **backend, struct fw_error *error)
{
	struct bpf_backend *made = make_backend(error);
	enum fw_status status;

	if (!made)
		return FW_NO_MEMORY;
	status = fw_kernel_side_open(&made->side, error);
	if (status == FW_OK && !made->side.is_read_only) {
		fw_measuring_group_sweep(&made->side);
		fw_reader_slot_sweep(&made->side);
	}
	return finish_open(made, status, backend);
}

enum fw_status fw_bpf_open_private(
	const struct fw_bpf_options *options, struct fw_backend **backend, struct fw_error *error)
{
	const struct fw_hook_choice choice = { .wire = options->wire, .events = options->events };
	struct bpf_backend *made = make_backend(error);

	if (!made)
		return FW_NO_MEMORY;
	return finish_open(made, fw_kernel_side_start_apart(&made->side, &choice, error), backend);
}
