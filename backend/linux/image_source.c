/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/image_source.h"

#include "lib/host/host.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* perf's records have a 16-bit size. One that wraps is put together in the first half of the scratch
 * memory; in the second half ours is made of it, which is larger by less than its fixed part. */
#define PERF_RECORD_BYTES 65536
#define SCRATCH_BYTES	  (2 * PERF_RECORD_BYTES + sizeof(struct fw_image_record))

struct fw_image_buffer {
	int fd;
	struct perf_event_mmap_page *page; /* followed by the data */
	uint64_t told;			   /* losses that came as records */
};

/* PERF_RECORD_MMAP2 (linux/perf_event.h) up to the file's name; its text and `sample_end` follow. */
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

struct lost {
	struct perf_event_header header;
	uint64_t id;
	uint64_t count;
};

/* What sample_id_all puts at the end of each record, by our sample_type. */
struct sample_end {
	uint32_t pid, tid;
	uint64_t time_ns;
};

static int open_event(int cpu, size_t bytes)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_LOST,
		.mmap = 1,
		.mmap2 = 1,
		.build_id = 1,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(bytes / 2),
		.use_clockid = 1,
		.clockid = CLOCK_BOOTTIME,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int map_buffer(struct fw_image_buffer *buffer, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	buffer->page = memory;
	return 0;
}

/* One CPU; 0 also when it is not online. */
static int add_buffer(struct fw_image_source *source, int cpu)
{
	struct fw_image_buffer *buffer = &source->buffers[source->count];
	int result = open_event(cpu, source->bytes);

	if (result == -ENODEV)
		return 0;
	if (result < 0)
		return result;
	buffer->fd = result;
	result = map_buffer(buffer, source->bytes);
	if (result) {
		close(buffer->fd);
		return result;
	}
	source->count++;
	return 0;
}

enum fw_status fw_image_source_start(struct fw_image_source *source, size_t bytes,
	struct fw_error *error)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int result = 0;

	memset(source, 0, sizeof(*source));
	source->bytes = bytes;
	source->buffers = calloc((size_t)(cpus > 0 ? cpus : 1), sizeof(*source->buffers));
	source->scratch = malloc(SCRATCH_BYTES);
	if (!source->buffers || !source->scratch)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for image events");
	for (int cpu = 0; cpu < cpus && !result; cpu++)
		result = add_buffer(source, cpu);
	if (result == -EPERM || result == -EACCES)
		return fw_error_set(error, FW_DENIED,
			"image_load: the kernel refuses perf events of the whole machine, or memory for "
			"them: run as root, or with CAP_PERFMON and CAP_IPC_LOCK, or leave out the type");
	if (result)
		return fw_error_set_errno(error, result, "image_load: opening a perf event");
	return FW_OK;
}

bool fw_image_is_file(const char *path)
{
	return path[0] == '/' && strcmp(path, "//anon") != 0 && strcmp(path, "//enomem") != 0;
}

/* The record in one piece: where it wraps around the buffer's end it is put together in `scratch`. */
static const void *record_in_place(const struct fw_image_source *source, const unsigned char *data,
	uint64_t at, size_t size)
{
	size_t offset = at & (source->bytes - 1);
	size_t first = source->bytes - offset;

	if (first >= size)
		return data + offset;
	memcpy(source->scratch, data + offset, first);
	memcpy(source->scratch + first, data, size - first);
	return source->scratch;
}

static struct sample_end end_of(const struct perf_event_header *record)
{
	struct sample_end end;

	memcpy(&end, (const char *)record + record->size - sizeof(end), sizeof(end));
	return end;
}

static void fill_image(struct fw_image_record *image, const struct mmap2 *map, size_t name_length)
{
	memset(image, 0, sizeof(*image));
	image->header.type = FW_RECORD_IMAGE_LOAD;
	image->header.time_ns = end_of(&map->header).time_ns;
	image->address = map->address;
	image->size = map->length;
	image->file_offset = map->file_offset;
	image->pid = map->pid;
	image->tid = map->tid;
	image->path = (struct fw_record_text){ sizeof(*image), (uint32_t)name_length };
	if (!strcmp(map->name, "//toolong"))
		image->flags |= FW_EVENT_PATH_CUT;
	if (!(map->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID))
		return;
	image->build_id_length = map->build_id_size <= FW_BUILD_ID_SIZE ? map->build_id_size : 0;
	memcpy(image->build_id, map->build_id, image->build_id_length);
}

