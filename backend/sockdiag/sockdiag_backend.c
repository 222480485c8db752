/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The operations. Each takes a new listing of the sockets, brings the ledger up to date with it and
 * answers from both.
 */
#include "backend/sockdiag/sockdiag_backend.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/sockdiag/holder_scan.h"
#include "backend/sockdiag/socket_tables.h"
#include "backend/sockdiag/tcp_ledger.h"
#include "lib/host/host.h"

struct sockdiag_backend {
	struct fw_backend base;
	struct fw_socket_tables tables;
	struct fw_tcp_ledger ledger;
	uint64_t since_ns;
	uint32_t network_namespace; /* inode number */
};

/* One look at the machine. */
struct listing {
	struct fw_socket_list sockets; /* TCP connections first, then the others if asked for */
	size_t connections;	       /* how many of them are TCP connections */
	bool has_bytes;
	struct fw_socket_list second; /* TCP connections read once more, when something moved */
	struct fw_hash_index second_index;
	struct fw_holder_scan holders;
	bool has_holders;
};

static struct sockdiag_backend *self(struct fw_backend *base)
{
	return (struct sockdiag_backend *)base;
}

static void listing_done(struct listing *listing)
{
	fw_socket_list_done(&listing->sockets);
	fw_socket_list_done(&listing->second);
	fw_hash_index_done(&listing->second_index);
	fw_holder_scan_done(&listing->holders);
}

static enum fw_status no_memory(struct fw_error *error)
{
	return fw_error_set(error, FW_NO_MEMORY, "no memory to follow the TCP sockets: free some");
}

static enum fw_status no_proc(struct fw_error *error)
{
	return fw_error_set(error, FW_FAILED,
		"cannot look into /proc to find who holds a socket: mount procfs there");
}

static bool process_runs(uint32_t pid, uint64_t start_ns, void *argument)
{
	return fw_host_process_runs(pid, start_ns);
}

static enum fw_status scan_holders(struct listing *listing, struct fw_error *error)
{
	enum fw_status status = fw_holder_scan_run(&listing->holders, &listing->sockets);

	listing->has_holders = status == FW_OK;
	if (status == FW_NO_MEMORY)
		return no_memory(error);
	return status == FW_OK ? FW_OK : no_proc(error);
}

/* The queues are read once more, because the first reading takes them and the totals at two
 * moments; tcp_payload.h says how the two readings bound the truth. */
static enum fw_status read_second(
	struct sockdiag_backend *backend, struct listing *listing, struct fw_error *error)
{
	bool unused;
	enum fw_status status =
		fw_socket_tables_tcp(&backend->tables, false, &listing->second, &unused, error);

	for (size_t i = 0; status == FW_OK && i < listing->second.count; i++)
		if (!fw_hash_index_insert(&listing->second_index,
			    fw_hash_mix(listing->second.at[i].cookie, 0), (uint32_t)i))
			status = no_memory(error);
	return status;
}

/*
 * A socket that is gone at the second reading was ending at the first, whatever its state said: the
 * kernel reads the state before the numbers, so a FIN may be in these already. `ending` is room for
 * it.
 */
static const struct fw_diag_socket *second_reading(const struct listing *listing,
	const struct fw_diag_socket *first, struct fw_diag_socket *ending)
{
	struct fw_hash_cursor cursor =
		fw_hash_index_find(&listing->second_index, fw_hash_mix(first->cookie, 0));
	uint32_t at;

	while (fw_hash_index_next(&listing->second_index, &cursor, &at))
		if (listing->second.at[at].cookie == first->cookie)
			return &listing->second.at[at];
	*ending = *first;
	ending->state = FW_STATE_CLOSED;
	return ending;
}

/* Tells the ledger of what is there. `changed` has a place for each connection. */
static enum fw_status note_connections(
	struct sockdiag_backend *backend, const struct listing *listing, bool *changed, bool *any)
{
	enum fw_status status = FW_OK;

	for (size_t i = 0; status == FW_OK && i < listing->connections; i++) {
		status = fw_tcp_ledger_note(&backend->ledger, &listing->sockets.at[i], &changed[i]);
		*any |= changed[i];
	}
	return status;
}

static enum fw_status see_connections(
	struct sockdiag_backend *backend, const struct listing *listing, const bool *changed)
{
	enum fw_status status = FW_OK;

	for (size_t i = 0; status == FW_OK && i < listing->connections; i++) {
		struct fw_diag_socket ending;
		const struct fw_diag_socket *first = &listing->sockets.at[i];

		if (changed[i])
			status = fw_tcp_ledger_see(&backend->ledger, first,
				second_reading(listing, first, &ending),
				fw_holder_scan_owner(&listing->holders, i), process_runs, NULL);
	}
	return status;
}

