/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwpacket verdicts: a program that is in the kernel is run by the kernel on each frame of a file; one line a frame: pass,
 * drop, or refused where the kernel does not run it on such a frame.
 */
#include "packet.h"

#include <stdio.h>
#include <string.h>

#include "packet_bpf.h"
#include "packet_file.h"
#include "traffic.h"

#define XDP_DROPS 1
#define TC_SHOT	  2
#define TC_STOLEN 4
/* The kernel runs programs on less than a page. Of a longer frame the beginning is judged: addresses lie there. */
#define MOST_BYTES 3000u

static bool open_program(int *program, bool *is_xdp)
{
	union bpf_attr attributes = { .prog_id = fw_packet.program };
	struct bpf_prog_info info = { 0 };

	*program = fw_packet_bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
	if (*program < 0)
		return false;
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = (uint32_t)*program;
	attributes.info.info = (uintptr_t)&info;
	attributes.info.info_len = sizeof(info);
	if (fw_packet_bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) < 0)
		return false;
	*is_xdp = info.type == BPF_PROG_TYPE_XDP;
	return true;
}

static const char *verdict(int program, bool is_xdp, const struct fw_packet_file *file)
{
	union bpf_attr attributes = { 0 };
	uint32_t returned;

	attributes.test.prog_fd = (uint32_t)program;
	attributes.test.data_in = (uintptr_t)file->bytes;
	attributes.test.data_size_in = file->length < MOST_BYTES ? file->length : MOST_BYTES;
	attributes.test.repeat = 1;
	if (fw_packet_bpf(BPF_PROG_TEST_RUN, &attributes) < 0)
		return "refused";
	returned = attributes.test.retval;
	if (is_xdp)
		return returned == XDP_DROPS ? "drop" : "pass";
	return returned == TC_SHOT || returned == TC_STOLEN ? "drop" : "pass";
}

int fw_packet_verdicts(void)
{
	struct fw_packet_file file;
	int program, got;
	bool is_xdp;

	if (!open_program(&program, &is_xdp))
		fw_fail("the program to be run");
	if (!fw_packet_file_open(&file, fw_packet.file))
		return 1;
	while ((got = fw_packet_file_read(&file)) > 0)
		puts(verdict(program, is_xdp, &file));
	fw_packet_file_close(&file);
	return got < 0 || fflush(stdout) ? 1 : 0;
}
