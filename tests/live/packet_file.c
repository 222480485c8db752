/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "packet_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* IETF draft-ietf-opsawg-pcap: 24 bytes of head, 16 of each frame. */
#define MAGIC		   0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define LINK_ETHERNET	   1u

struct head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy;
	uint32_t most; /* bytes of a frame */
	uint32_t link;
};

struct frame_head {
	uint32_t seconds, fraction;
	uint32_t length; /* in the file */
	uint32_t whole;	 /* on the wire */
};

static uint32_t number(const struct fw_packet_file *file, uint32_t value)
{
	return file->is_swapped ? __builtin_bswap32(value) : value;
}

static bool complain(const struct fw_packet_file *file, const char *what)
{
	fprintf(stderr, "%s: %s; it must be a pcap file of Ethernet frames (not pcapng)\n", file->name, what);
	return false;
}

static bool read_head(struct fw_packet_file *file)
{
	struct head head;
	uint32_t magic;

	if (fread(&head, sizeof(head), 1, file->file) != 1)
		return complain(file, "too short");
	magic = __builtin_bswap32(head.magic);
	file->is_swapped = magic == MAGIC || magic == MAGIC_NANOSECONDS;
	magic = number(file, head.magic);
	if (magic != MAGIC && magic != MAGIC_NANOSECONDS)
		return complain(file, "unknown format");
	if ((number(file, head.link) & 0xffff) != LINK_ETHERNET)
		return complain(file, "another medium");
	return true;
}

bool fw_packet_file_open(struct fw_packet_file *file, const char *name)
{
	memset(file, 0, sizeof(*file));
	file->name = name;
	file->file = fopen(name, "rb");
	if (!file->file) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return false;
	}
	file->bytes = malloc(FW_PACKET_FILE_MOST);
	if (file->bytes && read_head(file))
		return true;
	fw_packet_file_close(file);
	return false;
}

int fw_packet_file_read(struct fw_packet_file *file)
{
	struct frame_head head;
	size_t got = fread(&head, 1, sizeof(head), file->file);

	if (got == 0 && feof(file->file))
		return 0;
	file->length = number(file, head.length);
	if (got != sizeof(head) || file->length > FW_PACKET_FILE_MOST ||
		fread(file->bytes, 1, file->length, file->file) != file->length) {
		complain(file, "cut off, or a frame is too large");
		return -1;
	}
	file->frames++;
	return 1;
}

void fw_packet_file_close(struct fw_packet_file *file)
{
	if (file->file)
		fclose(file->file);
	free(file->bytes);
	memset(file, 0, sizeof(*file));
}

bool fw_packet_file_begin(FILE *stream)
{
	const struct head head = { MAGIC, 2, 4, 0, 0, FW_PACKET_FILE_MOST, LINK_ETHERNET };

	return fwrite(&head, sizeof(head), 1, stream) == 1;
}

bool fw_packet_file_write(FILE *stream, const uint8_t *bytes, uint32_t length)
{
	const struct frame_head head = { 0, 0, length, length };

	return fwrite(&head, sizeof(head), 1, stream) == 1 && fwrite(bytes, 1, length, stream) == length;
}