static enum fw_status take_endings(struct sockdiag_backend *backend, struct fw_error *error)
{
	struct fw_socket_list ended = { 0 };
	bool missed = false;
	int result = fw_diag_netlink_endings(&backend->tables.netlink, &ended, &missed);

	for (size_t i = 0; i < ended.count; i++)
		fw_tcp_ledger_end(&backend->ledger, &ended.at[i]);
	fw_socket_list_done(&ended);
	if (missed)
		fw_tcp_ledger_missed(&backend->ledger);
	return result ? fw_error_set_errno(error, result, "cannot read the endings of sockets")
		      : FW_OK;
}

/* A machine where nothing moves is not scanned for holders. */
static enum fw_status count_bytes(
	struct sockdiag_backend *backend, struct listing *listing, struct fw_error *error)
{
	bool *changed = calloc(listing->connections + 1, sizeof(*changed));
	bool any = false;
	enum fw_status status = FW_OK;

	if (!changed)
		return no_memory(error);
	fw_tcp_ledger_begin(&backend->ledger, fw_host_boot_ns());
	if (note_connections(backend, listing, changed, &any) != FW_OK)
		status = no_memory(error);
	if (status == FW_OK && any)
		status = read_second(backend, listing, error);
	if (status == FW_OK && any && !listing->has_holders)
		status = scan_holders(listing, error);
	if (status == FW_OK && see_connections(backend, listing, changed) != FW_OK)
		status = no_memory(error);
	if (status == FW_OK)
		status = take_endings(backend, error);
	if (status == FW_OK)
		fw_tcp_ledger_finish(&backend->ledger, process_runs, NULL);
	free(changed);
	return status;
}

/* `wants_all`: not only TCP connections but every socket, with its holders. */
static enum fw_status take_listing(struct sockdiag_backend *backend, bool wants_all,
	struct listing *listing, struct fw_error *error)
{
	enum fw_status status = fw_socket_tables_tcp(
		&backend->tables, true, &listing->sockets, &listing->has_bytes, error);

	listing->connections = listing->sockets.count;
	if (status == FW_OK && wants_all)
		status = fw_socket_tables_others(&backend->tables, &listing->sockets, error);
	if (status == FW_OK && wants_all)
		status = scan_holders(listing, error);
	if (status == FW_OK && listing->has_bytes)
		status = count_bytes(backend, listing, error);
	return status;
}

static enum fw_status sockdiag_usage(struct fw_backend *base, fw_usage_fn row, void *argument,
	struct fw_usage_summary *summary, struct fw_error *error)
{
	struct sockdiag_backend *backend = self(base);
	const struct fw_tcp_ledger *ledger = &backend->ledger;
	struct listing listing = { 0 };
	enum fw_status status = take_listing(backend, false, &listing, error);

	listing_done(&listing);
	for (size_t i = 0; status == FW_OK && i < ledger->process_count; i++) {
		const struct fw_ledger_process *process = &ledger->processes[i];
		const struct fw_usage usage = { .process = process->process,
			.counters = process->counters };

		if ((usage.counters.sent || usage.counters.received) && !row(&usage, argument))
			status = FW_STOPPED;
	}
	if (status == FW_OK)
		*summary = (struct fw_usage_summary){
			.departed = ledger->departed,
			.unattributed = ledger->unattributed,
			.time_ns = fw_host_boot_ns(),
			.since_ns = backend->since_ns,
		};
	return status;
}

static void fill_connection(const struct sockdiag_backend *backend,
	const struct fw_diag_socket *socket, const struct fw_process *owner,
	struct fw_connection *connection)
{
	*connection = (struct fw_connection){
		.id = socket->cookie,
		.local_port = socket->local_port,
		.remote_port = socket->remote_port,
		.protocol = socket->protocol,
		.family = socket->family,
		.state = socket->state,
		.uid = socket->uid,
		.network_namespace = backend->network_namespace,
	};
	memcpy(connection->local_address, socket->local_address, 16);
	memcpy(connection->remote_address, socket->remote_address, 16);
	if (owner) {
		connection->owner_pid = owner->pid;
		connection->owner_start_ns = owner->start_ns;
		memcpy(connection->comm, owner->comm, sizeof(connection->comm));
	}
}

/* What the ledger knows beside: the counters, and who closed a socket that still has data to send.
 */
static void add_ledger_facts(const struct fw_ledger_entry *entry, struct fw_connection *connection)
{
	connection->counters = entry->counters;
	connection->opened_ns = entry->opened_ns;
	if (connection->owner_pid)
		return;
	connection->owner_pid = entry->owner_pid;
	connection->owner_start_ns = entry->owner_start_ns;
	memcpy(connection->comm, entry->owner_comm, sizeof(connection->comm));
}

static enum fw_status sockdiag_connections(
	struct fw_backend *base, fw_connection_fn row, void *argument, struct fw_error *error)
{
	struct sockdiag_backend *backend = self(base);
	struct listing listing = { 0 };
	enum fw_status status = take_listing(backend, true, &listing, error);

