/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The packet filter between the fake adapter and the fake protocol, and lists as flowwatcher.exe sets them. For tests and
 * tools; the thread that began it, at PASSIVE_LEVEL.
 */
#ifndef FW_FILTER_STACK_H
#define FW_FILTER_STACK_H

#include "abi/filter_control.h"
#include "fake_adapter.h"
#include "fake_protocol.h"
#include "nt_check.h"

struct filter_stack {
	DRIVER_OBJECT *driver;
	struct fake_adapter *adapter; /* {A} */
	struct fake_protocol *protocol;
	struct fake_binding *binding; /* NULL: it did not come so far */
};

struct filter_stack_options {
	struct nt_options kernel;
	struct ndis_options ndis; /* all zero: two stacks */
	struct fake_adapter_options adapter;
	struct fake_protocol_options protocol;
	bool no_stacks; /* packets have no room for the driver */
};

/* Kernel included. False: the driver did not load, nothing is left. NULL: as it comes. */
bool filter_stack_begin(struct filter_stack *stack, const struct filter_stack_options *options);
void filter_stack_end(struct filter_stack *stack);
/* The adapter goes before the end. */
void filter_stack_unplug(struct filter_stack *stack);

/* A list for adapters of this name or pattern; no prefixes: none any more. */
NTSTATUS filter_stack_set(const char *adapter, uint32_t direction, const struct fw_filter_prefix *prefixes,
	uint32_t count);
/* Of one address or prefix: "192.0.2.0/24", "2001:db8::1". */
struct fw_filter_prefix filter_prefix(const char *text);
/* What a place saw since the list was set; zeros: no list. */
struct fw_filter_counters filter_stack_counters(enum fw_filter_place place);

/* Handle that said hello, NULL: there is no device. */
HANDLE filter_stack_open(void);
NTSTATUS filter_stack_ask(HANDLE handle, enum fw_filter_control_function function, const void *in, uint32_t in_size,
	void *out, uint32_t out_size, uint32_t *bytes);

/* A frame of Ethernet with this many bytes, from and to addresses of IPv4; the rest counts up. */
uint32_t filter_frame(uint8_t *frame, uint32_t length, const char *source, const char *destination);

#endif
