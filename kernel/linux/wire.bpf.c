/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Wire bytes: IP packets with headers and retransmissions, per socket, at the root cgroup. A packet
 * belongs to the process that touched its socket last; one that comes before any did waits in the
 * flow.
 */
#include "kernel/linux/multipath.bpf.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#define IPV4_HEADER_LENGTH(first_byte) (((first_byte) & 0x0f) * 4)
#define IPV6_HEADER_LENGTH   40
#define IPV6_FRAGMENT_HEADER 8
#define SMALLEST_MTU	     1280 /* of IPv6; smaller links are not looked at */
#define TCP_OFFSET_BYTE	     12
#define UDP_HEADER_LENGTH    8

struct ip_header {
	__u32 length;
	__u8 version;
	__u8 protocol;
};

static __always_inline __u8 packet_byte(struct __sk_buff *skb, __u32 offset)
{
	const __u8 *byte = (const __u8 *)(long)skb->data + offset;
	__u8 loaded = 0;

	if (byte + 1 <= (const __u8 *)(long)skb->data_end)
		return *byte;
	bpf_skb_load_bytes(skb, offset, &loaded, 1);
	return loaded;
}

static __always_inline void read_ip_header(struct __sk_buff *skb, struct ip_header *ip)
{
	__u8 first = packet_byte(skb, 0);

	ip->version = first >> 4;
	ip->length = ip->version == 4 ? IPV4_HEADER_LENGTH(first) : IPV6_HEADER_LENGTH;
	ip->protocol = packet_byte(skb, ip->version == 4 ? 9 : 6);
}

/* Bytes of IP and transport header, which every segment of an offloaded packet will carry. */
static __always_inline __u32 header_length(struct __sk_buff *skb)
{
	struct ip_header ip = {};

	read_ip_header(skb, &ip);
	if (ip.protocol != IPPROTO_TCP)
		return ip.length + UDP_HEADER_LENGTH;
	return ip.length + (packet_byte(skb, ip.length + TCP_OFFSET_BYTE) >> 4) * 4;
}

/* Headers of all fragments but the first IP header, when the largest takes `size` bytes. Each
 * fragment has an IP header, in IPv6 with a fragment header, and a multiple of eight bytes (RFC
 * 791, RFC 8200). */
static __always_inline __u32 fragment_headers(const struct ip_header *ip, __u32 length, __u32 size)
{
	__u32 extra = ip->version == 6 ? IPV6_FRAGMENT_HEADER : 0;
	__u32 room, fragments;

	if (size < ip->length + extra + 8)
		return 0;
	room = (size - ip->length - extra) & ~7u;
	fragments = (length - ip->length + room - 1) / room;
	return fragments * extra + (fragments - 1) * ip->length;
}

/*
 * Headers that fragmentation will add to a datagram larger than the device takes: the cgroup hook
 * runs before ip_fragment().
 */
static __always_inline __u32 sent_fragment_headers(struct __sk_buff *skb)
{
	unsigned long route = BPF_CORE_READ((struct sk_buff *)skb, _skb_refdst) & ~1ul;
	__u32 mtu = BPF_CORE_READ((struct dst_entry *)route, dev, mtu);
	struct ip_header ip = {};

	if (skb->len <= mtu)
		return 0;
	read_ip_header(skb, &ip);
	return fragment_headers(&ip, skb->len, mtu);
}

/* A datagram put together from fragments: the IP layer remembers the size of the largest. */
static __always_inline __u32 received_fragment_headers(struct __sk_buff *skb)
{
	struct ip_header ip = {};
	__u16 size = 0;
	void *cb = (void *)skb + bpf_core_field_offset(struct sk_buff, cb);

	read_ip_header(skb, &ip);
	bpf_probe_read_kernel(&size, sizeof(size),
		cb + (ip.version == 6 ?
				     bpf_core_field_offset(struct inet6_skb_parm, frag_max_size) :
				     bpf_core_field_offset(struct inet_skb_parm, frag_max_size)));
	return size && size < skb->len ? fragment_headers(&ip, skb->len, size) : 0;
}

static __always_inline __u32 wire_length(struct __sk_buff *skb, const struct bpf_sock *sk,
	enum fw_direction direction)
{
	__u32 segments = skb->gso_segs;

	if (segments > 1)
		return skb->len + (segments - 1) * header_length(skb);
	if (!sk || sk->protocol == IPPROTO_TCP || skb->gso_size)
		return skb->len; /* TCP fits its segments to the path */
	if (direction == FW_RECEIVED)
		return skb->len + received_fragment_headers(skb);
	return skb->len > SMALLEST_MTU ? skb->len + sent_fragment_headers(skb) : skb->len;
}

static __always_inline void wire_add(__u64 *sent, __u64 *received, enum fw_direction direction,
	__u32 bytes)
{
	__sync_fetch_and_add(direction == FW_SENT ? sent : received, bytes);
}

