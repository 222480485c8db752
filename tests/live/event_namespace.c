// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Processes that see another tree of files or of processes than we do. */
#include "event_generator.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSIDE "/program"

static char *arguments[] = { INSIDE, NULL };

static void plan_inside(const char *root)
{
	struct fw_event_row *row = fw_event_self;

	snprintf(row->exe_inside, sizeof(row->exe_inside), "%s", INSIDE);
	snprintf(row->directory, sizeof(row->directory), "/");
	fw_event_exec_planned(row, INSIDE, arguments);
	snprintf(row->exe, sizeof(row->exe), "%.*s%s", PATH_MAX - 16, root, INSIDE);
}

_Noreturn static void exec_inside(void)
{
	static char *const environment[] = { NULL };

	execve(INSIDE, arguments, environment);
	fw_event_fail(INSIDE);
}

static void in_chroot(void *argument)
{
	const char *root = argument;

	if (chroot(root) < 0)
		fw_event_skip("no chroot here: %s", strerror(errno));
	if (chdir("/") < 0)
		fw_event_fail("chdir");
	plan_inside(root);
	exec_inside();
}

/* The tmpfs and what is on it go with the mount namespace, and this with the process. */
static void in_own_root(void *argument)
{
	const char *root = argument;
	char program[PATH_MAX];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", root, "tmpfs", 0, NULL) < 0)
		fw_event_skip("no mount namespace here: %s", strerror(errno));
	snprintf(program, sizeof(program), "%.*s%s", PATH_MAX - 16, root, INSIDE);
	fw_file_copy(fw_tiny(), program);
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		fw_event_skip("pivot_root cannot be done here: %s", strerror(errno));
	plan_inside("");
	exec_inside();
}

/* `exe` is the path from the root of the process's mount namespace, `exe_inside` its own. */
void fw_run_chroot_exec(void)
{
	char root[PATH_MAX], program[PATH_MAX];

	if (geteuid() != 0)
		fw_event_skip("chroot needs root");
	snprintf(root, sizeof(root), "%.*s/root", PATH_MAX - 32, fw_directory());
	snprintf(program, sizeof(program), "%.*s%s", PATH_MAX - 16, root, INSIDE);
	if (mkdir(root, 0755) < 0)
		fw_event_fail(root);
	fw_file_copy(fw_tiny(), program);
	fw_child_run("in a chroot", in_chroot, root);
	fw_child_run("in a root of its own", in_own_root, root);
}

static void second_inside(void *argument)
{
	static char *tiny_arguments[] = { "fwevents_tiny", NULL };

	fw_event_exec_planned(fw_event_self, fw_tiny(), tiny_arguments);
	fw_exec_row(fw_event_self);
}

static void init_inside(void *argument)
{
	fw_child_run("second of its namespace", second_inside, NULL);
	_exit(6);
}

static void unshare_pids(void *argument)
{
	if (unshare(CLONE_NEWPID) < 0)
		fw_event_skip("no pid namespace can be made here: %s", strerror(errno));
	fw_child_run("init of its namespace", init_inside, NULL);
}

void fw_run_event_pid_namespace(void)
{
	fw_child_run("leaves its pid namespace", unshare_pids, NULL);
}
