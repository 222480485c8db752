/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Pools of packets and of buffer descriptors: what is taken from one is given back before it goes. */
#include "ndis_internal.h"

#define QUARANTINE 64

static struct ndis_pool *pools;
static struct ndis_packet *live;
/* Freed packets, kept for a while so that late use is found. */
static struct ndis_packet *quarantine[QUARANTINE];
static unsigned quarantine_next;
/* Which pool a buffer is of. */
static struct taken_buffer {
	struct taken_buffer *next;
	PNDIS_BUFFER buffer;
	struct ndis_pool *pool;
} *buffers;

struct ndis_pool *ndis_pool_of(NDIS_HANDLE handle, bool is_buffers, const char *function)
{
	struct ndis_pool *pool;

	nt_lock();
	for (pool = pools; pool && pool != handle; pool = pool->next)
		;
	nt_unlock();
	if (!pool || pool->buffers != is_buffers)
		nt_violation(NDIS_RULE_PACKET, "%s of what is no pool, or a freed one", function);
	return pool;
}

static void pool_new(PNDIS_STATUS status, PNDIS_HANDLE handle, unsigned size, unsigned reserved, bool is_buffers,
	const char *function)
{
	struct ndis_pool *pool;

	nt_enter(function, DISPATCH_LEVEL);
	*status = NDIS_STATUS_RESOURCES;
	*handle = NULL;
	if (nt_fails(function))
		return;
	pool = ndis_new(sizeof(*pool));
	pool->magic = NDIS_POOL;
	pool->size = size;
	pool->reserved = reserved;
	pool->buffers = is_buffers;
	nt_lock();
	pool->next = pools;
	pools = pool;
	nt_unlock();
	*handle = pool;
	*status = NDIS_STATUS_SUCCESS;
}

static void pool_free(NDIS_HANDLE handle, bool is_buffers, const char *function)
{
	struct ndis_pool *pool, **at;

	nt_enter(function, DISPATCH_LEVEL);
	pool = ndis_pool_of(handle, is_buffers, function);
	nt_lock();
	if (pool->used)
		nt_violation(NDIS_RULE_PACKET, "%s with %u of its %s out", function, pool->used,
			is_buffers ? "buffers" : "packets");
	for (at = &pools; *at != pool; at = &(*at)->next)
		;
	*at = pool->next;
	nt_unlock();
	free(pool);
}

void NdisAllocatePacketPoolEx(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors, UINT overflow,
	UINT reserved_length)
{
	pool_new(status, pool, descriptors + overflow, reserved_length, false, "NdisAllocatePacketPoolEx");
}

void NdisAllocatePacketPool(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors, UINT reserved_length)
{
	pool_new(status, pool, descriptors, reserved_length, false, "NdisAllocatePacketPool");
}

void NdisFreePacketPool(NDIS_HANDLE pool)
{
	pool_free(pool, false, "NdisFreePacketPool");
}

UINT NdisPacketPoolUsage(NDIS_HANDLE handle)
{
	nt_enter("NdisPacketPoolUsage", DISPATCH_LEVEL);
	return ndis_pool_of(handle, false, "NdisPacketPoolUsage")->used;
}

void NdisAllocateBufferPool(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors)
{
	pool_new(status, pool, descriptors, 0, true, "NdisAllocateBufferPool");
}

void NdisFreeBufferPool(NDIS_HANDLE pool)
{
	pool_free(pool, true, "NdisFreeBufferPool");
}

static struct ndis_packet *find(PNDIS_PACKET packet, enum ndis_rule rule, const char *function)
{
	struct ndis_packet *all;

	nt_lock();
	for (all = live; all && all->packet != packet; all = all->next)
		;
	nt_unlock();
	if (!all)
		nt_violation(rule, "%s of what is no packet, or a freed one", function);
	return all;
}

struct ndis_packet *ndis_packet_of(PNDIS_PACKET packet, const char *function)
{
	return find(packet, NDIS_RULE_PACKET, function);
}

struct ndis_packet *ndis_packet_back(PNDIS_PACKET packet, const char *function)
{
	return find(packet, NDIS_RULE_COMPLETION, function);
}

