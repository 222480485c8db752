/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The adapters of one network namespace, with what is attached to them, as rtnetlink tells it.
 * Called by filter_*.c; one thread. Functions return 0 or negative errno.
 */
#ifndef FW_ADAPTER_TABLE_H
#define FW_ADAPTER_TABLE_H

#include "abi/filter.h"
#include "backend/linux/traffic_control.h"

struct fw_adapter_entry {
	uint32_t index;
	uint32_t flags; /* enum fw_adapter_flag */
	uint32_t mtu;
	uint32_t address_count; /* fw_adapter_table_count_addresses() */
	uint32_t xdp_program;	/* id of what XDP runs, a dispatcher perhaps; 0: nothing */
	uint16_t hardware_type; /* ARPHRD_* */
	bool has_link_header;	/* Ethernet */
	bool is_of_shaper; /* one end of the veth pair in which limited packets wait: no adapter of
			      users */
	uint8_t mac[32];
	uint32_t mac_length;
	char name[IFNAMSIZ];
	char alias[FW_ADAPTER_TEXT_SIZE]; /* that its administrator gave it; may be "" */
	char kind[16];	 /* "veth"; "" for hardware */
	char clsact[16]; /* kind of the queue where clsact is: "", "clsact" or "ingress" */
};

struct fw_adapter_table {
	struct fw_adapter_entry *at; /* by index */
	size_t count, capacity;
};

/* Fills *table, whatever was in it; empty on failure. */
int fw_adapter_table_read(struct fw_traffic_control *control, struct fw_adapter_table *table);
void fw_adapter_table_done(struct fw_adapter_table *table);
int fw_adapter_table_count_addresses(
	struct fw_traffic_control *control, struct fw_adapter_table *table);
/* NULL: there is none. */
struct fw_adapter_entry *fw_adapter_table_find(
	const struct fw_adapter_table *table, uint32_t index);
struct fw_adapter_entry *fw_adapter_table_named(
	const struct fw_adapter_table *table, const char *name);

/* Addresses with the length of their network; a callback that returns false has no memory. */
typedef bool (*fw_address_fn)(
	uint32_t index, const struct fw_filter_prefix *address, void *argument);
int fw_adapter_addresses(struct fw_traffic_control *control, fw_address_fn row, void *argument);

/* What the driver says, in the caller's namespace: `driver` and speed_bps stay as they are where it
 * says nothing. */
void fw_adapter_ask_driver(const char *name, struct fw_adapter *adapter);
/* "ethernet", "loopback", "none", ... */
const char *fw_adapter_medium(uint16_t hardware_type);

#endif
