/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lists of the filter in the running kernel: what it refuses, that it finds what a simple search finds, what
 * it counts, how long it takes and what it needs. Usage: fwlists [PREFIXES], the size of a large list
 * (1000000; a tenth of it IPv6).
 */
#include "filter_probe.h"

#include "backend/linux/filter_list.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct filter_probe *probe;
static int passed, failed;

static bool expect(bool is_so, const char *what)
{
	printf("%s %s\n", is_so ? "ok" : "not ok", what);
	*(is_so ? &passed : &failed) += 1;
	return is_so;
}

static struct fw_filter_prefix prefix4(uint32_t address, uint8_t length)
{
	struct fw_filter_prefix prefix = { .family = FW_FAMILY_IPV4, .length = length };

	for (int i = 0; i < 4; i++)
		prefix.address[i] = (uint8_t)(address >> (24 - 8 * i));
	return prefix;
}

static struct fw_filter_prefix prefix6(uint8_t first, uint8_t last, uint8_t length)
{
	struct fw_filter_prefix prefix = { .family = FW_FAMILY_IPV6, .length = length };

	prefix.address[0] = first;
	prefix.address[15] = last;
	return prefix;
}

static int make(const struct fw_filter_prefix *prefixes, size_t count)
{
	int fd = -1, result = probe_make(probe, prefixes, count, &fd);

	if (fd >= 0)
		close(fd);
	return result;
}

static void refuses(const char *why, struct fw_filter_prefix a, struct fw_filter_prefix b)
{
	struct fw_filter_prefix two[2] = { a, b };
	char what[128];

	snprintf(what, sizeof(what), "refuses %s", why);
	expect(make(two, 2) == -EINVAL, what);
}

static void test_order(void)
{
	struct fw_filter_prefix odd = prefix4(9, 32), high = prefix4(9, 32), other = prefix4(9, 32);
	struct fw_filter_prefix two[2] = { prefix4(0, 32), prefix4(UINT32_MAX, 32) };

	odd.reserved = 1;
	high.address[4] = 1;
	other.family = 5;
	expect(make(two, 2) == 0, "takes the first and the last address");
	expect(make(two, 0) == 0, "takes a list without prefixes");
	refuses("an unsorted list", prefix4(2, 32), prefix4(1, 32));
	refuses("a repeated prefix", prefix4(2, 32), prefix4(2, 32));
	refuses("a prefix in another one", prefix4(0, 24), prefix4(255, 32));
	refuses("a prefix around another one", prefix4(0, 32), prefix4(0, 24));
	refuses("something behind everything", prefix4(0, 0), prefix4(1, 32));
	refuses("host bits", prefix4(0, 32), prefix4(257, 24));
	refuses("a length of 33", prefix4(0, 32), prefix4(256, 33));
	refuses("a length of 255", prefix4(0, 32), prefix4(256, 255));
	refuses("a reserved field", prefix4(0, 32), odd);
	refuses("bytes behind an IPv4 address", prefix4(0, 32), high);
	refuses("an unknown family", prefix4(0, 32), other);
	refuses("IPv4 behind IPv6", prefix6(0, 0, 128), prefix4(0, 32));
	refuses("an unsorted list of IPv6", prefix6(1, 0, 128), prefix6(0, 255, 128));
	refuses("a repeated prefix of IPv6", prefix6(1, 1, 128), prefix6(1, 1, 128));
	refuses("a prefix of IPv6 in another one", prefix6(1, 0, 8), prefix6(1, 7, 128));
	refuses("host bits of IPv6", prefix6(0, 0, 128), prefix6(1, 1, 127));
	refuses("a length of 129", prefix6(0, 0, 128), prefix6(1, 0, 129));
}

static int create_open(uint32_t blocks, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, "fw_test_list", 4, 64, blocks, &options);
}

/* An empty list map of `blocks` blocks. */
static int create(uint32_t blocks)
{
	int fd = create_open(blocks, BPF_F_INNER_MAP);

	bpf_map_freeze(fd);
	return fd;
}

