/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files of captured frames in the classic pcap format (little-endian as written here; of either byte order, with
 * microseconds or nanoseconds, when read). For fwpacket and tests/nt/ndis_player.c; one thread. Errors are told on standard
 * error.
 */
#ifndef FW_PACKET_FILE_H
#define FW_PACKET_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define FW_PACKET_FILE_MOST 262144u /* bytes of a frame */

struct fw_packet_file {
	FILE *file;
	const char *name;
	bool is_swapped;
	uint32_t frames; /* so far */
	uint8_t *bytes;	 /* of the last one read */
	uint32_t length; /* that are in the file */
};

bool fw_packet_file_open(struct fw_packet_file *file, const char *name);
/* 1: there is one more, 0: that was all, -1: the file is no capture, or cut off. */
int fw_packet_file_read(struct fw_packet_file *file);
void fw_packet_file_close(struct fw_packet_file *file);

/* To an open stream: the head once, then frames. False: it cannot be written. */
bool fw_packet_file_begin(FILE *stream);
bool fw_packet_file_write(FILE *stream, const uint8_t *bytes, uint32_t length);

#endif