/* The packet with its room for the protocol, its out-of-band data and its extension, behind what nobody sees. */
static struct ndis_packet *packet_new(struct ndis_pool *pool)
{
	size_t oob = (offsetof(NDIS_PACKET, ProtocolReserved) + pool->reserved + 7) & ~(size_t)7;
	struct ndis_packet *all = ndis_new(sizeof(*all) + oob + sizeof(NDIS_PACKET_OOB_DATA) +
		sizeof(NDIS_PACKET_EXTENSION));

	all->magic = NDIS_PACKET_LIVE;
	all->pool = pool;
	all->packet = (PNDIS_PACKET)(all + 1);
	memset(all->packet->ProtocolReserved, 0xa5, pool->reserved);
	all->packet->Private.Pool = (PNDIS_PACKET_POOL)pool;
	all->packet->Private.NdisPacketFlags = fPACKET_ALLOCATED_BY_NDIS;
	all->packet->Private.NdisPacketOobOffset = (USHORT)oob;
	return all;
}

static void packet_allocate(PNDIS_STATUS status, PNDIS_PACKET *packet, NDIS_HANDLE handle, const char *function)
{
	struct ndis_pool *pool = ndis_pool_of(handle, false, function);
	struct ndis_packet *all;

	*packet = NULL;
	*status = NDIS_STATUS_RESOURCES;
	if (nt_fails(function))
		return;
	all = packet_new(pool);
	nt_lock();
	if (pool->used < pool->size) {
		pool->used++;
		all->next = live;
		if (live)
			live->previous = all;
		live = all;
		*packet = all->packet;
		*status = NDIS_STATUS_SUCCESS;
	}
	nt_unlock();
	if (!*packet)
		free(all);
}

void NdisAllocatePacket(PNDIS_STATUS status, PNDIS_PACKET *packet, NDIS_HANDLE pool)
{
	nt_enter("NdisAllocatePacket", DISPATCH_LEVEL);
	packet_allocate(status, packet, pool, "NdisAllocatePacket");
}

static void at_dispatch(const char *function)
{
	if (nt_enter(function, DISPATCH_LEVEL)->irql != DISPATCH_LEVEL)
		nt_violation(NT_RULE_LEVEL, "%s below DISPATCH_LEVEL", function);
}

void NdisDprAllocatePacket(PNDIS_STATUS status, PNDIS_PACKET *packet, NDIS_HANDLE pool)
{
	at_dispatch("NdisDprAllocatePacket");
	packet_allocate(status, packet, pool, "NdisDprAllocatePacket");
}

/* The newest of the freed takes the place of the oldest. */
static void keep_freed(struct ndis_packet *all)
{
	free(quarantine[quarantine_next]);
	quarantine[quarantine_next] = all;
	quarantine_next = (quarantine_next + 1) % QUARANTINE;
	all->magic = NDIS_PACKET_FREE;
	memset(all->packet, 0xdd, sizeof(NDIS_PACKET_PRIVATE));
}

void NdisFreePacket(PNDIS_PACKET packet)
{
	struct ndis_packet *all;

	nt_enter("NdisFreePacket", DISPATCH_LEVEL);
	all = ndis_packet_of(packet, "NdisFreePacket");
	nt_lock();
	if (all->depth)
		nt_violation(NDIS_RULE_PACKET, "NdisFreePacket of a packet that is %s %s",
			all->levels[all->depth - 1].is_receive ? "indicated by" : "with",
			all->levels[all->depth - 1].adapter->text);
	if (all->next)
		all->next->previous = all->previous;
	*(all->previous ? &all->previous->next : &live) = all->next;
	all->pool->used--;
	keep_freed(all);
	nt_unlock();
}

void NdisDprFreePacket(PNDIS_PACKET packet)
{
	at_dispatch("NdisDprFreePacket");
	NdisFreePacket(packet);
}

NDIS_HANDLE NdisGetPoolFromPacket(PNDIS_PACKET packet)
{
	nt_enter("NdisGetPoolFromPacket", DISPATCH_LEVEL);
	return ndis_packet_of(packet, "NdisGetPoolFromPacket")->pool;
}

struct ndis_packet *ndis_original(struct ndis_packet *packet, const struct ndis_miniport *miniport, bool is_receive)
{
	PNDIS_BUFFER head = packet->packet->Private.Head;
	struct ndis_packet *other;
	struct ndis_level *top;

