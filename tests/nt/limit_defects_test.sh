#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: limit_defects_test.sh [SOURCE-TREE]
# Puts what could go wrong with requests that wait into the limits; see defects.sh. CC: the compiler.
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 1
tests=limit
sources=kernel/windows
around='*'
. tests/nt/defects.sh
libraries="-lcmocka $libraries"
needs_cmocka

# shellcheck disable=SC2086 # several patterns
objects whole kernel/windows/tdi_*.c kernel/windows/limit_*.c &&
	objects rest $fake tests/nt/limit_receiver.c tests/nt/tdi_client.c tests/nt/tdi_doubles.c tests/nt/tdi_lower.c || exit 1
without_defects send receive end change

# Sends.
defect 'NT-18: what waits was not marked pending' send 'a send waits for its tokens' limit_send 's/^\tIoMarkIrpPending(irp);.*//'
defect 'NT-20: a large send goes as a whole' send 'large sends go in pieces' limit_send 's/length <= fw_limit_piece(way) ||/1 ||/'
defect 'NT-20: urgent data waits' send 'large sends go in pieces' limit_send 's/^\tbool is_urgent = !is_datagram.*/\tbool is_urgent = false;/'
defect 'NT-20: a disconnect goes past what waits' send 'a graceful disconnect' tdi_connection \
	's/return fw_limit_disconnect(connection, irp);/return fw_tdi_disconnect_on(connection, irp);/'
defect 'NT-20: an abort leaves what waits' send 'an abort ends what waits' tdi_connection \
	'/^NTSTATUS fw_tdi_disconnect(/,/^}/s/^\t\tfw_limit_abort(connection, STATUS_CONNECTION_ABORTED);/\t\t;/'
defect 'NT-20: the next piece waits after an abort' send 'an abort ends what waits' limit_send 's/^\tif (!lane->aborted && /\tif (/'
defect 'NT-20: a cleanup leaves what waits' send 'a cleanup ends what waits' tdi_create 's/^\tfw_limit_stop(object);/\t;/'
defect 'NT-20: pieces go after a part' send 'a piece that went in part' limit_send 's/bytes == split->asked && split->left/split->left/'
defect "NT-20: the client's descriptor is not given back" send 'large sends go in pieces' limit_send \
	's/^\tirp->MdlAddress = split->whole;/\t;/'
defect 'NT-20: what waits is not cancelled' send 'a send waits for its tokens' limit_queue \
	'/^bool fw_limit_put_last/,/^}/s/irp, owner, cancel)/irp, owner, NULL)/'
defect 'NT-19: a request that is cancelled is completed twice' send 'cancelled at any moment' limit_queue \
	'/^IRP \*fw_limit_take(/,/^}/s/if (IoSetCancelRoutine(irp, NULL))/if (IoSetCancelRoutine(irp, NULL) || 1)/'
defect 'NT-20: what waits is left when the driver stops' send 'when the driver stops' tdi_attach \
	'/^void fw_tdi_bypass/,/^}/s/^\t\tfw_tdi_let_go();/\t\t;/'
defect 'NT-21: files of a rule have no turns' send 'files of one rule' limit_queue 's/InsertTailList(&way->ring/InsertHeadList(\&way->ring/'
defect 'NT-21: a late timer lowers the rate' send 'a send waits for its tokens' limit_bucket 's/^#define BURST_NS .*/#define BURST_NS 0ull/'
defect 'NT-22: a request goes down with a lock held' send 'a send waits for its tokens' limit_send \
	'/^bool fw_limit_send_run/,/^}/{
	s/^\tfw_limit_unlock(irql);/\t;/
	s/^\tdone(lane);/\tfw_limit_unlock(irql);\n&/
	}'
defect 'NT-23: the timer is left at the end' send 'a send waits for its tokens' tdi_attach 's/^\t\tfw_limit_timer_stop();/\t\t;/'

# Receives.
defect 'NT-20: complete receives do not wait' receive 'a receive completes late' limit_receive \
	's/^\twaits = !lane->object->stopped && .*/\twaits = false;/'
