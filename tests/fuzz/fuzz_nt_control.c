/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control device: any sequence of requests on two handles, of every code, with any lengths,
 * counts and offsets; reads that pend, cancelled or ended by a close; processes that come and go
 * meanwhile. Each step of an input is a byte that says what, and what that needs.
 */
#include "fuzz_nt_input.h"

#include "tests/nt/control_client.h"

enum {
	HANDLES = 2,
	READS = 6,
	PROCESSES = 4,
	STEPS = 16,
	ROOM = 20000,
	FEW = 48,
	ROWS_ROOM = 65536
};

struct asked {
	struct nt_request *request; /* NULL: free */
	uint32_t code;
	uint32_t room;
	uint8_t *output; /* of exactly so many bytes: ASan watches */
};

static HANDLE handles[HANDLES];
static struct asked reads[READS];
static PEPROCESS processes[PROCESSES];
static bool has_rules, is_dumping, is_stopped; /* to be undone */

static void start(void)
{
	fuzz_expect(control_begin());
}

static void check_records(const uint8_t *bytes, size_t left)
{
	struct fw_record_header header;

	for (; left; bytes += header.size, left -= header.size) {
		fuzz_expect(left >= sizeof(header));
		memcpy(&header, bytes, sizeof(header));
		fuzz_expect(header.size >= sizeof(header) && header.size <= left);
	}
}

static void check_rows(const uint8_t *bytes, size_t length)
{
	struct fw_control_rows rows;

	fuzz_expect(length >= sizeof(rows));
	memcpy(&rows, bytes, sizeof(rows));
	fuzz_expect(rows.size == sizeof(rows) && !rows.reserved);
	fuzz_expect(length == rows.size + (uint64_t)rows.count * rows.row_size);
}

static void end(struct asked *asked)
{
	ULONG_PTR bytes = 0;
	NTSTATUS status = nt_request_end(asked->request, &bytes);

	fuzz_expect(status != STATUS_PENDING && bytes <= asked->room);
	fuzz_expect(NT_SUCCESS(status) || !bytes);
	has_rules |= asked->code == fw_control_code(FW_CONTROL_RULES_ADD);
	is_dumping |= asked->code == fw_control_code(FW_CONTROL_DUMP);
	is_stopped |= asked->code == fw_control_code(FW_CONTROL_STOP);
	if (NT_SUCCESS(status) && asked->code == fw_control_code(FW_CONTROL_READ))
		check_records(asked->output, bytes);
	else if (NT_SUCCESS(status) && asked->code >= fw_control_code(FW_CONTROL_USAGE) &&
		 asked->code <= fw_control_code(FW_CONTROL_PORTS))
		check_rows(asked->output, bytes);
	free(asked->output);
	memset(asked, 0, sizeof(*asked));
}

/* Only a read may pend; it is kept, or cancelled at once when there are many. */
static void keep(struct asked *asked)
{
	unsigned index;

	fuzz_expect(asked->code == fw_control_code(FW_CONTROL_READ));
	for (index = 0; index < READS && reads[index].request; index++)
		;
	if (index < READS) {
		reads[index] = *asked;
		return;
	}
	nt_request_cancel(asked->request);
	end(asked);
}

/* Lists begin with the size of their header and a count; random bytes are seldom a size that is
 * taken. */
static void begin_list(uint8_t choice, uint8_t *in, uint32_t size)
{
	static const uint32_t lies[8] = { 0, 2, 9, 24, 255, 256, 0x80000000, UINT32_MAX };
	uint32_t header = choice & 2 ? lies[choice >> 5] : sizeof(struct fw_control_rules);

	if (choice & 4 && size >= 4)
		memcpy(in, &header, 4);
	if (choice & 8 && size >= 8)
		memcpy(in + 4, &lies[choice >> 5], 4);
}

static uint32_t length(struct fuzz_input *input, uint8_t choice)
{
	return fuzz_16(input) % (choice & 16 ? FEW : ROOM);
}

/* The code, both lengths, what the input begins with and what fills it. */
static void ask(struct fuzz_input *input, uint32_t code)
{
	uint8_t choice = fuzz_8(input);
	uint32_t in_size = length(input, choice), count;
	struct asked asked = { .code = code, .room = length(input, choice) };
	uint8_t *in = malloc(in_size + 1);

	count = fuzz_8(input);
	fuzz_bytes(input, count, in, in_size, choice & 2 ? 0xff : 0);
	begin_list(choice, in, in_size);
	asked.output = malloc(asked.room ? asked.room : 1);
	asked.request =
		nt_ioctl_start(handles[choice & 1], code, in, in_size, asked.output, asked.room);
	free(in);
	if (nt_request_done(asked.request))
		end(&asked);
	else
		keep(&asked);
}

