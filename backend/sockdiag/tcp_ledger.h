/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who has sent and received how much over TCP since counting began, worked out from repeated
 * listings of sockets. Does no I/O, so that it can be tested with made-up listings. One thread.
 *
 * A round is: _begin(), then _note() for each socket of the listing and _see() for those it calls
 * changed, then _end() for each ending, then _finish(). The first round is the baseline: what
 * connections carried before is not traffic.
 */
#ifndef FW_TCP_LEDGER_H
#define FW_TCP_LEDGER_H

#include "backend/sockdiag/tcp_payload.h"
#include "core/status.h"
#include "lib/hash_index.h"

/* A connection, by its cookie. */
struct fw_ledger_entry {
	struct fw_diag_socket last;    /* the first reading of the last round that saw it */
	struct fw_tcp_payload counted; /* payload since the connection began, as known so far */
	struct fw_counters counters;   /* the part of it since counting began */
	uint64_t opened_ns;	       /* first seen; 0: in the baseline */
	uint64_t owner_start_ns;
	uint32_t owner_pid; /* who held it last; 0: nobody that could be seen */
	char owner_comm[FW_COMM_SIZE];
	uint64_t round; /* the last round that saw it */
	enum fw_syn_counted syn;
	bool is_seen;	     /* fw_tcp_ledger_see() was told of it once */
	bool is_syn_guessed; /* the baseline took a SYN off without knowing of one */
	bool is_owner_gone;  /* it exited, and nobody else was seen with the socket */
	bool has_ended;
};

/* A process that has had traffic. */
struct fw_ledger_process {
	struct fw_process process;
	struct fw_counters counters;
	uint64_t exited_round; /* 0: runs, as far as is known */
};

struct fw_tcp_ledger {
	struct fw_ledger_entry *entries;
	size_t entry_count, entry_capacity;
	struct fw_hash_index entry_index;
	struct fw_ledger_process *processes;
	size_t process_count, process_capacity;
	struct fw_hash_index process_index;
	struct fw_counters departed;	 /* of exited processes whose rows were folded away */
	struct fw_counters unattributed; /* of connections with no holder that could be seen */
	uint64_t round;			 /* 1 is the baseline */
	uint64_t now_ns;
	bool keeps_vanished;   /* the caller gets endings: wait for those of vanished connections */
	bool has_missed;       /* endings were lost: unknown ones cannot be told from known ones */
	bool forgets_vanished; /* in this round */
};

void fw_tcp_ledger_done(struct fw_tcp_ledger *ledger);

/* now_ns: ns since boot, to which new connections are dated. */
void fw_tcp_ledger_begin(struct fw_tcp_ledger *ledger, uint64_t now_ns);

/* The socket is in the listing. *is_changed: fw_tcp_ledger_see() has to be told of it.
 * FW_NO_MEMORY: *is_changed is untouched. */
enum fw_status fw_tcp_ledger_note(
	struct fw_tcp_ledger *ledger, const struct fw_diag_socket *first, bool *is_changed);

/* Is the process (pid, start_ns) still running? */
typedef bool (*fw_ledger_runs_fn)(uint32_t pid, uint64_t start_ns, void *argument);

/*
 * Two readings of a noted socket (the same one twice if it was gone at the second), and the process
 * that holds it. `holder` NULL: none can be seen. Then the bytes since the last round belong to the
 * former holder if it closed the socket or has exited, else to nobody that could be named.
 */
enum fw_status fw_tcp_ledger_see(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *first,
	const struct fw_diag_socket *second, const struct fw_process *holder,
	fw_ledger_runs_fn runs, void *argument);

/* The kernel's word on a socket that ended. The bytes of one never seen before are nobody's. */
void fw_tcp_ledger_end(struct fw_tcp_ledger *ledger, const struct fw_diag_socket *ended);

/* Endings were lost. */
void fw_tcp_ledger_missed(struct fw_tcp_ledger *ledger);

/* Forget vanished connections, mark exited processes, fold away all but the newest of those. */
void fw_tcp_ledger_finish(struct fw_tcp_ledger *ledger, fw_ledger_runs_fn runs, void *argument);

/* NULL: not known. Valid until the next call that changes the ledger. */
const struct fw_ledger_entry *fw_tcp_ledger_find(
	const struct fw_tcp_ledger *ledger, uint64_t cookie);

#endif
