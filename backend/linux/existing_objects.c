/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/existing_objects.h"

#include "backend/linux/build_id.h"
#include "backend/linux/image_source.h"
#include "backend/linux/socket_table.h"
#include "core/record_check.h"
#include "lib/grow.h"
#include "lib/host/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

struct collector {
	struct fw_record_merge *into;
	uint64_t types;
	/* /proc shows the processes of the initial pid namespace, as the records do */
	bool has_proc;
	enum fw_status status;
};

/* Text appended to a record that is being built. */
static bool append_text(struct fw_record_header **record, size_t field, const void *bytes,
	size_t length)
{
	size_t old = (*record)->size, size = old + length;
	struct fw_record_header *grown = realloc(*record, (size + 7) & ~(size_t)7);
	struct fw_record_text *text;

	if (!grown)
		return false;
	*record = grown;
	memcpy((char *)grown + old, bytes, length);
	grown->size = (uint32_t)size;
	text = (struct fw_record_text *)((char *)grown + field);
	*text = (struct fw_record_text){ (uint32_t)old, (uint32_t)length };
	return true;
}

static bool add(struct collector *collector, struct fw_record_header *record)
{
	uint32_t whole = (record->size + 7) & ~7u;
	bool added;

	memset((char *)record + record->size, 0, whole - record->size);
	record->size = whole;
	added = fw_record_merge_add(collector->into, record);
	if (!added)
		collector->status = FW_NO_MEMORY;
	return added;
}

#define FIELD(name) offsetof(struct fw_process_create_record, name)

static bool append_texts(struct fw_record_header **record, uint32_t pid)
{
	char text[PATH_SIZE], *command = NULL;
	size_t length = 0;
	bool kept = true, cut = false;

	if (fw_host_process_exe(pid, text, sizeof(text)) == FW_OK)
		kept = append_text(record, FIELD(exe), text, strlen(text));
	if (kept && fw_host_process_directory(pid, text, sizeof(text)) == FW_OK)
		kept = append_text(record, FIELD(directory), text, strlen(text));
	if (kept && fw_host_process_cgroup(pid, text, sizeof(text)) == FW_OK)
		kept = append_text(record, FIELD(cgroup), text, strlen(text));
	if (kept && fw_host_process_command_line(pid, &command, &length, &cut) == FW_OK)
		kept = append_text(record, FIELD(command_line), command, length);
	if (kept && cut)
		((struct fw_process_create_record *)*record)->flags |= FW_EVENT_COMMAND_LINE_CUT;
	free(command);
	return kept;
}

static bool add_process(struct collector *collector, const struct fw_process_create_record *found)
{
	struct fw_record_header *record = malloc(sizeof(*found));
	bool added = record != NULL;

	if (added) {
		memcpy(record, found, sizeof(*found));
		if (collector->has_proc)
			added = append_texts(&record, found->pid);
		added = added && add(collector, record);
	}
	if (!added)
		collector->status = FW_NO_MEMORY;
	free(record);
	return added;
}

/* The kernel writes a newline in a path as \\012. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		bool is_newline = !strncmp(from, "\\012", 4);

		*to = is_newline ? '\n' : *from;
		from += is_newline ? 4 : 1;
	}
	*to = '\0';
}

/* A line of /proc/PID/maps that maps something executable; its path stays in `line`. */
static bool parse_mapping(char *line, struct fw_image_record *image, const char **path)
{
	uint64_t start, end, offset;
	char permissions[5];
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &start, &end,
		    permissions, &offset, &at) != 4 || !at)
		return false;
	line[strcspn(line, "\n")] = '\0';
	if (permissions[2] != 'x')
		return false;
	unescape(line + at);
	*path = line[at] ? line + at : "//anon";
	if (!fw_image_is_file(*path))
		image->flags |= FW_EVENT_NO_FILE;
	image->address = start;
	image->size = end - start;
	image->file_offset = offset;
	return true;
}

static bool add_image(struct collector *collector, const struct fw_process_create_record *process,
	struct fw_image_record *image, const char *path)
{
	struct fw_record_header *record = malloc(sizeof(*image));
	bool added = record != NULL;

	image->header = process->header;
	image->header.size = sizeof(*image);
	image->header.type = FW_RECORD_IMAGE_LOAD;
	image->pid = process->pid;
	if (!(image->flags & FW_EVENT_NO_FILE))
		image->build_id_length = fw_build_id_of_mapping(process->pid, image->address,
		image->address + image->size, image->build_id);
	if (added) {
		memcpy(record, image, sizeof(*image));
		added = append_text(&record, offsetof(struct fw_image_record, path), path,
				strlen(path)) &&
			add(collector, record);
	}
	if (!added)
		collector->status = FW_NO_MEMORY;
	free(record);
	return added;
}

