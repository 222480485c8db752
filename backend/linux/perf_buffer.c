/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/perf_buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int fw_perf_buffer_open(struct fw_perf_buffer *buffer, struct perf_event_attr *attr, int cpu,
	size_t bytes)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	void *memory;

	if (fd < 0)
		return -errno;
	memory = mmap(NULL, page_size() + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		int result = -errno;

		close(fd);
		return result;
	}
	*buffer = (struct fw_perf_buffer){ .fd = fd, .page = memory, .bytes = bytes };
	return 0;
}

void fw_perf_buffer_enable(const struct fw_perf_buffer *buffer)
{
	ioctl(buffer->fd, PERF_EVENT_IOC_ENABLE, 0);
}

void fw_perf_buffer_disable(const struct fw_perf_buffer *buffer)
{
	ioctl(buffer->fd, PERF_EVENT_IOC_DISABLE, 0);
}

static const struct perf_event_header *record_at(const struct fw_perf_buffer *buffer, uint64_t at,
	void *scratch)
{
	const unsigned char *data = (const unsigned char *)buffer->page + page_size();
	size_t offset = at & (buffer->bytes - 1), first = buffer->bytes - offset;
	const struct perf_event_header *record = (const void *)(data + offset);

	/* The header itself never wraps: records are multiples of eight bytes, as it is. */
	if (first >= record->size)
		return record;
	memcpy(scratch, data + offset, first);
	memcpy((char *)scratch + first, data, record->size - first);
	return scratch;
}

bool fw_perf_buffer_read(struct fw_perf_buffer *buffer, void *scratch, fw_perf_record_fn record,
	void *argument)
{
	uint64_t head = __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = buffer->page->data_tail;
	bool goes_on = true;

	while (tail < head && goes_on) {
		const struct perf_event_header *found = record_at(buffer, tail, scratch);

		if (found->size < sizeof(*found))
			break;
		goes_on = record(found, argument);
		tail += found->size;
	}
	__atomic_store_n(&buffer->page->data_tail, tail, __ATOMIC_RELEASE);
	return goes_on;
}

uint64_t fw_perf_buffer_lost(const struct fw_perf_buffer *buffer)
{
	struct {
		uint64_t value, lost;
	} counts;

	return read(buffer->fd, &counts, sizeof(counts)) == sizeof(counts) ? counts.lost : 0;
}

uint64_t fw_perf_buffer_written(const struct fw_perf_buffer *buffer)
{
	return __atomic_load_n(&buffer->page->data_head, __ATOMIC_ACQUIRE);
}

void fw_perf_buffer_close(struct fw_perf_buffer *buffer)
{
	if (!buffer->page)
		return;
	munmap(buffer->page, page_size() + buffer->bytes);
	close(buffer->fd);
	memset(buffer, 0, sizeof(*buffer));
}
