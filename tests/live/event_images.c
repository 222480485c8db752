// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Shared libraries: mapped by dlopen() under a name each, unmapped again. */
#include "event_generator.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

struct search {
	const char *path;
	uint64_t address, size; /* of the part that is executable */
	char build_id[2 * 64 + 1];
};

static void read_build_id(const char *notes, size_t size, char *text)
{
	const ElfW(Nhdr) * note;
	size_t name, i;

	while (size >= sizeof(*note)) {
		note = (const void *)notes;
		name = sizeof(*note) + ((note->n_namesz + 3u) & ~3u);
		if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz <= 64)
			for (i = 0; i < note->n_descsz; i++)
				sprintf(text + 2 * i, "%02x", (unsigned char)notes[name + i]);
		name += (note->n_descsz + 3u) & ~3u;
		if (name > size)
			return;
		notes += name;
		size -= name;
	}
}

static int look_at(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), begin, end;
	const ElfW(Phdr) * header;
	int i;

	if (strcmp(info->dlpi_name, search->path) != 0)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		header = &info->dlpi_phdr[i];
		begin = info->dlpi_addr + header->p_vaddr;
		end = begin + header->p_filesz;
		if (header->p_type == PT_NOTE)
			read_build_id((const char *)begin, header->p_memsz, search->build_id);
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		search->address = begin & ~(page - 1);
		search->size = ((end + page - 1) & ~(page - 1)) - search->address;
	}
	return 1;
}

static void open_one(const char *path)
{
	struct search search = { .path = path };
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "fwevents: %s\n", dlerror());
		errno = ENOEXEC;
		fw_event_fail(path);
	}
	if (!dl_iterate_phdr(look_at, &search) || !search.size) {
		errno = ENOENT;
		fw_event_fail("the mapped library");
	}
	fw_event_image_add(path, search.address, search.size, search.build_id);
	if (dlclose(library) != 0)
		fw_event_fail("dlclose");
}

void fw_run_dlopen(void)
{
	char path[PATH_MAX];
	unsigned long i;

	for (i = 0; i < fw_number(); i++) {
		snprintf(path, sizeof(path), "%s/image-%lu.so", fw_directory(), i);
		fw_file_copy(fw_beside("fwevents_image.so"), path);
		fw_pace_await(i);
		open_one(path);
		unlink(path);
	}
}