static void add_images(struct collector *collector, const struct fw_process_create_record *process)
{
	char name[32], *line = NULL;
	size_t size = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%u/maps", process->pid);
	maps = fopen(name, "re");
	while (maps && getline(&line, &size, maps) > 0) {
		struct fw_image_record image = { 0 };
		const char *path;

		if (parse_mapping(line, &image, &path) &&
			!add_image(collector, process, &image, path))
			break;
	}
	if (maps)
		fclose(maps);
	free(line);
}

static bool wants(const struct collector *collector, int type)
{
	return collector->types & 1ull << type;
}

static bool take_process(const void *row, void *argument)
{
	const struct fw_process_create_record *found = row;
	struct collector *collector = argument;

	if (wants(collector, FW_RECORD_PROCESS_CREATE) && !add_process(collector, found))
		return false;
	if (wants(collector, FW_RECORD_IMAGE_LOAD) && collector->has_proc)
		add_images(collector, found);
	return collector->status == FW_OK;
}

enum fw_status fw_existing_collect(const struct fw_kernel_side *side, uint64_t types,
	struct fw_record_merge *into, struct fw_error *error)
{
	struct collector collector = { .into = into, .types = types };
	uint64_t start_ns;
	uint32_t pid;
	int result;
	enum fw_status status;

	if (!wants(&collector, FW_RECORD_PROCESS_CREATE) &&
		!wants(&collector, FW_RECORD_IMAGE_LOAD))
		return FW_OK;
	status = fw_socket_table_identity(side, &pid, &start_ns, error);
	if (status != FW_OK)
		return status;
	collector.has_proc = pid == (uint32_t)getpid();
	result = fw_kernel_side_rows(side, FW_ITERATOR_PROCESSES,
		sizeof(struct fw_process_create_record), take_process, &collector);
	return result ? fw_error_set_errno(error, result, "listing the processes that run") : FW_OK;
}

static void mark_existing(struct fw_record_header *record, uint16_t type, size_t size)
{
	record->type = type;
	record->size = (uint32_t)size;
	record->flags = FW_RECORD_EXISTING;
}

/* False: the socket is no connection. */
static bool make_connection(struct fw_connection_record *record,
	const struct fw_connection *connection)
{
	if (!connection->remote_port || connection->family == FW_FAMILY_PACKET)
		return false;
	*record = (struct fw_connection_record){ .connection = *connection };
	mark_existing(&record->header, FW_RECORD_CONNECTION_OPEN, sizeof(*record));
	return true;
}

static void make_port(struct fw_port_record *record, const struct fw_port *port)
{
	*record = (struct fw_port_record){ .port = *port };
	mark_existing(&record->header, FW_RECORD_PORT_TAKEN, sizeof(*record));
}

bool fw_existing_add_connection(const struct fw_connection *connection, void *into)
{
	struct fw_connection_record record;

	return !make_connection(&record, connection) || fw_record_merge_add(into, &record.header);
}

bool fw_existing_add_port(const struct fw_port *port, void *into)
{
	struct fw_port_record record;

	make_port(&record, port);
	return fw_record_merge_add(into, &record.header);
}

/* What tells two announcements of one object: of a process its number and start, of an image the
 * process's number and the address, of a connection or port the socket's id. */
struct identity {
	uint16_t type;
	uint32_t pid;
	uint64_t value;
};

struct identities {
	struct identity *all;
	size_t count, capacity;
	bool failed;
};

static bool identify(const struct fw_record_header *record, struct identity *identity)
{
	const struct fw_process_create_record *create = (const void *)record;
	const struct fw_image_record *image = (const void *)record;

	memset(identity, 0, sizeof(*identity));
	identity->type = record->type;
	if (record->type == FW_RECORD_PROCESS_CREATE && create->cause != FW_CREATE_EXEC) {
		identity->pid = create->pid;
		identity->value = create->start_ns;
		return true;
	}
	if (record->type == FW_RECORD_IMAGE_LOAD) {
		identity->pid = image->pid;
		identity->value = image->address;
		return true;
	}
	if (record->type == FW_RECORD_CONNECTION_OPEN) {
		identity->value = ((const struct fw_connection_record *)record)->connection.id;
		return true;
	}
	if (record->type == FW_RECORD_PORT_TAKEN) {
		identity->value = ((const struct fw_port_record *)record)->port.connection_id;
		return true;
	}
	return false;
}

