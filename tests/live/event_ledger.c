// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The ledger: rows of processes in memory that all of them share, and the JSON lines made of it. */
#include "event_generator.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flowwatcher/text_codec.h"

#define ROW_MAX 1024u
#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct image {
	struct image *next;
	uint64_t address, size;
	char build_id[2 * 64 + 1];
	char path[PATH_MAX];
};

struct ledger {
	_Atomic unsigned int used;
	struct fw_event_sums sums;
	struct fw_event_row rows[ROW_MAX]; /* the first is the main process's */
};

/* Memory that rows point to. Held here as well, for who looks for leaks does not look into them. */
struct kept {
	struct kept *next;
	max_align_t memory[];
};

static struct ledger *ledger;
static struct kept *kept;
static struct image *images, **images_end = &images; /* of the main process, in order */
struct fw_event_row *fw_event_self;
struct fw_event_sums *fw_event_sums;

void fw_event_ledger_open(void)
{
	ledger = mmap(
		NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ledger == MAP_FAILED)
		fw_event_fail("mmap of the ledger");
	fw_event_sums = &ledger->sums;
	fw_event_self = fw_event_row_new("main");
	fw_event_self->pid = getpid();
	fw_event_self->pid_inside = getpid();
}

struct fw_event_row *fw_event_row_new(const char *role)
{
	unsigned int index = atomic_fetch_add(&ledger->used, 1);
	struct fw_event_row *row;

	if (index >= ROW_MAX) {
		errno = ENOSPC;
		fw_event_fail("ledger");
	}
	row = &ledger->rows[index];
	row->parent = fw_event_self;
	snprintf(row->role, sizeof(row->role), "%s", role);
	return row;
}

void *fw_event_keep(size_t size)
{
	struct kept *block = calloc(1, sizeof(*block) + size);

	if (!block)
		fw_event_fail("memory");
	block->next = kept;
	kept = block;
	return block->memory;
}

/* An exec that returns ends the run, so the count is right. */
void fw_event_exec_planned(struct fw_event_row *row, const char *exe, char **arguments)
{
	snprintf(row->exe, sizeof(row->exe), "%s", exe);
	row->arguments = arguments;
	row->execs++;
}

void fw_event_image_add(const char *path, uint64_t address, uint64_t size, const char *build_id)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		fw_event_fail("memory for an image");
	snprintf(image->path, sizeof(image->path), "%s", path);
	snprintf(image->build_id, sizeof(image->build_id), "%s", build_id);
	image->address = address;
	image->size = size;
	*images_end = image;
	images_end = &image->next;
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static void add_string(struct json_object *object, const char *key, const char *text)
{
	if (text[0])
		json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *base64_string(const char *text)
{
	char *encoded = malloc(FW_BASE64_SIZE(strlen(text)));
	struct json_object *string = NULL;

	if (encoded) {
		fw_base64_encode(text, strlen(text), encoded);
		string = json_object_new_string(encoded);
	}
	free(encoded);
	return string;
}

/* As JSON can hold them: all in base64 when one is no UTF-8. */
static void add_arguments(struct json_object *object, char **arguments)
{
	struct json_object *array = json_object_new_array();
	bool valid = true;
	char **argument;

	for (argument = arguments; *argument; argument++)
		valid &= fw_utf8_is_valid(*argument, strlen(*argument));
	for (argument = arguments; *argument; argument++)
		json_object_array_add(array,
			valid ? json_object_new_string(*argument) : base64_string(*argument));
	json_object_object_add(object, valid ? "arguments" : "arguments_base64", array);
}

static struct json_object *line_of(const char *type, const char *scenario)
{
	struct json_object *object = json_object_new_object();

	if (object) {
		add_string(object, "type", type);
		add_string(object, "scenario", scenario);
	}
	return object;
}

static bool print_line(FILE *out, struct json_object *object)
{
	bool printed = object &&
		       fprintf(out, "%s\n", json_object_to_json_string_ext(object, JSON_FLAGS)) > 0;

	json_object_put(object);
	return printed;
}

static struct json_object *process_line(const struct fw_event_row *row, const char *scenario)
{
	struct json_object *object = line_of("process", scenario);

	if (!object)
		return NULL;
	add_string(object, "role", row->role);
	add_number(object, "pid", (uint64_t)row->pid);
	add_number(object, "parent_pid", (uint64_t)(row->parent ? row->parent->pid : getppid()));
	if (row->pid_inside && row->pid_inside != row->pid)
		add_number(object, "pid_inside", (uint64_t)row->pid_inside);
	add_number(object, "forks", row->forks);
	add_number(object, "execs", row->execs);
	add_number(object, "execs_by_thread", row->execs_by_thread);
	add_number(object, "threads", row->threads);
	add_number(object, "exit_code", (uint64_t)row->exit_code);
	add_number(object, "signal", (uint64_t)row->signal);
	add_string(object, "exe", row->exe);
	add_string(object, "exe_inside", row->exe_inside);
	add_string(object, "directory", row->directory);
	if (row->arguments)
		add_arguments(object, row->arguments);
	return object;
}

static struct json_object *image_line(const struct image *image, const char *scenario)
{
	struct json_object *object = line_of("image", scenario);

	if (!object)
		return NULL;
	add_number(object, "pid", (uint64_t)ledger->rows[0].pid);
	add_number(object, "address", image->address);
	add_number(object, "size", image->size);
	add_string(object, "path", image->path);
	add_string(object, "build_id", image->build_id);
	return object;
}

/* Rows and what is beside them; the main process was there before and is there still. */
static struct json_object *sum_line(const char *scenario, uint64_t elapsed_ns, uint64_t cpu_ns)
{
	struct json_object *object = line_of("sum", scenario);
	uint64_t processes = ledger->sums.processes, execs = ledger->sums.execs;
	uint64_t exits = ledger->sums.exits, threads = ledger->sums.threads;
	unsigned int i, used = ledger->used;

	if (!object)
		return NULL;
	for (i = 0; i < used; i++) {
		execs += ledger->rows[i].execs;
		threads += ledger->rows[i].threads;
	}
	add_number(object, "pid", (uint64_t)ledger->rows[0].pid);
	add_number(object, "processes", processes + used - 1);
	add_number(object, "execs", execs);
	add_number(object, "exits", exits + used - 1);
	add_number(object, "threads_created", threads);
	add_number(object, "threads_exited", threads);
	add_number(object, "elapsed_ns", elapsed_ns);
	add_number(object, "cpu_ns", cpu_ns);
	return object;
}

static bool print_all(FILE *out, const char *scenario, uint64_t elapsed_ns, uint64_t cpu_ns)
{
	const struct image *image;
	unsigned int i;

	for (i = 0; i < ledger->used; i++)
		if (!print_line(out, process_line(&ledger->rows[i], scenario)))
			return false;
	for (image = images; image; image = image->next)
		if (!print_line(out, image_line(image, scenario)))
			return false;
	return print_line(out, sum_line(scenario, elapsed_ns, cpu_ns));
}

bool fw_event_ledger_print(
	const char *path, const char *scenario, uint64_t elapsed_ns, uint64_t cpu_ns)
{
	FILE *out = path ? fopen(path, "we") : stdout;
	bool printed;

	if (!out) {
		fprintf(stderr, "fwevents: cannot write %s: %s\n", path, strerror(errno));
		return false;
	}
	printed = print_all(out, scenario, elapsed_ns, cpu_ns);
	printed &= (path ? fclose(out) : fflush(out)) == 0;
	if (!printed)
		fprintf(stderr, "fwevents: cannot write the ledger: %s\n", strerror(errno));
	return printed;
}
