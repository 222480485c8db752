/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The NDIS part of the fake kernel as tests see it: started after nt_kernel_start(), stopped before nt_kernel_stop().
 * Called by threads of the fake kernel at PASSIVE_LEVEL.
 */
#ifndef FW_NDIS_KERNEL_H
#define FW_NDIS_KERNEL_H

#include "include/ndis.h"
#include "nt_kernel.h"

struct ndis_adapter;
struct ndis_options {
	unsigned packet_stacks; /* locations of each packet for drivers between; 0: none has room */
	bool late_initialize;	/* MiniportInitialize comes after NdisIMInitializeDeviceInstanceEx has returned */
	bool slow_unbind;	/* time goes by before ProtocolUnbindAdapter, and its binding may be closed meanwhile */
	unsigned later_chance;	/* of 100: that opens, closes and requests pend; 0: 50, above 100: never */
};

void ndis_start(const struct ndis_options *options); /* NULL: two stacks, the rest 0 */
/* Adapters that were plugged in must be out again; what a driver left is a violation. */
void ndis_stop(void);
void ndis_drain(void); /* waits until nothing is under way that NDIS does later */
/* Whether NDIS finishes later what it could do at once: by chance, as the options say. */
bool ndis_is_late(void);

/* The wires a test has in its hands: a miniport that is part of the fake itself. A protocol binds to it at once: the
 * handle is there before that. */
void ndis_adapter_plug(struct ndis_adapter **adapter, const char *name, const char *instance,
	const NDIS_MINIPORT_CHARACTERISTICS *miniport, void *context);
/* Unbinds whoever is bound, halts and frees it. */
void ndis_adapter_unplug(struct ndis_adapter *adapter);
/* The adapter that a driver made above the one of this name, or NULL; no reference. */
struct ndis_adapter *ndis_adapter_find(const char *name);
const char *ndis_adapter_name(const struct ndis_adapter *adapter);
/* Binds a protocol to an adapter that nobody is bound to. A bind that fails is no violation: its status. */
NDIS_STATUS ndis_bind(NDIS_HANDLE protocol, struct ndis_adapter *adapter);
void ndis_bind_all(struct ndis_adapter *adapter); /* whoever belongs to it */
void ndis_unbind(struct ndis_adapter *adapter); /* whoever is bound to it */
bool ndis_is_bound(const struct ndis_adapter *adapter);
/* The adapter that a driver made is taken away by the system, as when it is disabled: unbinds, halts. Nothing is done for
 * one that its driver takes away meanwhile. */
void ndis_adapter_halt(struct ndis_adapter *adapter);

/* The protocol of a driver is uninstalled: NDIS unbinds it and calls its ProtocolUnload, which is to deregister it. */
void ndis_protocol_uninstall(void);
/* A protocol that is part of the fake; it binds to adapters that drivers make (virtual) only. */
void ndis_protocol_register(NDIS_HANDLE *protocol, const char *name,
	const NDIS_PROTOCOL_CHARACTERISTICS *characteristics);
void ndis_protocol_deregister(NDIS_HANDLE protocol);

/* Requests of the system itself, WMI's and the power manager's: wait for the answer. */
NDIS_STATUS ndis_system_query(struct ndis_adapter *adapter, NDIS_OID oid, void *buffer, ULONG length, ULONG *written);
NDIS_STATUS ndis_system_set(struct ndis_adapter *adapter, NDIS_OID oid, void *buffer, ULONG length);
/* An event for whoever is bound to the adapter; NULL: for each protocol of drivers, without a binding. */
NDIS_STATUS ndis_pnp_event(struct ndis_adapter *adapter, NET_PNP_EVENT_CODE code, void *buffer, ULONG length);
/* What MiniportReset of the adapter returned or reported, asked by the system's watchdog. */
NDIS_STATUS ndis_system_reset(struct ndis_adapter *adapter);

#endif