static void cancel(uint8_t which)
{
	struct asked *asked = &reads[which % READS];

	if (!asked->request)
		return;
	nt_request_cancel(asked->request);
	end(asked);
}

/* Reads of its last handle end with it. */
static void reopen(uint8_t which)
{
	HANDLE *handle = &handles[which & 1];

	nt_close(*handle);
	*handle = NULL;
	if (which & 2)
		*handle = control_open();
	else
		nt_open(FW_CONTROL_DEVICE_NAME,
			which & 4 ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE, NULL, 0, handle);
	fuzz_expect(*handle != NULL);
}

static void text(struct fuzz_input *input, char *bytes, size_t size)
{
	fuzz_bytes(input, fuzz_8(input), bytes, size, 0);
	bytes[size - 1] = 0;
	for (; size; size--)
		bytes[size - 1] &= 0x7f;
}

static void process(struct fuzz_input *input, uint8_t which)
{
	uint32_t pid = 100 + which % PROCESSES * 4;
	PEPROCESS *known = &processes[which % PROCESSES];
	char image[80], command[80];
	struct nt_process_options options = { .pid = pid, .parent_pid = 4 };

	if (*known) {
		nt_process_exit(*known);
		*known = NULL;
		return;
	}
	text(input, image, sizeof(image));
	text(input, command, sizeof(command));
	options.image = which & 16 ? NULL : image;
	options.command_line = which & 32 ? NULL : command;
	*known = nt_process_create(&options, NULL); /* NULL: a rule denies it */
	if (*known && which & 64)
		nt_notify_image(which & 128 ? NULL : image, pid, (void *)0x400000, 4096);
}

static void step(struct fuzz_input *input)
{
	uint8_t choice = fuzz_8(input);

	switch (choice % 8) {
	case 4:
		ask(input, fuzz_32(input));
		break;
	case 5:
		cancel(choice >> 3);
		break;
	case 6:
		reopen(choice >> 3);
		break;
	case 7:
		process(input, fuzz_8(input));
		break;
	default:
		ask(input, fw_control_code(FW_CONTROL_HELLO - 1 + choice / 8u % 18));
	}
}

static void remove_rules(HANDLE handle)
{
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	uint8_t *bytes = malloc(ROWS_ROOM);
	const struct fw_control_rows *rows = (const void *)bytes;
	const struct fw_control_rule *rule = (const void *)(rows + 1);

	for (;;) {
		fuzz_expect(NT_SUCCESS(control_ask(handle, FW_CONTROL_RULES, &cursor,
			sizeof(cursor), bytes, ROWS_ROOM, NULL)));
		if (!rows->count)
			break;
		fuzz_expect(NT_SUCCESS(control_remove(handle, &rule->rule.id, 1)));
	}
	free(bytes);
}

/* As it was before: the next input finds nothing of this one but rows of processes that ended. */
static void settle(void)
{
	struct fw_control_dump dump = { .size = sizeof(dump) };
	struct fw_control_status status;
	HANDLE handle = control_open();
	unsigned index;

	if (has_rules)
		remove_rules(handle);
	if (is_dumping)
		fuzz_expect(NT_SUCCESS(
			control_ask(handle, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, NULL)));
	if (is_stopped)
		(void)control_ask(handle, FW_CONTROL_START, NULL, 0, &status, sizeof(status), NULL);
	has_rules = is_dumping = is_stopped = false;
	for (index = 0; index < PROCESSES; index++)
		if (processes[index])
			nt_process_exit(processes[index]);
	memset(processes, 0, sizeof(processes));
	fuzz_expect(NT_SUCCESS(control_status(handle, &status)) && !status.readers);
	nt_close(handle);
	free(nt_debug_text());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	unsigned index, steps;

	fuzz_world(start, control_end);
	for (index = 0; index < HANDLES; index++)
		handles[index] = control_open();
	for (steps = 0; steps < STEPS && input.left; steps++)
		step(&input);
	/* Half of what still pends is cancelled, the close ends the rest. */
	for (index = 0; index < READS / 2; index++)
		cancel((uint8_t)index);
	for (index = 0; index < HANDLES; index++)
		nt_close(handles[index]);
	for (; index < HANDLES + READS; index++)
		if (reads[index - HANDLES].request)
			end(&reads[index - HANDLES]);
	settle();
	return 0;
}
