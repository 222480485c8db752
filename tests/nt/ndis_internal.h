/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files of the NDIS part share. Not for tests, not for drivers. `Books`: what nt_lock() guards.
 */
#ifndef FW_NDIS_INTERNAL_H
#define FW_NDIS_INTERNAL_H

#include "ndis_kernel.h"
#include "nt_internal.h"

#define NDIS_LEVELS 8 /* drivers that have the same packet, one above the other */
#define NDIS_NAME 128

enum ndis_rule {
	NDIS_RULE_PACKET = 29,	   /* own packets, room, out-of-band data */
	NDIS_RULE_COMPLETION = 30, /* one completion, references */
	NDIS_RULE_DATA = 31,	   /* nothing is written */
};

struct ndis_wrapper {
	uint32_t magic;
	struct ndis_wrapper *next;
	PDRIVER_OBJECT driver;
	PDRIVER_UNLOAD unload;
};

struct ndis_miniport {
	uint32_t magic;
	struct ndis_miniport *next;
	struct ndis_wrapper *wrapper; /* NULL: the fake's own */
	NDIS_MINIPORT_CHARACTERISTICS calls;
};

struct ndis_protocol {
	uint32_t magic;
	struct ndis_protocol *next;
	struct ndis_miniport *miniport; /* that it is associated with */
	NDIS_PROTOCOL_CHARACTERISTICS calls;
	bool own; /* the fake's */
	bool leaving;
	char name[NDIS_NAME];
};

enum ndis_adapter_state { NDIS_STARTING, NDIS_RUNNING, NDIS_HALTING, NDIS_HALTED };

/* A request to a miniport: one at a time, in order. */
struct ndis_question {
	struct ndis_question *next;
	struct ndis_open *open; /* NULL: the system asks, and waits */
	PNDIS_REQUEST request;
	bool done;
	NDIS_STATUS status;
	ULONG transferred, needed;
};

struct ndis_adapter {
	uint32_t magic;
	struct ndis_adapter *next;
	struct ndis_miniport *miniport;
	struct ndis_open *open; /* one protocol at a time */
	NDIS_HANDLE context;	/* NdisMSetAttributesEx() */
	NDIS_HANDLE device_context;
	enum ndis_adapter_state state;
	ULONG attributes;
	bool cancelled;	  /* NdisIMCancelInitializeDeviceInstance() */
	bool initializing; /* later than the driver asked for it */
	bool resetting;
	bool binding; /* a protocol is being bound or unbound */
	NDIS_STATUS reset_status;
	unsigned busy;	  /* calls of its routines */
	unsigned sends;	  /* not completed yet */
	unsigned receives; /* not returned yet */
	unsigned returning; /* calls of MiniportReturnPacket, or the end of them */
	struct ndis_question *questions; /* the first is with the miniport */
	bool asking;
	WCHAR name_buffer[NDIS_NAME], instance_buffer[NDIS_NAME];
	UNICODE_STRING name, instance;
	char text[NDIS_NAME];
};

struct ndis_open {
	uint32_t magic;
	struct ndis_protocol *protocol;
	struct ndis_adapter *adapter;
	NDIS_HANDLE context;
	bool opening, closing, closed;
	unsigned busy; /* calls of the protocol's routines for it */
	unsigned sends, requests, transfers, resets;
	LONG received; /* references to packets that it holds */
	struct ndis_open *next; /* of those that are gone */
};

/* One call of ProtocolBindAdapter or ProtocolUnbindAdapter. */
struct ndis_bind {
	uint32_t magic;
	struct ndis_adapter *adapter;
	struct ndis_protocol *protocol;
	bool done;
	NDIS_STATUS status;
	WCHAR section_buffer[NDIS_NAME];
	UNICODE_STRING section;
};

/* Who has a packet: the newest level. */
struct ndis_level {
	bool is_receive;
	bool resources; /* indicated with NDIS_STATUS_RESOURCES */
	bool calling;	/* the indication has not come back yet */
	bool held;	/* `references` has been set by what came back */
	LONG references;
	struct ndis_open *open;	      /* who sent it, or who holds references */
	struct ndis_adapter *adapter; /* who sends it, or who indicated it */
	uint64_t data;	 /* sums of what may not change */
	uint64_t fields;
	uint32_t length;
};

struct ndis_pool {
	uint32_t magic;
	struct ndis_pool *next;
	unsigned size, used;
	unsigned reserved;
	bool buffers;
	bool own; /* the fake's, which stays when a driver goes */
};

/* In front of each packet, with its stack between them. */
struct ndis_packet {
	uint32_t magic;
	struct ndis_packet *next, *previous; /* all that are alive */
	struct ndis_pool *pool;
	unsigned depth;
	struct ndis_level levels[NDIS_LEVELS];
	NDIS_PACKET_STACK stack[NDIS_LEVELS];
	PNDIS_PACKET packet;
};

