/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one table of operations through which libflowwatcher and the programs reach a kernel side.
 * Every backend fills a `struct fw_backend_ops`; an operation it does not have is NULL. Not thread
 * safe: one thread uses one backend at a time.
 */
#ifndef FW_BACKEND_H
#define FW_BACKEND_H

#include "abi/filter.h"
#include "abi/process_event.h"
#include "abi/rule.h"
#include "flowwatcher/error.h"

/* Row callbacks: return false to stop early (the operation then returns FW_STOPPED). The row is
 * only valid during the call. */
typedef bool (*fw_usage_fn)(const struct fw_usage *usage, void *argument);
typedef bool (*fw_connection_fn)(const struct fw_connection *connection, void *argument);
typedef bool (*fw_port_fn)(const struct fw_port *port, void *argument);
typedef bool (*fw_rule_fn)(const struct fw_rule *rule, const struct fw_rule_counters *counters,
	void *argument);
typedef bool (*fw_adapter_fn)(const struct fw_adapter *adapter, void *argument);
typedef bool (*fw_adapter_address_fn)(const struct fw_filter_prefix *address, void *argument);
typedef bool (*fw_adapter_event_fn)(const struct fw_adapter_event *event, void *argument);
typedef bool (*fw_filter_list_fn)(const struct fw_filter_list *list, void *argument);
typedef bool (*fw_filter_prefix_fn)(const struct fw_filter_prefix *prefix,
	const struct fw_filter_hits *hits, void *argument);
typedef bool (*fw_filter_place_fn)(const char *adapter, const char *place,
	const struct fw_filter_counters *counters, void *argument);
typedef bool (*fw_record_fn)(const struct fw_record_header *record, void *argument);

/* What a usage snapshot says beside its rows. */
struct fw_usage_summary {
	struct fw_counters departed;	 /* of exited processes whose rows were folded away */
	struct fw_counters unattributed; /* bytes that no process owns */
	uint64_t time_ns;		 /* of the snapshot, ns since boot */
	uint64_t since_ns;		 /* when counting began, ns since boot */
	bool has_wire;			 /* wire counters are being kept */
	bool has_udp;			 /* anything but TCP is counted */
};

/* What a reader of records wants. */
struct fw_subscription {
	uint64_t types;	      /* bit (1 << enum fw_record_type); losses are always delivered */
	uint32_t queue_bytes; /* of each of the reader's queues; 0: the backend's default */
	bool existing;	      /* what exists of these types first, marked FW_RECORD_EXISTING */
};

/* Records by type since the reader subscribed: produced = delivered + lost once the queues are
 * empty and their losses reported. */
struct fw_reader_report {
	uint64_t produced[FW_RECORD_EVENT_TYPES];
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
};

/* One line of `doctor`: an ability or a hook, whether this machine has it, what was chosen and
 * why. */
enum fw_feature_state { FW_FEATURE_USED, FW_FEATURE_AVAILABLE, FW_FEATURE_MISSING };

struct fw_feature {
	const char *group;  /* "kernel", "payload sent", "payload received", "wire", ... */
	const char *name;   /* "tp_btf/sock_send_length" */
	enum fw_feature_state state;
	const char *reason; /* why it was chosen or not, what its lack costs; may be "" */
};
typedef bool (*fw_feature_fn)(const struct fw_feature *feature, void *argument);

/* One list to be set or taken away. */
struct fw_filter_change {
	const char *adapter; /* a name or a pattern, as in struct fw_filter_list */
	uint32_t direction;  /* enum fw_filter_direction: where it replaces what is there */
	const char *source;
	/* sorted, apart from each other; NULL: no list any more */
	const struct fw_filter_prefix *prefixes;
	size_t count;
	/* only in the place of the list `replaces`, so that two changes at once lose none */
	bool is_update;
	uint32_t replaces; /* id; 0: of no list */
};