	for (other = live; other; other = other->next) {
		if (other == packet || !other->depth || other->packet->Private.Head != head || !head)
			continue;
		top = &other->levels[other->depth - 1];
		if (top->is_receive != is_receive)
			continue;
		/* A receive is the driver's that is bound to who indicated it. */
		if (!miniport || (is_receive ? top->adapter->open && top->adapter->open->protocol->miniport == miniport :
				top->adapter->miniport == miniport))
			return other;
	}
	return NULL;
}

bool ndis_is_still_out(struct ndis_packet *packet, const struct ndis_level *level)
{
	struct ndis_miniport *holder, *giver;
	struct ndis_packet *other;
	struct ndis_level *top;

	if (level->is_receive && !level->adapter->open)
		return false;
	holder = level->is_receive ? level->adapter->open->protocol->miniport : level->adapter->miniport;
	for (other = live; other; other = other->next) {
		if (other == packet || !other->depth || other->packet->Private.Head != packet->packet->Private.Head)
			continue;
		top = &other->levels[other->depth - 1];
		giver = top->is_receive ? top->adapter->miniport : top->open->protocol->miniport;
		if (top->is_receive == level->is_receive && holder && giver == holder)
			return true;
	}
	return false;
}

void NdisAllocateBuffer(PNDIS_STATUS status, PNDIS_BUFFER *buffer, NDIS_HANDLE handle, PVOID address, UINT length)
{
	struct ndis_pool *pool;
	struct taken_buffer *taken;

	nt_enter("NdisAllocateBuffer", DISPATCH_LEVEL);
	pool = ndis_pool_of(handle, true, "NdisAllocateBuffer");
	*status = NDIS_STATUS_FAILURE;
	*buffer = IoAllocateMdl(address, length, FALSE, FALSE, NULL);
	if (!*buffer)
		return;
	MmBuildMdlForNonPagedPool(*buffer);
	taken = ndis_new(sizeof(*taken));
	taken->buffer = *buffer;
	taken->pool = pool;
	nt_lock();
	taken->next = buffers;
	buffers = taken;
	pool->used++;
	nt_unlock();
	*status = NDIS_STATUS_SUCCESS;
}

void NdisFreeBuffer(PNDIS_BUFFER buffer)
{
	struct taken_buffer *taken, **at;
	struct ndis_packet *all;

	nt_enter("NdisFreeBuffer", DISPATCH_LEVEL);
	nt_lock();
	for (at = &buffers; *at && (*at)->buffer != buffer; at = &(*at)->next)
		;
	taken = *at;
	if (!taken)
		nt_violation(NDIS_RULE_PACKET, "NdisFreeBuffer of what is no buffer, or a freed one");
	for (all = live; all; all = all->next)
		if (all->depth && all->packet->Private.Head == buffer)
			nt_violation(NDIS_RULE_PACKET, "NdisFreeBuffer of the data of a packet that is under way");
	*at = taken->next;
	taken->pool->used--;
	nt_unlock();
	free(taken);
	IoFreeMdl(buffer);
}

void ndis_pool_own(NDIS_HANDLE handle)
{
	struct ndis_pool *pool = handle;

	pool->own = true;
}

void ndis_driver_pool_check(const char *when)
{
	struct ndis_pool *pool;

	for (pool = pools; pool; pool = pool->next)
		if (!pool->own)
			nt_violation(NT_RULE_UNLOAD, "a pool of %s is left after %s",
				pool->buffers ? "buffers" : "packets", when);
}

void ndis_pool_check(const char *when)
{
	unsigned index;

	if (live)
		nt_violation(NT_RULE_UNLOAD, "a packet is left after %s", when);
	if (buffers)
		nt_violation(NT_RULE_UNLOAD, "a buffer is left after %s", when);
	if (pools)
		nt_violation(NT_RULE_UNLOAD, "a pool of %s is left after %s", pools->buffers ? "buffers" : "packets", when);
	for (index = 0; index < QUARANTINE; index++) {
		if (quarantine[index] && quarantine[index]->packet->Private.Flags != 0xdddddddd)
			nt_violation(NDIS_RULE_PACKET, "a packet was written after it was freed");
		free(quarantine[index]);
		quarantine[index] = NULL;
	}
}
