/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Traffic of one kind between a client and a server process over loopback. Shared by load.c and the
 * load_*.c files; each process has one thread.
 */
#ifndef FW_BENCH_LOAD_H
#define FW_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load;

/* The four functions of a workload. Set-up happens in the parent, before both processes begin. */
struct workload {
	const char *name;
	const char *description;
	size_t size;	/* bytes of payload an operation moves one way */
	unsigned burst; /* operations between two looks at the clock */
	bool both_ways; /* an operation moves `size` in each direction */
	void (*prepare)(struct load *load);
	void (*serve)(struct load *load);   /* until it is killed */
	void (*operate)(struct load *load); /* the client does one operation */
};

struct load {
	const struct workload *workload;
	char *buffer; /* as large as the largest message */
	int server;   /* listening TCP or bound UDP socket */
	int client;   /* the client's socket; -1 where an operation makes its own */
	int accepted; /* the server's end of `client`; -1: none */
	uint16_t port;
	uint64_t sent; /* datagrams so far */
};

extern const struct workload load_tcp_request, load_tcp_small, load_tcp_bulk, load_tcp_short;
extern const struct workload load_udp_request, load_udp_stream;

/* Print what failed with errno's text, and end this process with status 1. */
_Noreturn void load_die(const char *what);
/* A socket of `type` bound to a free loopback port, which goes into load->port. */
int load_bind(struct load *load, int type);
int load_connect(const struct load *load, int type);
/* Move exactly `size` bytes; false: the peer is gone. */
bool load_write(int fd, const char *buffer, size_t size);
bool load_read(int fd, char *buffer, size_t size);

#endif
