/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/tcp_payload.h"

static uint64_t subtract(uint64_t from, uint64_t amount)
{
	return from > amount ? from - amount : 0;
}

static bool has_written_fin(uint8_t state)
{
	return state == FW_STATE_FIN_WAIT_1 || state == FW_STATE_FIN_WAIT_2 ||
	       state == FW_STATE_CLOSING || state == FW_STATE_LAST_ACK ||
	       state == FW_STATE_CLOSED;
}

static bool has_got_fin(uint8_t state)
{
	return state == FW_STATE_CLOSE_WAIT || state == FW_STATE_CLOSING ||
	       state == FW_STATE_LAST_ACK || state == FW_STATE_CLOSED;
}

/* Not knowing, count the SYN: a byte too few is found out later, a byte too many was invented. */
static uint64_t syn_bytes(enum fw_syn_counted syn)
{
	return syn == FW_SYN_NOT_COUNTED ? 0 : 1;
}

/*
 * `received` of the first reading less what the second still finds unread. The FIN is in
 * `received`; it is in `unread` too until the application has seen the end, and after that has to
 * be taken off.
 */
static uint64_t received_payload(
	const struct fw_diag_socket *first, const struct fw_diag_socket *second)
{
	/* The second state also tells of a FIN that came between state and numbers of the first; a
	 * byte taken off too early comes back with the next round or the ending. */
	bool may_have_fin = has_got_fin(first->state) || has_got_fin(second->state);
	bool is_fin_taken = may_have_fin && second->unread == 0;

	return subtract(first->tcp.received, (uint64_t)second->unread + is_fin_taken);
}

/* Bytes handed to the network hold neither SYN nor FIN, so they bound what may look like data while
 * a connection is ending under our eyes. */
static uint64_t sent_payload(const struct fw_diag_socket *first,
	const struct fw_diag_socket *second, enum fw_syn_counted syn)
{
	const struct fw_tcp_info *tcp = &first->tcp;
	uint64_t written = subtract(first->tcp.acked + second->unacked,
		syn_bytes(syn) + has_written_fin(second->state));
	uint64_t segments = subtract(tcp->sent, tcp->retransmitted) + tcp->not_sent;

	return tcp->has_sent && segments < written ? segments : written;
}

struct fw_tcp_payload fw_tcp_payload_live(const struct fw_diag_socket *first,
	const struct fw_diag_socket *second, enum fw_syn_counted syn)
{
	return (struct fw_tcp_payload){
		.sent = sent_payload(first, second, syn),
		.received = received_payload(first, second),
	};
}

static uint64_t ended_sent(const struct fw_diag_socket *ended, enum fw_syn_counted syn)
{
	const struct fw_tcp_info *tcp = &ended->tcp;
	uint64_t written = subtract(tcp->acked + ended->unacked, syn_bytes(syn));
	uint64_t segments;

	/* An aborted socket is wiped: zero totals, and queue lengths that mean nothing. */
	if (!tcp->acked && !tcp->sent)
		return 0;
	if (!tcp->has_sent)
		return subtract(tcp->acked, syn_bytes(syn) + 1);
	/* The state no longer tells of a FIN; it was the last byte of what was left unsent, if any.
	 * A segment dropped on its way out of this machine counts twice in `sent`; `written` is the
	 * bound then, less the FIN it most likely holds: rather a byte too few than one
	 * invented. */
	segments = subtract(tcp->sent, tcp->retransmitted) + subtract(tcp->not_sent, 1);
	return segments <= written ? segments : subtract(written, 1);
}

/*
 * Nothing unread: either the last byte was a FIN that the application saw, or none came (this side
 * closed first, or a reset). Nothing tells these apart here, so one byte may be missing.
 */
static uint64_t ended_received(const struct fw_diag_socket *ended)
{
	return subtract(ended->tcp.received, ended->unread ? ended->unread : 1);
}

struct fw_tcp_payload fw_tcp_payload_ended(
	const struct fw_diag_socket *ended, enum fw_syn_counted syn)
{
	return (struct fw_tcp_payload){
		.sent = ended_sent(ended, syn),
		.received = ended_received(ended),
	};
}

enum fw_syn_counted fw_tcp_payload_syn(
	const struct fw_diag_socket *first, const struct fw_diag_socket *second)
{
	const struct fw_tcp_info *tcp = &first->tcp;
	uint64_t fin = first->state == FW_STATE_FIN_WAIT_2;
	uint64_t payload = subtract(tcp->sent, tcp->retransmitted) + fin;

	if (!tcp->has_sent || tcp->packets_in_flight || tcp->not_sent ||
		first->state != second->state)
		return FW_SYN_UNKNOWN;
	if (first->state != FW_STATE_ESTABLISHED && first->state != FW_STATE_CLOSE_WAIT && !fin)
		return FW_SYN_UNKNOWN;
	if (tcp->acked == payload)
		return FW_SYN_NOT_COUNTED;
	return tcp->acked == payload + 1 ? FW_SYN_COUNTED : FW_SYN_UNKNOWN;
}
