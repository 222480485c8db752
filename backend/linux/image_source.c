/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/image_source.h"

#include "backend/linux/perf_buffer.h"
#include "lib/host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* perf's records have a 16-bit size. One that wraps is put together in the first half of the
 * scratch memory; in the second half ours is made of it, which is larger by less than its fixed
 * part. */
#define PERF_RECORD_BYTES 65536
#define SCRATCH_BYTES	  (2 * PERF_RECORD_BYTES + sizeof(struct fw_image_record))

#define CPUS_WITHIN_LIMIT 256 /* of 1,024 descriptors */
#define TASK_RECORD_BYTES 32 /* PERF_RECORD_FORK and _EXIT without sample_id_all */

struct fw_image_cpu {
	struct fw_perf_buffer images;
	struct fw_perf_buffer tasks; /* never read: what does not fit is counted as lost */
	uint64_t tasks_delivered;    /* by `images` */
	uint64_t told;		     /* lost images */
	uint64_t loss_time_ns;	     /* of the last loss seen while reading; 0: none */
	uint64_t first_task_ns;	     /* the first that `tasks` has; 0: not known yet */
};

/* PERF_RECORD_MMAP2 (linux/perf_event.h) up to the file's name; its text and `sample_end`
 * follow. */
struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, file_offset;
	union {
		struct {
			uint32_t major, minor;
			uint64_t inode, inode_generation;
		};
		struct {
			uint8_t build_id_size, reserved1;
			uint16_t reserved2;
			uint8_t build_id[20];
		};
	};
	uint32_t protection, flags;
	char name[];
};

struct task {
	struct perf_event_header header;
	uint32_t pid, parent_pid, tid, parent_tid;
	uint64_t time_ns;
};

/* What sample_id_all puts at the end of each record, by our sample_type. */
struct sample_end {
	uint32_t pid, tid;
	uint64_t time_ns;
};

static int open_images(struct fw_image_cpu *cpu, int number, size_t bytes)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_LOST,
		.disabled = 1,
		.mmap = 1,
		.mmap2 = 1,
		.build_id = 1,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(bytes / 2),
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
	};

	return fw_perf_buffer_open(&cpu->images, &attr, number, bytes);
}

static int open_tasks(struct fw_image_cpu *cpu, int number)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.read_format = PERF_FORMAT_LOST,
		.disabled = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX,
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
	};

	return fw_perf_buffer_open(&cpu->tasks, &attr, number, (size_t)sysconf(_SC_PAGESIZE));
}

/* One CPU; 0 also when it is not online. */
static int add_cpu(struct fw_image_source *source, int number, size_t bytes)
{
	struct fw_image_cpu *cpu = &source->cpus[source->count];
	int result = open_images(cpu, number, bytes);

	if (result == -ENODEV)
		return 0;
	if (result == 0) {
		source->count++;
		result = open_tasks(cpu, number);
	}
	return result;
}

/* Two descriptors a CPU may be more than a shell allows; the hard limit is meant for such cases. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

enum fw_status fw_image_source_start(struct fw_image_source *source, size_t bytes,
	struct fw_error *error)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int result = 0;

	memset(source, 0, sizeof(*source));
	source->cpus = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*source->cpus));
	source->scratch = malloc(SCRATCH_BYTES);
	if (!source->cpus || !source->scratch)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for image events");
	if (cpus > CPUS_WITHIN_LIMIT)
		allow_descriptors();
	for (int cpu = 0; cpu < cpus && !result; cpu++)
		result = add_cpu(source, cpu, bytes);
	if (result == -EPERM || result == -EACCES)
		return fw_error_set(error, FW_DENIED,
			"image_load: the kernel refuses perf events of the whole machine, or memory for "
			"them: run as root, or with CAP_PERFMON and CAP_IPC_LOCK, or leave out the type");
	if (result)
		return fw_error_set_errno(error, result, "image_load: opening a perf event");
	for (size_t i = 0; i < source->count; i++) {
		fw_perf_buffer_enable(&source->cpus[i].images);
		fw_perf_buffer_enable(&source->cpus[i].tasks);
	}
	return FW_OK;
}

bool fw_image_is_file(const char *path)
{
	return path[0] == '/' && strcmp(path, "//anon") != 0 && strcmp(path, "//enomem") != 0;
}

static uint64_t time_of(const struct perf_event_header *record)
{
	struct sample_end end;

	memcpy(&end, (const char *)record + record->size - sizeof(end), sizeof(end));
	return end.time_ns;
}

static void fill_image(struct fw_image_record *image, const struct mmap2 *map, size_t name_length)
{
	memset(image, 0, sizeof(*image));
	image->header.type = FW_RECORD_IMAGE_LOAD;
	image->header.time_ns = time_of(&map->header);
	image->address = map->address;
	image->size = map->length;
	image->file_offset = map->file_offset;
	image->pid = map->pid;
	image->tid = map->tid;
	image->path = (struct fw_record_text){ sizeof(*image), (uint32_t)name_length };
	if (!fw_image_is_file(map->name))
		image->flags |= FW_EVENT_NO_FILE;
	if (!strcmp(map->name, "//toolong"))
		image->flags |= FW_EVENT_PATH_CUT;
	if (!(map->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID))
		return;
	image->build_id_length = map->build_id_size <= FW_BUILD_ID_SIZE ? map->build_id_size : 0;
	memcpy(image->build_id, map->build_id, image->build_id_length);
}

struct reading {
	struct fw_image_source *source;
	struct fw_image_cpu *cpu;
	fw_image_fn record;
	void *argument;
};

static bool tell_image(const struct reading *reading, const struct mmap2 *map)
{
	unsigned char *room = reading->source->scratch + PERF_RECORD_BYTES;
	struct fw_image_record *image = (struct fw_image_record *)room;
	size_t most = map->header.size - sizeof(*map) - sizeof(struct sample_end);
	size_t length = strnlen(map->name, most);

	if (length == most)
		return true;
	fill_image(image, map, length);
	image->header.size = (uint32_t)((sizeof(*image) + length + FW_RECORD_ALIGN - 1) &
					~(size_t)(FW_RECORD_ALIGN - 1));
	memset(room + sizeof(*image), 0, image->header.size - sizeof(*image));
	memcpy(room + sizeof(*image), map->name, length);
	reading->source->produced++;
	return reading->record(&image->header, reading->argument);
}

/* `tasks` was switched on a moment later: what came before its first record it has not counted. */
static bool is_counted_task(struct fw_image_cpu *cpu, const struct perf_event_header *record)
{
	const struct task *first = (const void *)((const char *)cpu->tasks.page +
						  (size_t)sysconf(_SC_PAGESIZE));

	if (!cpu->first_task_ns && fw_perf_buffer_written(&cpu->tasks) >= TASK_RECORD_BYTES)
		cpu->first_task_ns = first->time_ns;
	return cpu->first_task_ns && ((const struct task *)record)->time_ns >= cpu->first_task_ns;
}

