/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The bpf system call, and instructions of BPF; for the files of fwpacket that need no library for
 * them. */
#ifndef FW_PACKET_BPF_H
#define FW_PACKET_BPF_H

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int fw_packet_bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

#define FW_INSTRUCTION(code, to, from, offset, value) { (code), (to), (from), (offset), (value) }

#endif