defect 'NT-20: data of a cancelled receive is lost' receive 'a complete receive is cancelled' limit_queue \
	'/^bool fw_limit_put_done/,/^}/s/, hurry)/, cancel)/'
defect 'NT-20: what is refused is not pulled' receive 'events keep the rate' limit_receive \
	's/^\t\t\tfw_limit_stream_of(file)->due = TRUE;/\t\t\t;/'
defect 'NT-20: urgent data waits with the rest' receive 'urgent data goes past' tdi_event_receive \
	's/^\treturn !is_urgent(handler, flags) &&/\treturn true \&\&/'
defect 'NT-20: a receive goes past what is pulled' receive 'the client takes parts' limit_receive \
	's/^\tbool joins = file && wait_for_data(object, file, irp, is_peek);/\tbool joins = false;/'
defect 'NT-20: what the client leaves is lost' receive 'the client takes parts' limit_stream \
	's/^\tconsume(lane, taken);/\tconsume(lane, length);/'
defect 'NT-20: the end comes before the data' receive 'the end comes after the data' tdi_event \
	's/^\t\tdelays = fw_limit_delays_end(connection, flags);/\t\t;/'
defect 'NT-15: what was pulled is not counted' receive 'events keep the rate' limit_stream \
	'/^static void consume/,/^}/s/^\tfw_tdi_flow_received.*/\t;/'
defect 'NT-15: peeked data is taken' receive 'the client takes parts' limit_stream 's/^\tif (!is_peek)/\tif (1)/'
defect 'NT-21: datagrams wait without a bound' receive 'datagrams wait, so many' limit_datagram \
	's/^#define BYTES_MOST.*/#define BYTES_MOST 100000000u/'
defect 'NT-23: datagrams are left at cleanup' receive 'datagrams wait, so many' limit_file 's/^\tfw_limit_datagrams_drop(lane);/\t;/'

# What ends, what goes meanwhile, what is bounded.
defect 'NT-20: data waits for a file that is cleaned up' end 'data comes during the cleanup' limit_file \
	's/^\tobject->stopped = TRUE;/\tobject->stopped = fw_limit_file_of(object) != NULL;/'
defect 'NT-13: a cleanup does not wait for a handler' end 'no call of a handler outlives' tdi_create \
	's/^\tfw_tdi_tell_stop(object);/\t;/'
defect 'NT-20: a receive goes past one that is handed down' end 'requests keep their order' limit_receive \
	's/!(lane->busy || is_pulled(stream))/!is_pulled(stream)/'
defect 'NT-20: a rule that ends keeps what waits' end 'goes when the rule ends' limit_bucket \
	's/(limit->ends_ns && fw_time_boot_ns() >= limit->ends_ns)/0/'
defect 'NT-20: what waits keeps its first limit' end 'moves to another limit' limit_queue \
	's/if (limit == before || (!limit/if (1 || (!limit/'
defect 'NT-20: an abort waits for what was left' end 'an abort is told' limit_stream \
	's/^\treturn stream->end_due && stream->end_flags & TDI_DISCONNECT_ABORT;/\treturn false;/'
defect 'NT-21: empty datagrams wait without a bound' end 'empty datagrams are bounded' limit_datagram \
	's/^\t\tfile->datagram_bytes += held->size;/\t\tfile->datagram_bytes += held->bytes;/
	s/datagram_bytes -= held->size;/datagram_bytes -= held->bytes;/'
defect 'NT-21: a large datagram never finds room' end 'large datagrams find room' limit_datagram \
	's/^\treturn file->datagram_bytes && /\treturn /'
defect 'NT-21: what cannot wait keeps others waiting' end 'puts off for a second' limit_bucket \
	's/if (is_bounded && next > most)/if (0)/'
defect 'NT-18: a returned request has no room' end 'a returned request without room' limit_stream \
	's/irp->CurrentLocation > 1/1/'

# What outlives its cause.
defect 'NT-20: a limit that was replaced lets all go' change 'a replaced limit' limit_queue \
	's/if (limit == before || (!limit && fw_limit_is_retired(before)))/if (limit == before || fw_limit_is_retired(before))/'