static bool take_record(const struct perf_event_header *found, void *argument)
{
	struct reading *reading = argument;

	switch (found->type) {
	case PERF_RECORD_MMAP2:
		if (found->size > sizeof(struct mmap2) + sizeof(struct sample_end))
			return tell_image(reading, (const struct mmap2 *)found);
		return true;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		reading->cpu->tasks_delivered += is_counted_task(reading->cpu, found);
		return true;
	case PERF_RECORD_LOST:
		reading->cpu->loss_time_ns = time_of(found);
		return true;
	}
	return true;
}

/*
 * Images that a CPU has lost so far and that were not told yet. `tasks` is asked last, so that a
 * task that begins meanwhile makes the number too small for now and never too large.
 */
static uint64_t untold(struct fw_image_cpu *cpu)
{
	uint64_t lost = fw_perf_buffer_lost(&cpu->images);
	uint64_t tasks = fw_perf_buffer_written(&cpu->tasks) / TASK_RECORD_BYTES +
			 fw_perf_buffer_lost(&cpu->tasks);
	uint64_t tasks_lost = tasks > cpu->tasks_delivered ? tasks - cpu->tasks_delivered : 0;
	uint64_t images_lost = lost > tasks_lost ? lost - tasks_lost : 0;

	return images_lost > cpu->told ? images_lost - cpu->told : 0;
}

static void take_loss(struct fw_image_source *source, struct fw_image_cpu *cpu,
	struct fw_loss_record *loss)
{
	uint64_t lost = untold(cpu);

	cpu->told += lost;
	source->lost += lost;
	source->produced += lost;
	loss->lost[FW_RECORD_IMAGE_LOAD] += lost;
}

static struct fw_loss_record empty_loss(uint64_t time_ns)
{
	struct fw_loss_record loss = { .header = { .size = sizeof(loss), .type = FW_RECORD_LOSS,
		.time_ns = time_ns } };

	return loss;
}

void fw_image_source_read(struct fw_image_source *source, fw_image_fn record, void *argument)
{
	for (size_t i = 0; i < source->count; i++) {
		struct fw_image_cpu *cpu = &source->cpus[i];
		struct reading reading = { source, cpu, record, argument };
		struct fw_loss_record loss;

		fw_perf_buffer_read(&cpu->images, source->scratch, take_record, &reading);
		if (!cpu->loss_time_ns)
			continue;
		loss = empty_loss(cpu->loss_time_ns);
		cpu->loss_time_ns = 0;
		take_loss(source, cpu, &loss);
		if (loss.lost[FW_RECORD_IMAGE_LOAD])
			record(&loss.header, argument);
	}
}

int fw_image_source_fd(const struct fw_image_source *source, size_t i)
{
	return i < source->count ? source->cpus[i].images.fd : -1;
}

void fw_image_source_retire(struct fw_image_source *source)
{
	for (size_t i = 0; i < source->count; i++) {
		fw_perf_buffer_disable(&source->cpus[i].tasks);
		fw_perf_buffer_disable(&source->cpus[i].images);
	}
}

bool fw_image_source_take_gap(struct fw_image_source *source, struct fw_loss_record *loss)
{
	*loss = empty_loss(fw_host_boot_ns());
	for (size_t i = 0; i < source->count; i++)
		take_loss(source, &source->cpus[i], loss);
	return loss->lost[FW_RECORD_IMAGE_LOAD] != 0;
}

void fw_image_source_done(struct fw_image_source *source)
{
	for (size_t i = 0; i < source->count; i++) {
		fw_perf_buffer_close(&source->cpus[i].images);
		fw_perf_buffer_close(&source->cpus[i].tasks);
	}
	free(source->cpus);
	free(source->scratch);
	memset(source, 0, sizeof(*source));
}

enum fw_status fw_image_source_probe(struct fw_error *error)
{
	struct fw_image_source source;
	enum fw_status status =
		fw_image_source_start(&source, (size_t)sysconf(_SC_PAGESIZE), error);

	fw_image_source_done(&source);
	return status;
}
