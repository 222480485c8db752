// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* One run: its processes, led from one phase to the next by the main process. */
#include "block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "traffic.h"

#define POLL_US 2000
#define EXCHANGE_TRIES 2500 /* of POLL_US */
#define TEST_TRIES 2500

struct sides {
	struct fw_block_side subject, peer, helper;
	unsigned int processes;
	bool helped;
};

static int new_run(const struct fw_block_settings *settings, struct fw_block_run **run)
{
	int shared = memfd_create("fwblock", MFD_CLOEXEC);

	if (shared < 0 || ftruncate(shared, sizeof(**run)) < 0)
		fw_fail("memfd_create for the run");
	*run = fw_block_map(shared);
	(*run)->settings = *settings;
	(*run)->nonce = (uint32_t)getpid() * 2654435761u ^ (uint32_t)time(NULL);
	sem_init(&(*run)->arrived, 1, 0);
	sem_init(&(*run)->after, 1, 0);
	return shared;
}

static void side_init(struct fw_block_side *side, const struct fw_block_scenario *scenario,
	struct fw_block_run *run, int shared)
{
	memset(side, 0, sizeof(*side));
	side->run = run;
	side->scenario = scenario;
	side->shared = shared;
	side->listener = side->control = -1;
}

static void run_peer(void *argument)
{
	struct fw_block_side *side = argument;
	const char *netns = side->run->settings.netns[FW_BLOCK_PEER];

	prctl(PR_SET_NAME, "fwblock-peer");
	fw_netns_enter(netns[0] ? netns : NULL);
	fw_block_side_run(side);
}

static void run_subject(void *argument)
{
	struct fw_block_side *side = argument;

	prctl(PR_SET_NAME, side->helper ? "fwblock-helper" : "fwblock-subject");
	if (!side->helper && side->run->settings.program[0] &&
		!(side->scenario->flags & FW_BLOCK_EXEC))
		fw_block_exec(side, "subject");
	fw_block_side_run(side);
}

static void await_all(const struct sides *sides)
{
	unsigned int i;

	for (i = 0; i < sides->processes; i++)
		fw_semaphore_await_children(&sides->peer.run->arrived);
}

/* What the subject is to inherit is opened by this process, which is not the subject. */
static void open_inherited(struct fw_block_side *side)
{
	const struct fw_block_scenario *scenario = side->scenario;

	if (!(scenario->flags & FW_BLOCK_INHERITED))
		return;
	if (scenario->prepare[FW_BLOCK_SUBJECT])
		scenario->prepare[FW_BLOCK_SUBJECT](side);
	if (scenario->open[FW_BLOCK_SUBJECT])
		scenario->open[FW_BLOCK_SUBJECT](side);
}

static void open_control(struct sides *sides)
{
	unsigned int passed = FW_BLOCK_PASSED_BEFORE | FW_BLOCK_PASSED_AFTER;
	int ends[2];

	sides->helped = sides->subject.scenario->flags & passed;
	if (!sides->helped)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		fw_fail("socketpair");
	sides->subject.control = ends[0];
	sides->helper.control = ends[1];
	sides->helper.helper = true;
}

/* The peer comes first: the subject connects to it. This process then is where the subject is. */
static pid_t spawn_all(struct sides *sides)
{
	const char *netns = sides->peer.run->settings.netns[FW_BLOCK_SUBJECT];
	pid_t subject;

	sides->peer.who = FW_BLOCK_PEER;
	fw_spawn("peer", run_peer, &sides->peer, NULL);
	sides->processes = 1;
	await_all(sides);
	fw_netns_enter(netns[0] ? netns : NULL);
	open_inherited(&sides->subject);
	open_control(sides);
	subject = fw_spawn("subject", run_subject, &sides->subject, NULL);
	if (sides->helped) {
		fw_spawn("helper", run_subject, &sides->helper, NULL);
		fw_semaphore_await_children(&sides->peer.run->arrived);
	}
	await_all(sides);
	sides->processes = sides->helped ? 3 : 2;
	return subject;
}

static void await_exchange(const struct fw_block_run *run, const struct fw_block_scenario *scenario)
{
	int tries;

	if (!(scenario->flags & FW_BLOCK_EXISTING))
		return;
	for (tries = 0; tries < EXCHANGE_TRIES; tries++) {
		if (run->counts[FW_BLOCK_SUBJECT].before > 0 &&
			run->counts[FW_BLOCK_PEER].before > 0)
			return;
		usleep(POLL_US);
		fw_reap_ended();
	}
	errno = ETIMEDOUT;
	fw_fail(run->counts[FW_BLOCK_PEER].before > 0
			? "nothing reached the subject before the block"
			: "nothing reached the peer before the block");
}

static void announce(const char *ready, const char *go, pid_t subject)
{
	struct stat info;
	FILE *file;
	int byte;

	file = ready ? fopen(ready, "w") : stdout;
	if (!file || fprintf(file, "ready %d\n", subject) < 0 ||
		(ready ? fclose(file) : fflush(file)) != 0)
		fw_fail(ready ? ready : "standard output");
	while (go && stat(go, &info) < 0)
		usleep(POLL_US);
	if (!go)
		do
			byte = getchar();
		while (byte != EOF && byte != '\n');
}

static void try_everything(const struct fw_block_run *run, const struct fw_block_scenario *scenario)
{
	int tries;

	if (!run->settings.test) {
		usleep(run->settings.try_ms * 1000);
		return;
	}
	for (tries = 0; tries < TEST_TRIES && fw_block_missing(run, scenario); tries++) {
		usleep(POLL_US);
		fw_reap_ended();
	}
}

int fw_block_run_scenario(const struct fw_block_scenario *scenario,
	const struct fw_block_settings *settings, const char *ready, const char *go, FILE *out)
{
	static struct sides sides;
	struct fw_block_run *run;
	int shared = new_run(settings, &run);
	const char *missing = NULL;
	unsigned int i;
	pid_t subject;

	side_init(&sides.subject, scenario, run, shared);
	side_init(&sides.peer, scenario, run, shared);
	side_init(&sides.helper, scenario, run, shared);
	subject = spawn_all(&sides);
	await_exchange(run, scenario);
	run->phase = FW_BLOCK_PHASE_QUIET;
	await_all(&sides);
	if (!settings->test)
		announce(ready, go, subject);
	run->phase = FW_BLOCK_PHASE_AFTER;
	for (i = 0; i < sides.processes; i++)
		sem_post(&run->after);
	try_everything(run, scenario);
	run->phase = FW_BLOCK_PHASE_DONE;
	fw_reap_all();
	fw_block_report(run, scenario, subject, out);
	if (settings->test)
		missing = fw_block_missing(run, scenario);
	if (missing)
		fprintf(stderr, "fwblock: %s: %s\n", scenario->name, missing);
	return missing ? 1 : 0;
}