enum fw_filter_way {
	FW_FILTER_WAY_BEST,
	FW_FILTER_WAY_NATIVE,
	FW_FILTER_WAY_GENERIC,
	FW_FILTER_WAY_TC,
	FW_FILTER_WAY_KEEP, /* that of the list whose place it takes, else the best */
};

struct fw_backend;

struct fw_backend_ops {
	const char *name;	 /* "bpf", "sockdiag", "replay" */
	const char *description; /* one line, what it can see */
	void (*close)(struct fw_backend *backend);

	/* Every process known to have had traffic, with totals since counting began. Exited
	 * processes stay listed (FW_PROCESS_EXITED) until folded into summary->departed. *summary
	 * is written last, and only on FW_OK. */
	enum fw_status (*usage)(struct fw_backend *backend, fw_usage_fn row, void *argument,
		struct fw_usage_summary *summary, struct fw_error *error);
	/* Every socket that is open or still has data in flight, of all network namespaces that the
	 * backend can see; one row a socket. */
	enum fw_status (*connections)(struct fw_backend *backend, fw_connection_fn row,
		void *argument, struct fw_error *error);
	/* Every bound local TCP and UDP port with each process that holds it. */
	enum fw_status (*ports)(struct fw_backend *backend, fw_port_fn row, void *argument,
		struct fw_error *error);

	/* The types (bits) that subscribe() accepts here; *why (when not NULL) says in one line why
	 * others are missing. NULL where `subscribe` is. */
	uint64_t (*record_types)(struct fw_backend *backend, struct fw_error *why);
	/* Are the process ids of records those that the caller's pid namespace shows? NULL: yes. */
	bool (*knows_pids)(struct fw_backend *backend);
	/* Begin to receive records. One subscription a backend; it ends with close().
	 * FW_UNSUPPORTED: a type that this backend does not have. */
	enum fw_status (*subscribe)(struct fw_backend *backend,
		const struct fw_subscription *subscription, struct fw_error *error);
	/* Deliver what has come, waiting up to timeout_ms for the first (0: do not wait). Records
	 * come in the order of their time. FW_NOT_FOUND: there will be no more (a recording's
	 * end). */
	enum fw_status (*poll)(struct fw_backend *backend, int timeout_ms, fw_record_fn record,
		void *argument, struct fw_error *error);
	/* Recordings only: go on to the next snapshot, delivering the subscribed records on the way
	 * (`record` may be NULL). usage(), connections() and ports() give the snapshot that was
	 * come to, however often they are asked. FW_NOT_FOUND: this was the last one, and still is
	 * the one. */
	enum fw_status (*next)(struct fw_backend *backend, fw_record_fn record, void *argument,
		struct fw_error *error);
	/* Stop producing and deliver all that is still queued, so that the report's sums agree. */
	enum fw_status (*drain)(struct fw_backend *backend, fw_record_fn record, void *argument,
		struct fw_error *error);
	/* What was produced, delivered and lost so far. */
	void (*report)(struct fw_backend *backend, struct fw_reader_report *report);
	/* A descriptor that becomes readable when poll() has something; -1: none. */
	int (*poll_fd)(struct fw_backend *backend);

	/* Put process `pid` (a child of the caller that has not run yet) into a new measuring
	 * session: it and all its descendants to come carry *group in their usage and connection
	 * rows. */
	enum fw_status (*group_start)(struct fw_backend *backend, uint32_t pid, uint64_t *group,
		struct fw_error *error);
	/* Totals of a group's exited processes whose rows were folded away already. */
	enum fw_status (*group_departed)(struct fw_backend *backend, uint64_t group,
		struct fw_counters *departed, struct fw_error *error);
	/* End the session; the group id is forgotten. */
	void (*group_stop)(struct fw_backend *backend, uint64_t group);

