/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_settle.h"

#include "backend/linux/connection_cut.h"
#include "backend/linux/ended_members.h"
#include "backend/linux/rule_hooks.h"
#include "backend/linux/rule_store.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Over the processes: one for each generation that a fork keeps ahead of us. */
#define MOST_PASSES 64

/* Ask every process what it falls under, until no more descendants of targets are found. */
static enum fw_status ask_processes(const struct fw_kernel_side *side, struct fw_error *error)
{
	for (int pass = 0; pass < MOST_PASSES; pass++) {
		uint64_t before =
			__atomic_load_n(&side->machine->members_changed, __ATOMIC_SEQ_CST);
		int result = fw_kernel_side_pass(side, FW_ITERATOR_MEMBERS);

		if (result)
			return fw_error_set_errno(error, result,
				"applying the rules to the processes that run");
		if (__atomic_load_n(&side->machine->members_changed, __ATOMIC_SEQ_CST) == before)
			break;
	}
	return FW_OK;
}

/* Programs that began before may still use what they found then; this waits for readers of RCU.
 * Processors without a timer tick (nohz_full) do not take part: there, time has to do. */
static void wait_for_programs(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(100000);
}

enum fw_status fw_rules_reach(struct fw_kernel_side *side, struct fw_error *error)
{
	uint64_t failures = side->machine->member_failures;
	enum fw_status status = ask_processes(side, error);

	if (status == FW_OK)
		status = fw_ended_members_find(side, error);
	if (status != FW_OK || side->machine->member_failures == failures)
		return status;
	return fw_error_set(error, FW_NO_MEMORY,
		"the rules are in force, but not for all processes, for want of kernel memory");
}

enum fw_status fw_rules_settle(struct fw_kernel_side *side, bool cuts, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	wait_for_programs();
	if (cuts)
		status = fw_connection_cut(side, error);
	side->machine->rules_settled = side->machine->rules_generation;
	return status;
}

enum fw_status fw_rules_catch_up(struct fw_kernel_side *side, struct fw_error *error)
{
	enum fw_status status;

	if (side->machine->rules_settled == side->machine->rules_generation)
		return FW_OK;
	status = fw_rules_reach(side, error);
	return status == FW_OK ? fw_rules_settle(side, true, error) : status;
}

void fw_rules_let_go(struct fw_kernel_side *side)
{
	fw_rule_hooks_detach();
	side->machine->rules_count = 0;
	side->machine->rules_settled = side->machine->rules_generation;
	fw_rule_store_forget_members(side);
}
