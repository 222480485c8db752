#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: control_defects_test.sh [SOURCE-TREE]
# Puts the known defects of process monitors and of inverted calls back into the driver's control half; see defects.sh.
# Takes about half a minute. CC: the compiler.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
tests=control
sources=kernel/windows
around=
. tests/nt/defects.sh

# shellcheck disable=SC2046,SC2086 # names without spaces, several patterns
objects whole $(find kernel/windows -maxdepth 1 -name '*.c' ! -name 'tdi_*' ! -name 'limit_[dfqrst]*') &&
	objects rest core/*.c $fake tests/nt/control_client.c tests/nt/tdi_absent.c || exit 1
without_defects device events process

# The second of the connection-level filter. What is allocated between lets the scheduler choose this
# moment.
defect 'system 2, defect 2: the cancel routine is set before the entry is whole' events 'system 2: cancelled while' irp_queue \
	'/^static bool insert/,/^}/{
	s/^\tQUEUE_OF(irp) = queue;/\t(void)IoSetCancelRoutine(irp, cancel);\n\tExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 8, 1), 1);\n&/
	s/^\t(void)IoSetCancelRoutine(irp, cancel);$//
	}'

# Those of the traffic dump.
defect 'system 1: a process is its pid' process 'system 1: a reused pid' process_state \
	's/by_identity, pid, created)/by_identity, pid, 0)/
	s/by_identity, facts->pid, facts->created)/by_identity, facts->pid, 0)/
	s/by_identity.sub_key = facts->created/by_identity.sub_key = 0/'
defect 'system 1: counters go on after a dump' process 'system 1: the periodic dump' process_state \
	'/^struct fw_counters fw_process_since_dump/,/^}/s/^\tprocess->dumped = .*//'
defect 'system 1: the dump sleeps, and unload waits for it' process 'system 1: the periodic dump' usage_dump \
	'/^static void stop/,/^}/s/^\tKeCancelTimer(&dump.timer);/\tLARGE_INTEGER day = { .QuadPart = -864000000000ll };\n\tKeDelayExecutionThread(KernelMode, FALSE, \&day);\n&/'
defect 'system 1: the timer of the dump is left at unload' process 'system 1: the periodic dump' usage_dump \
	'/^static void stop/,/^}/s/^\tKeCancelTimer(&dump.timer);//'

# Those of the inverted call.
defect 'system 5: one event stands for many items, and what nobody waited for is lost' events 'one reader' event_reader \
	'/^NTSTATUS fw_event_reader_read/,/^}/s/^\tgive_all(reader);//'
defect 'system 5: the order of requests is reversed' events 'system 5: order is kept' irp_queue \
	's/^\tif (is_oldest)/\tif (!is_oldest)/'
defect 'system 5: an empty list is dereferenced' events 'one reader' irp_queue \
	'/^IRP \*fw_irp_queue_pop/,/^}/s/while (!IsListEmpty(&queue->requests))/while (1)/'
defect 'system 5: a pointer of the kernel is given to a user' process 'system 5: no pointer' control_rows \
	's/^\t\t\tusage->process = process->process;/&\n\t\t\tusage->group = (ULONG_PTR)process;/'
defect 'system 5: what the pool held before is given to a user' device 'every feature' control_request \
	'/^NTSTATUS fw_control_take_cursor/,/^}/s/^\tmemset.*/\t;/'
defect 'NT-24: closing a handle ends requests of others' events 'NT-24: a handle closed' event_stream \
	'/^void fw_event_stream_remove/,/^}/s/if (stream.readers\[i\] != reader)/if (stream.readers[i] == reader)/'

# Of the process monitor.
defect 'NT-25, system 4: a loss is silent' events 'systems 4 and 5: no loss' event_stream \
	'/^static void tell/,/^}/s/fw_event_queue_put(&reader->queue, record)/(reader->queue.used < 16384 ? fw_event_queue_put(\&reader->queue, record) : 0)/'

# Of drivers that can be unloaded.
defect 'NT-23: it watches again while NT waits with its unload' device 'NT-23: NT waits' driver \
	's/^\tif (driver.object->DriverUnload) {/\tdriver.object->DriverUnload = NULL;\n\tif (0) {/'
defect 'system 1: rows in use keep all others' process 'ended rows that are in use' process_state \
	'/^static struct fw_process_state \*fold_one/,/^}/s/InsertTailList/InsertHeadList/'

# Rules.
defect 'NT-21: as many requests wait as anybody likes' events 'NT-21: no more than so many' event_reader \
	's/else if (reader->pending.count >= PENDING_MOST)/else if (0)/'
defect 'NT-24: anybody may open the device' device 'NT-24: a user may not' control_file \
	's/NTSTATUS status = fw_control_security_check(irp);/NTSTATUS status = STATUS_SUCCESS;/'
defect 'NT-24: counts are believed' device 'NT-24: every code with every length' control_handle \
	's/if ((uint64_t)list.count \* element > request->data.in - list.size)/if (0)/'
defect 'NT-24: a size that is too great is believed' device 'NT-24: every code with hostile' control_request \
	's/ || said > request->in)/)/'
defect 'NT-24: an answer goes beyond its room' device 'NT-24: every code with every length' control_request \
	'/^NTSTATUS fw_control_answer/,/^}/s/if (request->out < size)/if (0)/'
defect 'NT-24: a handle is not held by its requests' events 'NT-24: a handle closed' control_handle \
	'/^NTSTATUS fw_control_handle_request/,/^}/{
	s/^\tfw_control_handle_get(handle);/\t;/
	s/^\tfw_control_handle_put(handle);/\t;/
	}'
defect 'NT-26: only the newest notification is tried' process 'NT-26' process_notify \
	's/^\tif (!NT_SUCCESS(state.ex_status) \&\& fw_nt_optional.set_process_notify_ex) {/\tif (0) {/
	s/PsSetCreateProcessNotifyRoutine(on_process, FALSE)/STATUS_NOT_SUPPORTED/'
defect 'NT-27: a notification is left at unload' process 'NT-27' process_notify \
	'/^void fw_process_notify_stop/,/^}/s/^\tstop_processes();/\t;/'
defect 'NT-28: a name that is missing is read' process 'NT-28' nt_text \
	'/^uint32_t fw_text_units/,/^}/s/return .*/return string->Length \/ sizeof(WCHAR);/'
defect 'NT-28: a name is read to its zero' process 'NT-28' nt_text \
	's/string->Length \/ sizeof(WCHAR)/string->Length \/ sizeof(WCHAR) + 1/'

defects_end
