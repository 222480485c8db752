/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the TDI filter calls in the rest of the driver, reduced to what tests look at: processes
 * that only count, one rule, a list of the records that were published. Linked instead of
 * process_state.c, rule_table.c and event_stream.c.
 */
#ifndef FW_TDI_DOUBLES_H
#define FW_TDI_DOUBLES_H

#include "abi/rule.h"
#include "kernel/windows/limit_bucket.h"
#include "nt_internal.h"

#define TDI_DOUBLES_RECORDS 256
#define TDI_DOUBLES_PIDS 16
#define TDI_DOUBLES_LIMITED 300u

union tdi_record {
	struct fw_record_header header;
	struct fw_connection_record connection;
	struct fw_port_record port;
};

struct tdi_doubles {
	union tdi_record records[TDI_DOUBLES_RECORDS];
	unsigned count;
	/* The rule: refuses these operations (bits 1 << enum fw_blocked_operation) of this process.
	 */
	uint32_t refuse_operations;
	uint32_t refuse_pid;   /* 0: any */
	uint8_t refuse_family; /* FW_FAMILY_NONE: any peer */
	uint16_t refuse_port;  /* of the peer, 0: any */
	unsigned refused;
	unsigned judged;
	uint64_t sent[TDI_DOUBLES_PIDS]; /* by pid / 100 */
	uint64_t received[TDI_DOUBLES_PIDS];
	uint64_t unattributed_sent;
	uint64_t unattributed_received;
	LONG processes;		/* references */
	struct fw_limit *limit; /* of process TDI_DOUBLES_LIMITED; the test's */
	void (*in_limit)(void); /* called once when it is asked for; NULL: nothing is */
};

extern struct tdi_doubles tdi_doubles;

void tdi_doubles_reset(void);

/* A limit of bytes a second; 0: none in that direction. */
struct fw_limit *tdi_limit_new(uint64_t sent_rate, uint64_t received_rate);

/* How many records of a type there are, and the n-th of them (NULL: none). */
unsigned tdi_doubles_records(enum fw_record_type type);
const union tdi_record *tdi_doubles_record(enum fw_record_type type, unsigned n);

#endif
