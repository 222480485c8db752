/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket: frames of its own making, what arrives of them, and what a filter of addresses has to
 * do with each. Shared by its files only; one thread.
 *
 * A frame is known by its source MAC: 02:f1, a tag, and a number of three bytes. So truncated and
 * empty ones can be told apart, too. What should become of it is judged from its bytes alone
 * (packet_judge.c) and by a search that has nothing in common with the one under test
 * (packet_list.c).
 */
#ifndef FW_PACKET_H
#define FW_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_PACKET_FRAME_SIZE 65600u
#define FW_PACKET_HEADERS    128u /* bytes of a frame that are no payload, at most */
#define FW_PACKET_MARK	     0x02f1u
#define FW_PACKET_LAST_TAG   0xff	/* of the frame that ends a batch */
#define FW_PACKET_END_TYPE   0x88b5u	/* its type; IEEE 802: local experiments */
#define FW_PACKET_ADDRESS_SIZE(family) ((family) == 4 ? 4u : 16u)

struct fw_packet_address {
	uint8_t bytes[16]; /* network byte order */
	uint8_t family;	   /* 4 or 6 */
};

struct fw_packet_prefix {
	struct fw_packet_address first;
	uint8_t length;
};

/* packet_list.c: lists, and the addresses to send from or to. Any failure ends the program. */
struct fw_packet_list {
	struct fw_packet_prefix *prefixes; /* sorted; may contain each other */
	size_t count;
	bool has_length[2][129];
};
struct fw_packet_pool {
	struct fw_packet_address *addresses;
	size_t count, room;
};

void fw_packet_list_read(struct fw_packet_list *list, const char *path);
bool fw_packet_list_has(const struct fw_packet_list *list, const struct fw_packet_address *address);
/* Adds what a text names: PREFIX (all its addresses), random:PREFIX:COUNT, edges:FILE:COUNT (the
 * first, the last and one address of so many prefixes of a list, and their neighbours outside),
 * in:FILE:COUNT and out:FILE:COUNT (IPv4, in the list; not in it and below 100.0.0.0). */
void fw_packet_pool_add(struct fw_packet_pool *pool, const char *text);
void fw_packet_seed(uint64_t seed);
uint64_t fw_packet_random(void);

/* packet_kinds.c */
struct fw_packet_kind {
	const char *name;
	uint8_t family;	   /* of the address that it carries, whatever its type */
	uint8_t protocol;
	/* IPv6: header in front of that of the protocol; +1, for hop-by-hop is 0 */
	uint8_t extension;
	uint8_t options;   /* IPv4: bytes */
	uint8_t first;	   /* in place of version and header length; 0: as it should be */
	bool is_jumbo;	   /* as large as the device takes */
	bool is_cut;	   /* `rest` bytes remain behind the Ethernet header and its tags */
	bool is_wrong_length; /* the header tells `rest` */
	uint16_t rest;
	uint16_t fragment; /* IPv4: as in the header */
	uint16_t tags[3];  /* types; 0: no more */
	uint8_t llc[8];	   /* in front of IP, in an IEEE 802.3 frame; the first 0: none */
	uint16_t type;	   /* 0: of its family, or the length where there is an `llc` */
};

struct fw_packet_order {
	const struct fw_packet_kind *kind;
	const struct fw_packet_address *address;
	/* where the address goes; the other one is of a documentation network, or `other` */
	bool is_source;
	const struct fw_packet_address *other; /* NULL: none in particular */
	const uint8_t *to; /* MAC; NULL: broadcast */
	uint8_t tag;
	uint32_t number;
	size_t payload; /* bytes behind the header of the protocol */
};

extern const struct fw_packet_kind fw_packet_kinds[];
extern const size_t fw_packet_kind_count;

const struct fw_packet_kind *fw_packet_kind_named(const char *name);
/* Writes a frame, FW_PACKET_HEADERS + payload bytes at most; its length. */
size_t fw_packet_make(const struct fw_packet_order *order, uint8_t *frame);

/* packet_judge.c: what a frame is, by its bytes. */
struct fw_packet_verdict {
	bool is_ip;
	struct fw_packet_address source, destination; /* where is_ip */
	/* of IP as its header tells, where that can be; else of what follows the tags, and SNAP if IP's type is there */
	uint32_t bytes;
};

void fw_packet_judge(const uint8_t *frame, size_t length, struct fw_packet_verdict *verdict);
bool fw_packet_is_listed(const struct fw_packet_verdict *verdict, const struct fw_packet_list *list,
	bool by_source);

/* packet_send.c */
struct fw_packet_sender {
	int descriptor;
	uint32_t most; /* bytes of a frame that the device takes */
};

void fw_packet_sender_open(struct fw_packet_sender *sender, const char *device, bool bypass);
/* False: the kernel refused it. */
bool fw_packet_send(struct fw_packet_sender *sender, const uint8_t *frame, size_t length);
void fw_packet_pin(int cpu); /* this process; -1: where it is */
bool fw_packet_device_mac(const char *device, uint8_t mac[6]);

/* packet_main.c: what the commands were given. */
struct fw_packet_options {
	const char *from_netns, *to_netns; /* paths; NULL: this one */
	const char *device, *to_device;
	const char *list;
	const char *file; /* of frames */
	struct fw_packet_pool pool;
	const char *kinds; /* names, with commas between; NULL: all */
	bool by_source;
	bool bypass;
	struct fw_packet_address other;
	size_t payload;
	uint64_t count;
	double seconds;
	uint8_t tag;
	int cpu;
	int port; /* UDP */
	uint32_t program;
	uint64_t seed;
	const uint8_t *to; /* MAC */
};
extern struct fw_packet_options fw_packet;

/* The commands; they return the exit code. */
int fw_packet_run(void);   /* packet_run.c */
int fw_packet_load(void);  /* packet_load.c */
int fw_packet_count(void); /* packet_count.c */
int fw_packet_fuzz(void);  /* packet_fuzz.c */
int fw_packet_capture(void);  /* packet_capture.c */
int fw_packet_frames(void);
int fw_packet_prefixes(void);
int fw_packet_verdicts(void); /* packet_verdicts.c */

/* packet_fuzz.c: a frame with any address of the pool, changed at random; its length. The pool must have addresses of both
 * families. */
size_t fw_packet_changed(uint8_t *frame);

#endif