defect 'NT-20: what waits stays with a limit that is not its own' change 'when no limit counts' limit_queue \
	's/if (limit == before || (!limit && fw_limit_is_retired(before)))/if (limit == before || !limit)/'
defect 'NT-20: a cancelled receive takes all along' change 'takes no others along' limit_queue 's/lane->rush = position;/lane->rush = 1000000;/'
defect 'NT-20: those before a cancelled receive wait' change 'is cancelled below' limit_queue \
	'/^bool fw_limit_put_done/,/^}/s/^\t\trush_to(lane, irp);/\t\tlane->rush = 1;/'
defect 'NT-20: data of the connection before' change 'the next connection begins anew' tdi_connection \
	'/^static void begin_flow/,/^}/s/^\tfw_limit_abort(.*/\t;/'
defect 'NT-20: a connection loses its data by being asked for' change 'that lives keeps its data' tdi_connection \
	's/^\treturn lives;/\treturn false;/'
defect 'NT-20: data of a connection whose end nobody told' change 'of a client that is not told' tdi_connection \
	'/^static NTSTATUS was_begun_anew/,/^}/s/^\t\tbegin_flow(.*/\t\t;/'
defect 'NT-20: a pull is thrown away for the connection before' change 'a pull is of its connection' limit_receive \
	's/^\t\tlane->aborted = FALSE;.*/\t\t;/'
seeds=4000
defect 'NT-20: a piece escapes an abort' change 'an abort leaves no piece' limit_file \
	's/^\tfile->send.aborted = file->send.busy;/&\n\tfw_limit_unlock(irql);\n\tfw_limit_lock(\&irql);/'
seeds=
defect 'NT-21: who needs no memory waits for who does' change 'without memory others go' limit_queue \
	's/^\t\telse if (!failed)/\t\telse\n\t\t\tbreak;\n\t\tif (!count \&\& !failed)/'
defect 'NT-20: sends wait after an abort by the peer' change 'an abort by the peer ends sends' tdi_event \
	's/^\t\t\tfw_limit_abort_sends(.*/\t\t\t;/'
defect 'NT-20: a pull passes a request' change 'a pull passes no request' limit_receive 's/ && !stream->below//
	s/!stream->below && //'
defect 'NT-21: turns without memory go on and on' change 'without memory the rules go on' limit_receive \
	's/^\treturn has_memory;/\treturn true;/'
defect 'NT-20: what cannot be cut loses its data' change 'what could not be cut' tdi_connection \
	's/^\tif (NT_SUCCESS(fw_tdi_abort(connection->device, file))) {/\tif (fw_tdi_abort(connection->device, file) != 1) {/'
defect 'NT-14: chained data comes before what waits' change 'chained data comes after' tdi_event_receive \
	's/^\t\tfw_limit_rush_received(object);/\t\t;/'
defect 'NT-20: chained data is paid for in part' change 'chained data is paid for' tdi_event_receive \
	's/status, length, is_told && can_wait(handler, object, flags)/status, length, false/'
defect 'NT-21: an abort leaves a buffer' change 'an abort leaves no buffer' limit_file \
	's/^\t\tstream->end_due = FALSE;/&\n\t\tstream->length = 0;/'
defect 'NT-15: the bytes of a warning are lost' change 'a warning brings data' limit_stream \
	's/^\tuint64_t bytes = fw_tdi_transferred(irp);/\tuint64_t bytes = NT_SUCCESS(irp->IoStatus.Status) ? irp->IoStatus.Information : 0;/'
defect 'NT-20: urgent data by the handler of all data waits' change 'urgent data by the handler' tdi_event_receive \
	's/(flags & TDI_RECEIVE_EXPEDITED && .*)/0/'
defect 'NT-21: what cannot be sent keeps others waiting' send 'what cannot be sent' limit_send \
	's/^\t\tfw_limit_charge_past(way, length);/\t\tfw_limit_charge(way, length);/'

defects_end