static bool tell_image(struct fw_image_source *source, const struct mmap2 *map, fw_image_fn record,
	void *argument)
{
	unsigned char *room = source->scratch + PERF_RECORD_BYTES;
	struct fw_image_record *image = (struct fw_image_record *)room;
	size_t most = map->header.size - sizeof(*map) - sizeof(struct sample_end);
	size_t length = strnlen(map->name, most);

	if (length == most || !fw_image_is_file(map->name))
		return true;
	fill_image(image, map, length);
	image->header.size = (uint32_t)((sizeof(*image) + length + FW_RECORD_ALIGN - 1) &
					~(size_t)(FW_RECORD_ALIGN - 1));
	memset(room + sizeof(*image), 0, image->header.size - sizeof(*image));
	memcpy(room + sizeof(*image), map->name, length);
	source->produced++;
	return record(&image->header, argument);
}

static void make_loss(struct fw_loss_record *loss, uint64_t count, uint64_t time_ns)
{
	memset(loss, 0, sizeof(*loss));
	loss->header.size = sizeof(*loss);
	loss->header.type = FW_RECORD_LOSS;
	loss->header.time_ns = time_ns;
	loss->lost[FW_RECORD_IMAGE_LOAD] = count;
}

static bool tell_lost(struct fw_image_source *source, struct fw_image_buffer *buffer,
	const struct lost *lost, fw_image_fn record, void *argument)
{
	struct fw_loss_record loss;

	buffer->told += lost->count;
	source->lost += lost->count;
	source->produced += lost->count;
	make_loss(&loss, lost->count, end_of(&lost->header).time_ns);
	return record(&loss.header, argument);
}

static bool tell_record(struct fw_image_source *source, struct fw_image_buffer *buffer,
	const struct perf_event_header *found, fw_image_fn record, void *argument)
{
	if (found->type == PERF_RECORD_MMAP2 &&
		found->size > sizeof(struct mmap2) + sizeof(struct sample_end))
		return tell_image(source, (const struct mmap2 *)found, record, argument);
	if (found->type == PERF_RECORD_LOST && found->size >= sizeof(struct lost))
		return tell_lost(source, buffer, (const struct lost *)found, record, argument);
	return true;
}

static bool read_buffer(struct fw_image_source *source, struct fw_image_buffer *buffer,
	fw_image_fn record, void *argument)
{
	const unsigned char *data =
		(const unsigned char *)buffer->page + (size_t)sysconf(_SC_PAGESIZE);
	uint64_t head = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = buffer->page->data_tail;
	bool goes_on = true;

	while (tail < head && goes_on) {
		struct perf_event_header header;

		/* A header never wraps: records are multiples of eight bytes, as it is. */
		memcpy(&header, data + (tail & (source->bytes - 1)), sizeof(header));
		if (!header.size)
			break;
		goes_on = tell_record(source, buffer,
			record_in_place(source, data, tail, header.size), record, argument);
		tail += header.size;
	}
	__atomic_store_n(&buffer->page->data_tail, tail, __ATOMIC_RELEASE);
	return goes_on;
}

void fw_image_source_read(struct fw_image_source *source, fw_image_fn record, void *argument)
{
	for (size_t i = 0; i < source->count; i++)
		if (!read_buffer(source, &source->buffers[i], record, argument))
			return;
}

int fw_image_source_fd(const struct fw_image_source *source, size_t i)
{
	return i < source->count ? source->buffers[i].fd : -1;
}

void fw_image_source_retire(struct fw_image_source *source)
{
	for (size_t i = 0; i < source->count; i++)
		ioctl(source->buffers[i].fd, PERF_EVENT_IOC_DISABLE, 0);
}

/* A loss is written into the buffer before the next record that finds room; there may be none. */
bool fw_image_source_take_gap(struct fw_image_source *source, struct fw_loss_record *loss)
{
	uint64_t missing = 0;

	for (size_t i = 0; i < source->count; i++) {
		struct fw_image_buffer *buffer = &source->buffers[i];
		struct {
			uint64_t value, lost;
		} counts;

		if (read(buffer->fd, &counts, sizeof(counts)) != sizeof(counts))
			continue;
		if (counts.lost > buffer->told)
			missing += counts.lost - buffer->told;
		buffer->told = counts.lost;
	}
	source->lost += missing;
	source->produced += missing;
	make_loss(loss, missing, fw_host_boot_ns());
	return missing != 0;
}

void fw_image_source_done(struct fw_image_source *source)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < source->count; i++) {
		munmap(source->buffers[i].page, page + source->bytes);
		close(source->buffers[i].fd);
	}
	free(source->buffers);
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