	for (size_t i = 0; status == FW_OK && i < listing.sockets.count; i++) {
		const struct fw_diag_socket *socket = &listing.sockets.at[i];
		const struct fw_ledger_entry *entry =
			i < listing.connections && listing.has_bytes
				? fw_tcp_ledger_find(&backend->ledger, socket->cookie)
				: NULL;
		struct fw_connection connection;

		fill_connection(
			backend, socket, fw_holder_scan_owner(&listing.holders, i), &connection);
		if (entry)
			add_ledger_facts(entry, &connection);
		if (!row(&connection, argument))
			status = FW_STOPPED;
	}
	listing_done(&listing);
	return status;
}

static void fill_port(const struct sockdiag_backend *backend, const struct fw_diag_socket *socket,
	const struct fw_process *holder, struct fw_port *port)
{
	const struct fw_ledger_entry *entry = fw_tcp_ledger_find(&backend->ledger, socket->cookie);

	*port = (struct fw_port){
		.connection_id = socket->cookie,
		.since_ns = entry ? entry->opened_ns : 0,
		.uid = socket->uid,
		.network_namespace = backend->network_namespace,
		.protocol = socket->protocol,
		.port = socket->local_port,
		.family = socket->family,
		.state = socket->state,
	};
	memcpy(port->address, socket->local_address, sizeof(port->address));
	if (holder) {
		port->owner_pid = holder->pid;
		port->owner_start_ns = holder->start_ns;
		memcpy(port->comm, holder->comm, sizeof(port->comm));
	}
}

/* A row for each holder; one without a holder if none can be seen: the port is taken all the same.
 */
static bool give_ports(const struct sockdiag_backend *backend, const struct listing *listing,
	size_t at, fw_port_fn row, void *argument)
{
	const struct fw_holder_scan *holders = &listing->holders;
	const struct fw_diag_socket *socket = &listing->sockets.at[at];
	uint32_t holding = holders->first[at];
	struct fw_port port;

	if (!holding) {
		fill_port(backend, socket, NULL, &port);
		return row(&port, argument);
	}
	for (; holding; holding = holders->holdings[holding - 1].next) {
		fill_port(backend, socket,
			&holders->processes[holders->holdings[holding - 1].process], &port);
		if (!row(&port, argument))
			return false;
	}
	return true;
}

static bool has_port(const struct fw_diag_socket *socket)
{
	return socket->local_port &&
	       (socket->protocol == IPPROTO_TCP || socket->protocol == IPPROTO_UDP ||
		       socket->protocol == IPPROTO_UDPLITE ||
		       socket->protocol == FW_PROTOCOL_MPTCP);
}

static enum fw_status sockdiag_ports(
	struct fw_backend *base, fw_port_fn row, void *argument, struct fw_error *error)
{
	struct sockdiag_backend *backend = self(base);
	struct listing listing = { 0 };
	enum fw_status status = take_listing(backend, true, &listing, error);

	for (size_t i = 0; status == FW_OK && i < listing.sockets.count; i++)
		if (has_port(&listing.sockets.at[i]) &&
			!give_ports(backend, &listing, i, row, argument))
			status = FW_STOPPED;
	listing_done(&listing);
	return status;
}

static void sockdiag_close(struct fw_backend *base)
{
	struct sockdiag_backend *backend = self(base);

	if (!backend)
		return;
	fw_socket_tables_close(&backend->tables);
	fw_tcp_ledger_done(&backend->ledger);
	free(backend);
}

static const struct fw_backend_ops sockdiag_ops = {
	.name = "sockdiag",
	.description = "inet_diag and /proc: payload of TCP in this network namespace, for the "
		       "processes the caller may look into",
	.close = sockdiag_close,
	.usage = sockdiag_usage,
	.connections = sockdiag_connections,
	.ports = sockdiag_ports,
};

enum fw_status fw_sockdiag_open(struct fw_backend **backend, struct fw_error *error)
{
	struct sockdiag_backend *opened;
	struct listing baseline = { 0 };
	struct stat namespace;
	enum fw_status status;

	if (stat("/proc/self/ns/net", &namespace))
		return no_proc(error);
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return no_memory(error);
	opened->base.ops = &sockdiag_ops;
	opened->since_ns = fw_host_boot_ns();
	if (!stat("/proc/self/ns/net", &namespace))
		opened->network_namespace = (uint32_t) namespace.st_ino;
	fw_socket_tables_open(&opened->tables);
	opened->ledger.keeps_vanished = opened->tables.netlink.endings != NULL;
	status = take_listing(opened, false, &baseline, error);
	listing_done(&baseline);
	if (status != FW_OK) {
		sockdiag_close(&opened->base);
		return status;
	}
	*backend = &opened->base;
	return FW_OK;
}