	/* Put rules in force, all of them or none; when this returns, they are: connections that a
	 * block refuses are cut. Fills id, made_ns, and what the targets resolve to (start_ns,
	 * device, inode). A limit takes the place of one with the same target, and a block of one
	 * with the same target, peers and flags. FW_NOT_FOUND: a process is gone. NULL: this
	 * backend keeps no rules. */
	enum fw_status (*rules_add)(struct fw_backend *backend, struct fw_rule *rules, size_t count,
		struct fw_error *error);
	/* Take rules back, all of them or none. FW_NOT_FOUND: there is none with one of the ids. */
	enum fw_status (*rules_remove)(struct fw_backend *backend, const uint32_t *ids,
		size_t count, struct fw_error *error);
	/* Every rule in force, by id. */
	enum fw_status (*rules)(struct fw_backend *backend, fw_rule_fn row, void *argument,
		struct fw_error *error);

	/* Every adapter of the caller's network namespace, by index. NULL: this backend filters
	 * nothing. */
	enum fw_status (*adapters)(struct fw_backend *backend, fw_adapter_fn row, void *argument,
		struct fw_error *error);
	/* The addresses of one, with the length of their network. FW_NOT_FOUND: it is gone. */
	enum fw_status (*adapter_addresses)(struct fw_backend *backend, uint32_t index,
		fw_adapter_address_fn row, void *argument, struct fw_error *error);
	/*
	 * Set or take away lists in the caller's network namespace, all changes or none; when this
	 * returns, no packet is judged by what was there before. `way` is how received packets are
	 * to be seen. A pattern holds for adapters that are there and for later ones
	 * (filter_settle). Of several that name an adapter its own name counts, else the longest
	 * pattern. FW_MALFORMED: the kernel side refused a list that is not sorted or overlaps.
	 * FW_EXISTS: an update finds another list than it replaces. FW_NOT_FOUND: a name that is no
	 * pattern is that of no adapter. FW_UNSUPPORTED: an adapter takes no filter, or not this
	 * way.
	 */
	enum fw_status (*filter_set)(struct fw_backend *backend,
		const struct fw_filter_change *changes, size_t count, enum fw_filter_way way,
		struct fw_error *error);
	/* Give adapters that have appeared the lists whose patterns name them, and forget those
	 * that vanished. */
	enum fw_status (*filter_settle)(struct fw_backend *backend, struct fw_error *error);
	/* Every list of the caller's network namespace, by adapter text. A list of both directions
	 * is one row. */
	enum fw_status (*filter_lists)(struct fw_backend *backend, fw_filter_list_fn row,
		void *argument, struct fw_error *error);
	/* The prefixes of a list in their order, and what each dropped. FW_NOT_FOUND: no list has
	 * the id. */
	enum fw_status (*filter_prefixes)(struct fw_backend *backend, uint32_t list,
		fw_filter_prefix_fn row, void *argument, struct fw_error *error);
	/* What each place of an adapter where packets are seen counted; those of a direction add up to
	 * its counters. NULL: a direction is one place. */
	enum fw_status (*filter_places)(struct fw_backend *backend, fw_filter_place_fn row,
		void *argument, struct fw_error *error);
	/*
	 * What the driver of an adapter answers to a question of its own kind (Windows: an NDIS query of an
	 * OID): up to `size` bytes, *length of them. FW_NOT_FOUND: no adapter has the name, or it has just
	 * gone. FW_UNSUPPORTED: the driver does not know the question. NULL: drivers are asked nothing.
	 */
	enum fw_status (*adapter_query)(struct fw_backend *backend, const char *adapter, uint32_t question,
		void *answer, uint32_t size, uint32_t *length, struct fw_error *error);
	/* What happens to adapters from the first call on, waiting up to timeout_ms for it; each
	 * that comes is settled before it is told. poll_fd() does not tell of these. */
	enum fw_status (*filter_follow)(struct fw_backend *backend, int timeout_ms,
		fw_adapter_event_fn row, void *argument, struct fw_error *error);
};

/* A backend's instance begins with this. */
struct fw_backend {
	const struct fw_backend_ops *ops;
};

#endif