static bool collect_identity(struct fw_record_header *record, void *argument)
{
	struct identities *identities = argument;
	struct identity identity, *all;

	if (!identify(record, &identity))
		return true;
	all = fw_grow(identities->all, identities->count, &identities->capacity, sizeof(*all));
	identities->failed = !all;
	if (!all)
		return false;
	identities->all = all;
	all[identities->count++] = identity;
	return true;
}

static int compare_identities(const void *left, const void *right)
{
	const struct identity *a = left, *b = right;

	if (a->type != b->type)
		return a->type - b->type;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->value > b->value) - (a->value < b->value);
}

static bool is_known(const struct identities *identities, const struct identity *identity)
{
	return identities->count && bsearch(identity, identities->all, identities->count,
					    sizeof(*identity), compare_identities);
}

static void sort(struct identities *identities)
{
	if (identities->count)
		qsort(identities->all, identities->count, sizeof(*identities->all),
			compare_identities);
}

struct reconciliation {
	uint64_t types;
	struct identities live, listed;
	struct fw_record_merge kept;
	bool failed;
};

static bool keep_unless_live(struct fw_record_header *record, void *argument)
{
	struct reconciliation *work = argument;
	struct identity identity;

	if (identify(record, &identity) && is_known(&work->live, &identity))
		return true;
	/* One time for all: the order is that of arrival. */
	record->time_ns = 0;
	work->failed |= !fw_record_merge_add(&work->kept, record);
	return !work->failed;
}

static bool announce(struct reconciliation *work, const struct fw_record_header *record)
{
	struct identity identity;

	if (!(work->types & 1ull << record->type) || !identify(record, &identity) ||
		is_known(&work->live, &identity) || is_known(&work->listed, &identity))
		return true;
	work->failed |= !fw_record_merge_add(&work->kept, record);
	return !work->failed;
}

static bool announce_process(struct reconciliation *work, const struct fw_process_exit_record *end)
{
	struct fw_process_create_record found = {
		.cause = FW_CREATE_FOUND,
		.start_ns = end->start_ns,
		.pid = end->pid,
		.parent_pid = end->parent_pid,
		.uid = end->uid,
		.flags = end->flags & FW_PROCESS_KERNEL,
	};

	memcpy(found.comm, end->comm, sizeof(found.comm));
	mark_existing(&found.header, FW_RECORD_PROCESS_CREATE, sizeof(found));
	return announce(work, &found.header);
}

static bool announce_connection(struct reconciliation *work,
	const struct fw_connection_record *end)
{
	struct fw_connection_record found;

	if (!make_connection(&found, &end->connection))
		return true;
	found.connection.closed_ns = 0;
	return announce(work, &found.header);
}

static bool announce_port(struct reconciliation *work, const struct fw_port_record *end)
{
	struct fw_port_record found;

	make_port(&found, &end->port);
	return announce(work, &found.header);
}

/* What ended before it could be listed is announced by what its end tells of it. */
static bool announce_ended(struct fw_record_header *record, void *argument)
{
	struct reconciliation *work = argument;

	switch (record->type) {
	case FW_RECORD_PROCESS_EXIT:
		return announce_process(work, (const void *)record);
	case FW_RECORD_CONNECTION_CLOSE:
		return announce_connection(work, (const void *)record);
	case FW_RECORD_PORT_RELEASED:
		return announce_port(work, (const void *)record);
	default:
		return true;
	}
}

static bool set_time(struct fw_record_header *record, void *argument)
{
	record->time_ns = *(uint64_t *)argument;
	return true;
}

enum fw_status fw_existing_reconcile(struct fw_record_merge *existing, struct fw_record_merge *live,
	uint64_t types, uint64_t began_ns, struct fw_error *error)
{
	struct reconciliation work = { .types = types };

	fw_record_merge_each(live, collect_identity, &work.live);
	fw_record_merge_each(existing, collect_identity, &work.listed);
	sort(&work.live);
	sort(&work.listed);
	fw_record_merge_each(existing, keep_unless_live, &work);
	fw_record_merge_each(live, announce_ended, &work);
	fw_record_merge_each(&work.kept, set_time, &began_ns);
	work.failed |= work.live.failed || work.listed.failed;
	free(work.live.all);
	free(work.listed.all);
	if (work.failed) {
		fw_record_merge_done(&work.kept);
		return fw_error_set(error, FW_NO_MEMORY, "no memory for what exists already");
	}
	fw_record_merge_done(existing);
	*existing = work.kept;
	return FW_OK;
}