/* What ProtocolReceive gets as the context of a receive. */
struct ndis_indication {
	uint32_t magic;
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	NDIS_HANDLE receive_context;
	PNDIS_PACKET packet; /* indicated as a whole, but the protocol wants pieces */
	PETHREAD thread;
};

enum ndis_magic {
	NDIS_WRAPPER = 0x6e777270, NDIS_MINIPORT = 0x6e6d696e, NDIS_PROTOCOL = 0x6e70726f, NDIS_ADAPTER = 0x6e616461,
	NDIS_OPEN = 0x6e6f706e, NDIS_BIND = 0x6e626e64, NDIS_POOL = 0x6e706f6c, NDIS_PACKET_LIVE = 0x6e706b74,
	NDIS_PACKET_FREE = 0x6e706b66, NDIS_INDICATION = 0x6e696e64, NDIS_DEVICE = 0x6e646576,
};

extern struct ndis_options ndis_set;

/* Handles that are none, or dead, are violations. */
struct ndis_wrapper *ndis_wrapper_of(NDIS_HANDLE handle, const char *function);
struct ndis_miniport *ndis_miniport_of(NDIS_HANDLE handle, const char *function);
struct ndis_protocol *ndis_protocol_of(NDIS_HANDLE handle, const char *function);
struct ndis_adapter *ndis_adapter_of(NDIS_HANDLE handle, const char *function);
/* Has this driver registered its miniport? */
bool ndis_miniport_is_there(const struct ndis_wrapper *wrapper);
/* Of those that are there? The books are held. */
bool ndis_adapter_is_there(const struct ndis_adapter *adapter);
struct ndis_open *ndis_open_of(NDIS_HANDLE handle, const char *function); /* for new work: not closing */
struct ndis_bind *ndis_bind_of(NDIS_HANDLE handle, const char *function);
struct ndis_packet *ndis_packet_of(PNDIS_PACKET packet, const char *function);
/* Of one that is given back: whoever does that twice breaks another rule. */
struct ndis_packet *ndis_packet_back(PNDIS_PACKET packet, const char *function);
struct ndis_pool *ndis_pool_of(NDIS_HANDLE handle, bool buffers, const char *function);

void *ndis_new(size_t size);
/* Later, in another thread, at this level. */
void ndis_later(void (*routine)(void *context), void *context, KIRQL irql);
void ndis_wait(bool (*condition)(void *context), void *context);

/* ndis_adapter.c, ndis_binding.c */
extern struct ndis_adapter *ndis_adapters;
struct ndis_adapter *ndis_adapter_new(const char *name, const char *instance, struct ndis_miniport *miniport);
NDIS_STATUS ndis_adapter_initialize(struct ndis_adapter *adapter);
bool ndis_adapter_end(struct ndis_adapter *adapter); /* unbind, wait, halt, free; false: another does that */
void ndis_protocol_unbind_all(struct ndis_protocol *protocol);
/* The open of an adapter, kept from closing until the call is over; NULL: none that is open. */
struct ndis_open *ndis_open_enter(struct ndis_adapter *adapter);
void ndis_open_leave(struct ndis_open *open);

/* ndis_level.c: a packet changes hands. The books are held by the caller. */
struct ndis_level *ndis_level_push(struct ndis_packet *packet, const char *function);
struct ndis_level *ndis_level_top(struct ndis_packet *packet);
/* What was given away comes back as it was. */
struct ndis_level ndis_level_pop(struct ndis_packet *packet, const char *function);
/* The packet of the same buffers that this driver was given and makes this one for; NULL: none. */
struct ndis_packet *ndis_original(struct ndis_packet *packet, const struct ndis_miniport *miniport, bool is_receive);
/* Does who gives this level back still have its buffers under way in a packet of its own? */
bool ndis_is_still_out(struct ndis_packet *packet, const struct ndis_level *level);
void ndis_copied_check(struct ndis_packet *packet, struct ndis_packet *original, bool is_receive);
uint64_t ndis_sum(uint64_t sum, const void *bytes, size_t length);
uint32_t ndis_packet_copy(PNDIS_PACKET packet, uint32_t offset, void *bytes, uint32_t length); /* how many there were */

void ndis_question_end(struct ndis_adapter *adapter, NDIS_STATUS status, const char *function);

/* Outstanding things, each a violation. */
void ndis_pool_own(NDIS_HANDLE pool);
void ndis_driver_pool_check(const char *when);
void ndis_pool_check(const char *when);
void ndis_support_check(const char *when);
void ndis_protocol_check(const char *when, PDRIVER_OBJECT driver); /* NULL: any */
void ndis_registration_check(const char *when, PDRIVER_OBJECT driver);

#endif
