/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What happens to processes, threads and images, as both kernels report it. Fixed-width fields, no
 * pointers; texts lie behind the fixed part, found by struct fw_record_text. Included by kernel
 * side and user side.
 */
#ifndef FW_ABI_PROCESS_EVENT_H
#define FW_ABI_PROCESS_EVENT_H

#include "abi/flow.h"

enum fw_create_cause {
	FW_CREATE_FORK = 1,  /* a copy of its parent, whose texts these are */
	FW_CREATE_EXEC = 2,  /* the process runs another program from now on */
	FW_CREATE_FOUND = 3, /* it ran before the reader began (FW_RECORD_EXISTING) */
};

/* Beside those of enum fw_process_flag. A cut text holds what there was room for. */
enum fw_event_flag {
	FW_EVENT_COMMAND_LINE_CUT = 1u << 8, /* holds its beginning */
	FW_EVENT_DIRECTORY_CUT = 1u << 9,    /* holds its end */
	FW_EVENT_CGROUP_CUT = 1u << 10,	     /* holds its end */
	FW_EVENT_PATH_CUT = 1u << 11,	     /* of an image */
	FW_EVENT_CORE_DUMPED = 1u << 12,
	/* an image that is memory without a file: "[vdso]", "//anon" */
	FW_EVENT_NO_FILE = 1u << 13,
};

/*
 * Example: `sleep 9` started by a shell gives one with FW_CREATE_FORK and the shell's texts, then
 * one of the same pid and start_ns with FW_CREATE_EXEC, exe "/usr/bin/sleep" and command line
 * "sleep\0" "9\0".
 */
struct fw_process_create_record {
	struct fw_record_header header;
	uint64_t start_ns; /* ns since boot, suspend included */
	uint64_t parent_start_ns;
	uint32_t pid;
	uint32_t parent_pid;
	uint32_t uid;	/* effective */
	uint32_t flags; /* enum fw_process_flag, enum fw_event_flag */
	uint32_t cause; /* enum fw_create_cause */
	uint32_t reserved; /* 0 */
	uint64_t cgroup_id;
	char comm[FW_COMM_SIZE];
	struct fw_record_text exe;	    /* absolute path */
	struct fw_record_text command_line; /* arguments, each ended by a zero byte */
	struct fw_record_text directory;    /* working directory, absolute path */
	struct fw_record_text cgroup;	    /* cgroup v2 path, "/" is the root */
};
FW_STATIC_ASSERT(sizeof(struct fw_process_create_record) == 24 + 16 + 24 + 8 + FW_COMM_SIZE + 32,
	"process_create layout");

struct fw_process_exit_record {
	struct fw_record_header header;
	uint64_t start_ns;
	struct fw_counters counters; /* of its life, as far as it was counted */
	uint32_t pid;
	uint32_t parent_pid;
	uint32_t uid;
	uint32_t flags;	    /* enum fw_process_flag, enum fw_event_flag */
	uint32_t exit_code; /* 0 to 255; of no meaning if a signal ended it */
	uint32_t signal;    /* number; 0: it exited by itself */
	char comm[FW_COMM_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_process_exit_record) == 24 + 8 + 32 + 24 + FW_COMM_SIZE,
	"process_exit layout");

/* A thread beside the first one, which comes and goes with its process. */
struct fw_thread_record {
	struct fw_record_header header; /* FW_RECORD_THREAD_CREATE or _EXIT */
	uint64_t process_start_ns;
	uint64_t start_ns; /* of the thread; 0: not known, it became its process by exec */
	uint32_t pid;
	uint32_t tid;
	char comm[FW_COMM_SIZE];
};
FW_STATIC_ASSERT(sizeof(struct fw_thread_record) == 24 + 16 + 8 + FW_COMM_SIZE, "thread layout");

#define FW_BUILD_ID_SIZE 20

/* A file was mapped executable: a program, its loader, a shared library. Or, with FW_EVENT_NO_FILE,
 * other memory, as of a just-in-time compiler. */
struct fw_image_record {
	struct fw_record_header header;
	uint64_t address;
	uint64_t size;	      /* bytes mapped */
	uint64_t file_offset; /* bytes; where in the file the mapping begins */
	uint32_t pid;
	uint32_t tid; /* of the thread that mapped it; 0: not known */
	uint32_t flags; /* enum fw_event_flag */
	uint32_t build_id_length; /* bytes; 0: the file has none, or it could not be read */
	uint8_t build_id[FW_BUILD_ID_SIZE];
	uint32_t reserved; /* 0 */
	struct fw_record_text path;
};
FW_STATIC_ASSERT(sizeof(struct fw_image_record) == 24 + 24 + 16 + 24 + 8, "image layout");

#endif
