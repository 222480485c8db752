/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwfilter.sys between a fake adapter and a fake protocol, and its control device as a client uses it, for the
 * filter_*_test.c programs. Threads of the fake kernel call.
 */
#ifndef FW_NT_FILTER_CLIENT_H
#define FW_NT_FILTER_CLIENT_H

#include "abi/filter_control.h"
#include "fake_adapter.h"
#include "fake_protocol.h"
#include "nt_check.h"

#define FILTER_ADAPTER "{A}"
#define FILTER_UPPER "\\Device\\Upper-{A}" /* what the driver makes above it */

DRIVER_INITIALIZE DriverEntry;

struct filter_stack {
	struct ndis_options ndis;
	struct fake_adapter_options below;
	struct fake_protocol_options above;
	DRIVER_OBJECT *driver;
	struct fake_adapter *adapter;
	struct fake_protocol *protocol;
	struct fake_binding *binding;
};

/* In a kernel that runs, as nt_each_seed() has it; false: something failed, and all of it is down again. */
bool filter_begin(struct filter_stack *stack);
void filter_end(struct filter_stack *stack);

HANDLE filter_open(void); /* greeted; NULL: it could not be opened */
NTSTATUS filter_ask(HANDLE handle, enum fw_filter_control_function function, const void *in, uint32_t in_size,
	void *out, uint32_t out_size, uint32_t *bytes);
NTSTATUS filter_draft(HANDLE handle, uint32_t number, uint32_t ipv4, uint32_t ipv6);
NTSTATUS filter_append(HANDLE handle, uint32_t number, const struct fw_filter_prefix *prefixes, uint32_t count);
struct fw_filter_control_change filter_change(const char *adapter, uint32_t direction, uint32_t draft);
NTSTATUS filter_commit(HANDLE handle, const struct fw_filter_control_change *changes, uint32_t count);
/* Draft, append, commit: these prefixes, or with 0 of them no list. */
NTSTATUS filter_set(HANDLE handle, const char *adapter, uint32_t direction, const struct fw_filter_prefix *prefixes,
	uint32_t count);
/* Rows after `after`: how many, the first of them copied. */
uint32_t filter_rows(HANDLE handle, enum fw_filter_control_function function, uint64_t after, void *row, uint32_t size);
struct fw_adapter filter_adapter(HANDLE handle); /* the first one */
struct fw_filter_counters filter_place(HANDLE handle, enum fw_filter_place place);

/* a.b.c.d/length of IPv4; of IPv6 2001:db8::c:d/length */
struct fw_filter_prefix filter_prefix4(uint32_t address, uint8_t length);
struct fw_filter_prefix filter_prefix6(uint32_t low, uint8_t length);
/* A frame of IPv4 from and to these addresses, or of IPv6 (the low words); its length. */
uint32_t filter_frame4(uint8_t frame[128], uint32_t source, uint32_t destination);
uint32_t filter_frame6(uint8_t frame[128], uint32_t source, uint32_t destination);

#endif
