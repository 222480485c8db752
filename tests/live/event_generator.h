/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwevents: processes, threads and images that come and go in a known way, one scenario a run.
 * Shared by its files only.
 *
 * Each process of a small scenario has a row in a ledger of shared memory, each image a row of its
 * own; floods are only summed up. A row says what was done, not what was planned: starts are
 * counted once the kernel has made them, ends as the kernel tells them to the parent. The main
 * process prints all at the end, which is what a monitor must have seen.
 */
#ifndef FW_EVENT_GENERATOR_H
#define FW_EVENT_GENERATOR_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define FW_EXIT_SKIP 77
#define FW_EXIT_FAILED 99 /* of a process of the run; no scenario uses it for its own ends */

enum fw_start { FW_START_FORK, FW_START_VFORK, FW_START_SPAWN };

struct fw_generator_options {
	unsigned long number; /* of what the scenario repeats; 0: its own default */
	double rate;	      /* of these a second; 0: as fast as it goes */
	unsigned int seconds; /* no process of a run lives longer */
	unsigned int depth, width;
	enum fw_start start;
};
extern struct fw_generator_options fw_generator;

struct fw_event_scenario {
	const char *name;
	const char *description;
	void (*run)(void);
	unsigned long number; /* default of --number; 0: it takes none */
	unsigned long most;
};
extern const struct fw_event_scenario fw_event_scenarios[];
extern const size_t fw_event_scenario_count;

/* event_ledger.c: what happened. Any process of the run may call these. */
struct fw_event_row {
	struct fw_event_row *parent; /* NULL: the main process */
	_Atomic pid_t pid;	     /* as the main process numbers it */
	_Atomic pid_t pid_inside;    /* as its own pid namespace numbers it */
	pid_t local_pid;	     /* as its parent numbers it */
	_Atomic unsigned int forks;  /* processes that it made, however */
	_Atomic unsigned int execs;
	_Atomic unsigned int execs_by_thread; /* of these by another thread than the first */
	_Atomic unsigned int threads;	      /* made beside the first; all of them ended */
	_Atomic unsigned int attempt;	      /* which exec it was that the kernel took */
	_Atomic int exit_code, signal;
	char role[32];
	/* After the last exec; empty or NULL where the scenario is not about it. */
	char exe[PATH_MAX], exe_inside[PATH_MAX], directory[PATH_MAX];
	char **arguments; /* the main process's */
};

/* For what is too much for rows. */
struct fw_event_sums {
	_Atomic unsigned long processes, execs, exits, threads;
};

void fw_event_ledger_open(void);
extern struct fw_event_row *fw_event_self; /* row of the running process */
extern struct fw_event_sums *fw_event_sums;
struct fw_event_row *fw_event_row_new(const char *role);
/* Zeroed memory that stays until the end; for arguments of rows. */
void *fw_event_keep(size_t size);
void fw_event_exec_planned(struct fw_event_row *row, const char *exe, char **arguments);
/* An image that the main process mapped and that is gone again or not. `build_id` in hexadecimal.
 */
void fw_event_image_add(const char *path, uint64_t address, uint64_t size, const char *build_id);
bool fw_event_ledger_print(
	const char *path, const char *scenario, uint64_t elapsed_ns, uint64_t cpu_ns);

/* event_children.c: processes of the run, and its ends. */
typedef void (*fw_child_fn)(void *argument);
_Noreturn void fw_event_fail(const char *what); /* with errno */
_Noreturn void fw_event_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fw_event_limit(void); /* in the main process: the time limit and interruptions hold from now */
void fw_event_check_time(void);
/* Start a process with a row; it exits with 0 when `run` returns. */
struct fw_event_row *fw_child_start(const char *role, fw_child_fn run, void *argument);
/* The same for one that is to outlive its parent. */
struct fw_event_row *fw_orphan_start(const char *role, fw_child_fn run, void *argument);
/* A row for a process that was made in another way: counted in this process and killed in time. */
void fw_child_made(struct fw_event_row *row, pid_t pid);
void fw_child_begin(struct fw_event_row *row); /* in a child that fork() made */
void fw_child_reap(struct fw_event_row *row);
void fw_child_run(const char *role, fw_child_fn run, void *argument); /* start and reap */
/* The status of a process without a row; anything but 0 ends the run. */
void fw_child_await(pid_t pid);

/* event_files.c: a temporary directory, gone with the main process, and programs. */
const char *fw_directory(void);
void fw_file_copy(const char *from, const char *to);
void fw_file_write(const char *path, const char *text);
const char *fw_beside(const char *name); /* a file in the directory of this program */
const char *fw_tiny(void);		 /* a program that exits with 0 at once */
_Noreturn void fw_exec_row(void *row);	 /* a fw_child_fn: exec as the row has it planned */

/* event_pace.c */
unsigned long fw_number(void);
void fw_pace_start(void);
void fw_pace_await(
	unsigned long index); /* until it is the turn of the one with this index, from 0 */
uint64_t fw_now_ns(void);
uint64_t fw_cpu_ns(void); /* of this process and of its children that were reaped */

/* event_threads.c */
#include <pthread.h>
/* A thread of the smallest stack; counted nowhere. */
pthread_t fw_thread_start(void *(*run)(void *), void *argument);

/* The scenarios, by file. */
typedef void fw_event_scenario_fn(void);
/* event_flood.c */
fw_event_scenario_fn fw_run_event_threads, fw_run_fork_exec, fw_run_fork_only, fw_run_fork_bomb,
	fw_run_mixed;
/* event_arguments.c */
fw_event_scenario_fn fw_run_long_command_line, fw_run_odd_arguments;
/* event_exec.c */
fw_event_scenario_fn fw_run_deep_path, fw_run_exec_script, fw_run_exec_deleted;
/* event_images.c */
fw_event_scenario_fn fw_run_dlopen;
/* event_threads.c */
fw_event_scenario_fn fw_run_exec_by_thread, fw_run_leader_exits_first, fw_run_exits_concurrently;
/* event_births.c */
fw_event_scenario_fn fw_run_event_killed, fw_run_event_daemon, fw_run_event_vfork, fw_run_clone_vm,
	fw_run_claimed_arguments;
/* event_namespace.c */
fw_event_scenario_fn fw_run_chroot_exec, fw_run_event_pid_namespace;

#endif
