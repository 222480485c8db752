/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/measured_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t signals_before;

static int block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &signals_before);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* In the child: wait for the word, then become the command. */
static void run(char **argv, int go, int failure)
{
	char word;
	int error;

	sigprocmask(SIG_SETMASK, &signals_before, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (read(go, &word, 1) != 1)
		_exit(127);
	execvp(argv[0], argv);
	error = errno;
	if (write(failure, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

enum fw_status fw_measured_child_start(struct fw_measured_child *child, char **argv,
	struct fw_error *error)
{
	int go[2], failure[2];

	memset(child, 0, sizeof(*child));
	child->go = child->failure = -1;
	child->signals = block_signals();
	if (child->signals < 0 || pipe2(go, O_CLOEXEC))
		return fw_error_set_errno(error, errno, "preparing to run '%s'", argv[0]);
	if (pipe2(failure, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return fw_error_set_errno(error, errno, "preparing to run '%s'", argv[0]);
	}
	child->pid = fork();
	if (child->pid == 0) {
		close(go[1]);
		run(argv, go[0], failure[1]);
	}
	close(go[0]);
	close(failure[1]);
	child->go = go[1];
	child->failure = failure[0];
	if (child->pid < 0)
		return fw_error_set_errno(error, errno, "starting '%s'", argv[0]);
	return FW_OK;
}

enum fw_status fw_measured_child_release(struct fw_measured_child *child, char **argv,
	struct fw_error *error)
{
	int exec_errno;
	ssize_t got;

	if (write(child->go, "g", 1) != 1)
		return fw_error_set_errno(error, errno, "releasing '%s'", argv[0]);
	do
		got = read(child->failure, &exec_errno, sizeof(exec_errno));
	while (got < 0 && errno == EINTR);
	if (got != sizeof(exec_errno))
		return FW_OK;
	child->not_executed = true;
	return fw_error_set_errno(error, exec_errno, "executing '%s'", argv[0]);
}

/* What the terminal sends goes to the whole foreground group, so the child has it already. */
static void pass_on_signals(const struct fw_measured_child *child)
{
	struct signalfd_siginfo info;

	while (read(child->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
			kill(child->pid, (int)info.ssi_signo);
}

bool fw_measured_child_wait(struct fw_measured_child *child, int timeout_ms)
{
	struct pollfd signals = { .fd = child->signals, .events = POLLIN };

	if (child->exited)
		return true;
	poll(&signals, 1, timeout_ms);
	pass_on_signals(child);
	child->exited = waitpid(child->pid, &child->wait_status, WNOHANG) == child->pid;
	return child->exited;
}

void fw_measured_child_done(struct fw_measured_child *child)
{
	if (child->go >= 0)
		close(child->go); /* a child that still waits ends by itself */
	if (child->failure >= 0)
		close(child->failure);
	if (child->signals >= 0)
		close(child->signals);
	if (child->pid > 0 && !child->exited)
		waitpid(child->pid, &child->wait_status, 0);
	child->exited = true;
}

int fw_measured_child_exit_code(const struct fw_measured_child *child)
{
	if (WIFSIGNALED(child->wait_status))
		return 128 + WTERMSIG(child->wait_status);
	return WEXITSTATUS(child->wait_status);
}
