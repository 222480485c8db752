/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/build_id.h"

#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Anybody may map a file that claims anything. */
#define MOST_SEGMENTS	256
#define MOST_NOTE_BYTES (64u << 10)

/* The GNU build id among the notes of one segment or section; 0: none. */
static uint32_t find_in_notes(Elf_Data *data, uint8_t build_id[FW_BUILD_ID_SIZE])
{
	size_t at = 0, next, name, text;
	GElf_Nhdr note;

	while (data && (next = gelf_getnote(data, at, &note, &name, &text)) > 0) {
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
			!memcmp((char *)data->d_buf + name, "GNU", sizeof("GNU")) &&
			note.n_descsz <= FW_BUILD_ID_SIZE) {
			memcpy(build_id, (char *)data->d_buf + text, note.n_descsz);
			return note.n_descsz;
		}
		at = next;
	}
	return 0;
}

static uint32_t find_in_file(Elf *elf, uint8_t build_id[FW_BUILD_ID_SIZE])
{
	uint32_t length = 0;
	size_t segments;
	GElf_Phdr segment;

	if (!elf || elf_getphdrnum(elf, &segments))
		return 0;
	for (size_t i = 0; i < segments && i < MOST_SEGMENTS && !length; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_NOTE &&
			segment.p_filesz <= MOST_NOTE_BYTES)
			length = find_in_notes(elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
						       segment.p_filesz,
						       segment.p_align == 8 ? ELF_T_NHDR8 :
									      ELF_T_NHDR),
				build_id);
	return length;
}

uint32_t fw_build_id_of_mapping(uint32_t pid, uint64_t start, uint64_t end,
	uint8_t build_id[FW_BUILD_ID_SIZE])
{
	struct stat file;
	char name[96];
	uint32_t length;
	Elf *elf;
	int fd;

	/* This link leads to the very file, whatever its path means in the process's namespace. */
	snprintf(name, sizeof(name), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, start, end);
	/* Opening a device may do something. */
	if (stat(name, &file) || !S_ISREG(file.st_mode))
		return 0;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	length = find_in_file(elf, build_id);
	elf_end(elf);
	close(fd);
	return length;
}