/* False while the owner has no row, because it has not moved any payload yet. */
static __always_inline bool count_owned(struct fw_flow_state *flow, enum fw_direction direction,
	__u32 bytes)
{
	__u64 owner = flow->owner;
	__u32 slot = flow->owner_row;
	struct fw_process_state *process = row_at(slot, owner);

	if (!process) {
		process = row_find(owner, &slot);
		if (!process)
			return false;
		flow->owner_row = slot;
	}
	wire_add(&process->counters.wire_sent, &process->counters.wire_received, direction, bytes);
	return true;
}

/* The kernel's own sockets (answers to ping, resets) will never have an owner to wait for. The
 * address is read back from the map because the verifier allows no arithmetic on the pointer
 * itself. */
static __always_inline void begin(struct fw_flow_state *flow, struct bpf_sock *skb_sk)
{
	struct sock *sk;

	flow_begin(flow, (__u64)skb_sk);
	sk = (struct sock *)*(volatile __u64 *)&flow->self;
	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		flow->flags |= FW_FLOW_KERNEL;
}

/* What a listener's filter saw last on this CPU. */
struct request_packet {
	__u64 skb;
	__u32 length;
	__u32 ports;
	__u32 sequence;
	__u32 acknowledgment;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct request_packet);
} last_request SEC(".maps");

#define YOUNG_BYTES 65536 /* of a connection that may still be in the race below */

static __always_inline void identify(struct __sk_buff *skb, struct request_packet *packet)
{
	struct ip_header ip = {};

	packet->skb = (__u64)skb;
	packet->length = skb->len;
	read_ip_header(skb, &ip);
	bpf_skb_load_bytes(skb, ip.length, &packet->ports, 12);
}

/*
 * Two packets that both complete a handshake, on two CPUs at once: both pass the listener's filter,
 * and the one that comes late (tcp_check_req: the request is gone) passes the filter of the
 * connection as well, at once and on the same CPU. It counts once, for the listener's owner.
 */
static __always_inline bool was_counted_at_listener(struct __sk_buff *skb, struct bpf_sock *sk,
	const struct fw_flow_state *flow)
{
	bool listens = sk->state == TCP_LISTEN;
	struct request_packet *last, now = {};
	__u32 key = 0;
	bool same;

	if (sk->protocol != IPPROTO_TCP || (!listens && flow->counters.wire_received > YOUNG_BYTES))
		return false;
	last = bpf_map_lookup_elem(&last_request, &key);
	if (!last || (!listens && !last->skb))
		return false;
	identify(skb, &now);
	same = !listens && last->skb == now.skb && last->length == now.length &&
	       last->ports == now.ports && last->sequence == now.sequence &&
	       last->acknowledgment == now.acknowledgment;
	*last = now;
	if (!listens)
		last->skb = 0;
	return same;
}

/* To the flow, and to its owner, to nobody, or kept for the first owner. */
static __always_inline void account(struct fw_flow_state *flow, enum fw_direction direction,
	__u32 bytes)
{
	wire_add(&flow->counters.wire_sent, &flow->counters.wire_received, direction, bytes);
	if (flow->owner && count_owned(flow, direction, bytes))
		return;
	if (flow->flags & FW_FLOW_KERNEL)
		wire_add(&machine.unattributed.wire_sent, &machine.unattributed.wire_received,
			direction, bytes);
	else
		wire_add(&flow->unclaimed_sent, &flow->unclaimed_received, direction, bytes);
}

static __always_inline int count(struct __sk_buff *skb, enum fw_direction direction)
{
	struct bpf_sock *sk = full_socket_of(skb);
	__u32 bytes = wire_length(skb, sk, direction);
	struct fw_flow_state *flow = 0;

	if (sk)
		flow = bpf_sk_storage_get(&flows, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!flow) {
		wire_add(&machine.unattributed.wire_sent, &machine.unattributed.wire_received,
			direction, bytes);
		return 1;
	}
	if (flow->self != (__u64)sk)
		begin(flow, sk);
	if (!flow->id)
		flow->id = bpf_get_socket_cookie(skb);
	if (direction == FW_RECEIVED && was_counted_at_listener(skb, sk, flow))
		return 1;
	if (!flow->owner)
		flow->owner = multipath_owner(sk);
	account(flow, direction, bytes);
	return 1;
}

SEC("cgroup_skb/egress")
int fw_wire_sent(struct __sk_buff *skb)
{
	return count(skb, FW_SENT);
}

SEC("cgroup_skb/ingress")
int fw_wire_received(struct __sk_buff *skb)
{
	return count(skb, FW_RECEIVED);
}

/*
 * On some kernels (6.1 among them) the egress hook does not run for a SYN-ACK over IPv6, because
 * the listener sends it in the name of a request that is no full socket. The backend finds out at
 * load and keeps this program attached only then.
 */
SEC("fexit/tcp_make_synack")
int BPF_PROG(fw_synack, struct sock *sk, struct dst_entry *route, struct request_sock *request,
	void *cookie, int type, struct sk_buff *syn, struct sk_buff *skb)
{
	struct fw_flow_state *flow;

	if (!machine.count_synack || !skb ||
		BPF_CORE_READ(request, __req_common.skc_family) != AF_INET6)
		return 0;
	flow = flow_get(sk);
	if (flow)
		account(flow, FW_SENT, BPF_CORE_READ(skb, len) + IPV6_HEADER_LENGTH);
	return 0;
}
