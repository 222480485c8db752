// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The scenarios of fwevents. */
#include "event_generator.h"

#define FLOOD_MOST 10000000u
#define ROWS_MOST 500u

const struct fw_event_scenario fw_event_scenarios[] = {
	{ "threads", "N threads, 64 at once, all joined", fw_run_event_threads, 1000, FLOOD_MOST },
	{ "fork_exec", "N processes that exec a program that exits", fw_run_fork_exec, 200,
		FLOOD_MOST },
	{ "fork_only", "N processes that exit", fw_run_fork_only, 200, FLOOD_MOST },
	{ "fork_bomb", "a tree of processes, see --depth and --width", fw_run_fork_bomb, 0, 0 },
	{ "mixed", "N times in turn a thread, a fork, an exec, a process killed", fw_run_mixed, 200,
		FLOOD_MOST },
	{ "long_command_line", "command lines of 100 kB, and the longest of all",
		fw_run_long_command_line, 0, 0 },
	{ "odd_arguments", "arguments of blanks, control characters, no UTF-8, nothing",
		fw_run_odd_arguments, 0, 0 },
	{ "deep_path", "paths of program and directory of PATH_MAX bytes", fw_run_deep_path, 0, 0 },
	{ "exec_script", "a script with an interpreter line", fw_run_exec_script, 0, 0 },
	{ "exec_deleted", "a program in memory, one of a deleted file", fw_run_exec_deleted, 0, 0 },
	{ "chroot_exec", "programs in a chroot and in a root of their own", fw_run_chroot_exec, 0,
		0 },
	{ "pid_namespace", "processes of a pid namespace", fw_run_event_pid_namespace, 0, 0 },
	{ "dlopen", "N shared libraries mapped, each of a name of its own", fw_run_dlopen, 20,
		10000 },
	{ "exec_by_thread", "exec by another thread than the first", fw_run_exec_by_thread, 0, 0 },
	{ "leader_exits_first", "the first thread ends, the others go on",
		fw_run_leader_exits_first, 0, 0 },
	{ "exits_concurrently", "N processes whose 8 threads exit all at once",
		fw_run_exits_concurrently, 50, ROWS_MOST },
	{ "killed", "ends by exit codes and by signals", fw_run_event_killed, 0, 0 },
	{ "daemon", "double fork and setsid, the parents end", fw_run_event_daemon, 0, 0 },
	{ "claimed_arguments", "forks of a process that claims 4 GiB of arguments",
		fw_run_claimed_arguments, 0, 0 },
	{ "vfork", "vfork, with exec and without", fw_run_event_vfork, 0, 0 },
	{ "clone_vm", "processes that share their parent's memory", fw_run_clone_vm, 0, 0 },
};
const size_t fw_event_scenario_count = sizeof(fw_event_scenarios) / sizeof(fw_event_scenarios[0]);