/* Whatever a program sends: the answer, or negative errno. */
static int commit(int list, const struct fw_filter_prefix *prefixes, uint32_t ipv4, uint32_t ipv6)
{
	struct fw_filter_commit argument = { .prefixes = (uintptr_t)prefixes, .ipv4 = ipv4, .ipv6 = ipv6 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
	const uint32_t place = 0;
	int result;

	if (bpf_map_update_elem(probe_building_fd(probe), &place, &list, BPF_ANY))
		return -errno;
	result = bpf_prog_test_run_opts(probe_commit_fd(probe), &options) ? -errno : (int)options.retval;
	bpf_map_delete_elem(probe_building_fd(probe), &place);
	return result;
}

static bool drops(int list, uint32_t address)
{
	const uint32_t word[4] = { __builtin_bswap32(address) };

	probe_use(probe, list);
	memcpy(probe_addresses(probe)[0], word, sizeof(word));
	return probe_search(probe, FW_FAMILY_IPV4, PROBE_SEARCH, 1).drops == 1;
}

static void test_wrong_callers(void)
{
	struct fw_filter_prefix two[2] = { prefix4(1, 32), prefix4(2, 32) };
	struct fw_filter_prefix bad[2] = { prefix4(1, 32), prefix4(1, 32) };
	int list = create(64), small = create(4), spoiled = create(64);
	int plain = create_open(64, 0), writable = create_open(64, BPF_F_INNER_MAP);
	const uint32_t place = 0;

	expect(!drops(list, 1), "a list that was never built drops nothing");
	expect(commit(small, two, 2, 0) > FW_FILTER_COMMIT_DONE, "refuses a map that is too small");
	expect(commit(spoiled, bad, 2, 0) == FW_FILTER_COMMIT_REFUSED && !drops(spoiled, 1),
		"a refused list drops nothing");
	expect(commit(spoiled, two, 2, 0) == FW_FILTER_COMMIT_NO_LIST, "builds no list again that it refused");
	expect(commit(list, (void *)64, 2, 0) == FW_FILTER_COMMIT_UNREADABLE, "says when there is no such memory");
	close(list);
	list = create(64);
	expect(commit(list, two, UINT32_MAX, 0) == FW_FILTER_COMMIT_NO_ROOM, "refuses 4 billion prefixes");
	close(list);
	list = create(64);
	expect(commit(list, two, 2, UINT32_MAX) == FW_FILTER_COMMIT_NO_ROOM, "refuses them of IPv6");
	close(list);
	list = create(64);
	expect(commit(list, two, 2, 0) == FW_FILTER_COMMIT_DONE && drops(list, 2) && !drops(list, 3),
		"builds into a map that somebody made");
	expect(commit(list, two, 2, 0) == FW_FILTER_COMMIT_NO_LIST, "builds no list twice");
	expect(bpf_map_update_elem(probe_lists_fd(probe), &place, &plain, BPF_ANY) != 0 &&
			bpf_map_update_elem(probe_building_fd(probe), &place, &plain, BPF_ANY) != 0,
		"a map of another kind is no list");
	expect(commit(writable, two, 2, 0) == FW_FILTER_COMMIT_NO_LIST,
		"builds no list that user space can write to");
	close(writable);
	close(list);
	close(small);
	close(spoiled);
	close(plain);
}

static void test_write_protection(void)
{
	struct fw_filter_prefix one = prefix4(0x0a000000, 8);
	char block[64] = { 0 };
	const uint32_t place = 0;
	int fd;

	if (!expect(probe_make(probe, &one, 1, &fd) == 0, "makes a list of one prefix"))
		return;
	expect(bpf_map_update_elem(fd, &place, block, BPF_ANY) && errno == EPERM, "user space cannot write to it");
	expect(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED, "nor map it");
	close(fd);
}

/* The list as it was sent, while it is read back. */
struct comparison {
	const struct fw_filter_prefix *prefixes;
	size_t count, seen;
	uint64_t packets, bytes;
	bool differs;
};

static bool compare_row(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits, void *argument)
{
	struct comparison *comparison = argument;

	if (comparison->seen >= comparison->count ||
		memcmp(prefix, &comparison->prefixes[comparison->seen], sizeof(*prefix)) != 0)
		comparison->differs = true;
	comparison->seen++;
	comparison->packets += hits->packets;
	comparison->bytes += hits->bytes;
	return !comparison->differs;
}

static bool is_in(const struct fw_filter_prefix *prefix, const uint8_t *address)
{
	uint32_t whole = prefix->length / 8, rest = prefix->length % 8;

	if (memcmp(prefix->address, address, whole) != 0)
		return false;
	return !rest || !((prefix->address[whole] ^ address[whole]) >> (8 - rest));
}

/* By halving over what was sent: the last one that does not begin behind it. */
static bool is_listed(const struct fw_filter_prefix *prefixes, size_t count, const uint32_t address[4])
{
	size_t low = 0, high = count, bytes = count && prefixes[0].family == FW_FAMILY_IPV4 ? 4 : 16;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(prefixes[middle].address, address, bytes) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && is_in(&prefixes[low - 1], (const uint8_t *)address);
}

static size_t count_disagreements(const struct fw_filter_prefix *prefixes, size_t count, uint32_t looked_up)
{
	size_t wrong = 0;

	for (uint32_t i = 0; i < looked_up; i++)
		wrong += probe_verdicts(probe)[i] != is_listed(prefixes, count, probe_addresses(probe)[i]);
	return wrong;
}

#define LOOKED_UP 100000 /* addresses, each list and stream */

static void check_list(uint32_t family, enum probe_shape shape, size_t wanted)
{
	struct comparison comparison = { 0 };
	struct fw_filter_list info = { .id = 0 };
	struct fw_filter_prefix *prefixes;
	uint64_t dropped = 0;
	size_t wrong = 0;
	char what[160];
	int fd, result;

	prefixes = probe_list(family, shape, wanted, &comparison.count);
	comparison.prefixes = prefixes;
	snprintf(what, sizeof(what), "IPv%u, %zu prefixes, %s: ", family, comparison.count,
		probe_shape_name(shape));
	result = probe_make(probe, prefixes, comparison.count, &fd);
	if (result) {
		expect(false, strcat(what, strerror(-result)));
		free(prefixes);
		return;
	}
	probe_use(probe, fd);
	for (int stream = 0; stream < PROBE_STREAMS; stream++) {
		probe_fill(probe, family, stream, prefixes, comparison.count);
		dropped += probe_search(probe, family, PROBE_VERDICTS, LOOKED_UP).drops;
		wrong += count_disagreements(prefixes, comparison.count, LOOKED_UP);
	}
	result = fw_filter_list_read(fd, compare_row, &comparison);
	snprintf(what + strlen(what), sizeof(what) - strlen(what),
		"%u addresses, %zu wrong; read back, counted right", 3 * LOOKED_UP, wrong);
	expect(!wrong && !result && !comparison.differs && comparison.seen == comparison.count &&
			comparison.packets == dropped && comparison.bytes == dropped * PROBE_BYTES &&
			!fw_filter_list_info(fd, &info) && info.hits.packets == dropped && info.id == 1 &&
			info.ipv4 + info.ipv6 == comparison.count,
		what);
	close(fd);
	free(prefixes);
}

static void test_searches(size_t largest)
{
	for (size_t count = 10; count < largest; count *= 30)
		for (int shape = 0; shape < PROBE_SHAPES; shape++) {
			check_list(FW_FAMILY_IPV4, shape, count);
			check_list(FW_FAMILY_IPV6, shape, count);
		}
}

/* Both families in one, IPv6 a tenth of it. */
static struct fw_filter_prefix *large_list(size_t wanted, size_t *count)
{
	size_t ipv4, ipv6;
	struct fw_filter_prefix *prefixes = probe_list(FW_FAMILY_IPV4, PROBE_SPREAD, wanted, &ipv4), *more;

	more = probe_list(FW_FAMILY_IPV6, PROBE_NETWORKS, wanted / 10, &ipv6);
	prefixes = realloc(prefixes, (ipv4 + ipv6 + 1) * sizeof(*prefixes));
	if (!prefixes)
		abort();
	memcpy(&prefixes[ipv4], more, ipv6 * sizeof(*more));
	free(more);
	*count = ipv4 + ipv6;
	return prefixes;
}

/* What one thread counts. */
struct counting {
	uint32_t family;
	uint64_t packets; /* out */
	volatile bool done;
};

#define COUNTED 100000 /* packets a round */

static void *count_packets(void *argument)
{
	struct counting *counting = argument;

	for (int i = 0; i < 10; i++)
		counting->packets += probe_search(probe, counting->family, PROBE_SEARCH, COUNTED).drops;
	counting->done = true;
	return NULL;
}

/* Two threads count while this one reads; false: something is missing, or went down meanwhile. */
static bool counts_at_once(int fd, uint32_t family, struct fw_filter_hits *counted)
{
	struct counting counting[2] = { { .family = family }, { .family = family } };
	struct fw_filter_list info = { .hits = *counted };
	struct fw_filter_hits last = *counted;
	pthread_t threads[2];
	bool rises = true;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, count_packets, &counting[i]);
	while (rises && !(counting[0].done && counting[1].done)) {
		rises = !fw_filter_list_info(fd, &info) && info.hits.packets >= last.packets &&
			info.hits.bytes >= last.bytes;
		last = info.hits;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	counted->packets += counting[0].packets + counting[1].packets;
	return rises && !fw_filter_list_info(fd, &info) && info.hits.packets == counted->packets;
}

/* Every packet and byte, of small and large packets, in prefixes with a bucket of their own, with a share in one, and with
 * too many beside them. */
static void test_counting(uint32_t family, enum probe_shape shape, size_t wanted)
{
	static const uint32_t sizes[] = { 60, 1500, 1535, 1536, 65535, 20 };
	struct fw_filter_hits counted = { 0 };
	struct fw_filter_list info;
	struct fw_filter_prefix *prefixes;
	size_t count;
	char what[160];
	bool right;
	int fd;

	prefixes = probe_list(family, shape, wanted, &count);
	snprintf(what, sizeof(what), "IPv%u, %zu prefixes, %s: counts every packet and byte", family, count,
		probe_shape_name(shape));
	right = !probe_make(probe, prefixes, count, &fd);
	if (!expect(right, what))
		return;
	probe_use(probe, fd);
	probe_fill(probe, family, PROBE_HITS, prefixes, count);
	for (size_t i = 0; i < FW_ARRAY_SIZE(sizes) && right; i++) {
		probe_set_bytes(probe, sizes[i]);
		counted.packets += probe_search(probe, family, PROBE_SEARCH, COUNTED).drops;
		counted.bytes += (uint64_t)COUNTED * sizes[i];
		right = !fw_filter_list_info(fd, &info) && info.hits.packets == (i + 1) * COUNTED &&
			info.hits.packets == counted.packets && info.hits.bytes == counted.bytes;
	}
	probe_set_bytes(probe, PROBE_BYTES);
	expect(right, "  of any size");
	expect(counts_at_once(fd, family, &counted), "  of two processors at once, and no count goes down");
	close(fd);
	free(prefixes);
}

static bool count_row(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits, void *argument)
{
	++*(size_t *)argument;
	return true;
}

static void test_large(size_t wanted)
{
	struct fw_filter_list info = { .id = 0 };
	struct fw_filter_prefix *prefixes;
	uint64_t begin_ns, made_ns, read_ns;
	size_t count, seen = 0;
	int fd, empty = create(4), result;

	prefixes = large_list(wanted, &count);
	begin_ns = probe_now_ns();
	result = probe_make(probe, prefixes, count, &fd);
	made_ns = probe_now_ns();
	printf("%zu prefixes: %s\n", count, result ? strerror(-result) : "made");
	if (!expect(!result, "makes a large list"))
		return;
	fw_filter_list_info(fd, &info);
	probe_use(probe, fd);
	probe_fill(probe, FW_FAMILY_IPV4, PROBE_HITS, prefixes, info.ipv4);
	expect(probe_search(probe, FW_FAMILY_IPV4, PROBE_SEARCH, LOOKED_UP).drops == LOOKED_UP,
		"finds its prefixes");
	read_ns = probe_now_ns();
	expect(fw_filter_list_read(fd, count_row, &seen) == 0 && seen == count, "reads it back");
	printf("made in %.3f s, %.1f MB in the kernel, read back in %.3f s\n", (double)(made_ns - begin_ns) / 1e9,
		(double)info.memory_bytes / 1e6, (double)(probe_now_ns() - read_ns) / 1e9);
	expect(info.memory_bytes + count * sizeof(*prefixes) < 100000000 * (wanted / 1000000 + 1),
		"in less than 100 MB for a million");
	if (!getenv("FW_IN_VM"))
		expect(made_ns - begin_ns < 2000000000ull * (wanted / 1000000 + 1),
			"in less than 2 s for a million");
	begin_ns = probe_now_ns();
	probe_use(probe, empty);
	close(fd);
	printf("let go in %.3f s\n", (double)(probe_now_ns() - begin_ns) / 1e9);
	close(empty);
	free(prefixes);
}

int main(int argc, char **argv)
{
	size_t large = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;

	setvbuf(stdout, NULL, _IOLBF, 0);
	probe = probe_open();
	test_order();
	test_wrong_callers();
	test_write_protection();
	test_searches(large < 300000 ? large : 300000);
	for (size_t count = 1; count < 2000; count *= 40) {
		test_counting(FW_FAMILY_IPV4, PROBE_SPREAD, count);
		test_counting(FW_FAMILY_IPV6, PROBE_SPREAD, count);
	}
	test_counting(FW_FAMILY_IPV4, PROBE_ALTERNATE, 1000);
	test_counting(FW_FAMILY_IPV6, PROBE_CLUSTERS, 1000);
	test_large(large);
	probe_close(probe);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
