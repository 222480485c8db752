/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Objects found by a key of two words, and gone through in its order: a search tree whose nodes lie
 * in the objects. It is a treap (Seidel and Aragon, "Randomized Search Trees", 1996): the priority
 * of a node is a hash of its key, so its depth is that of a random tree, about 3 log2(n), whatever
 * the order of insertion. No allocation, no lock: whoever owns the table excludes others. Callable
 * from anywhere.
 *
 * Example: connections by the address of their file object, { key = file, sub_key = 0 }; in events
 * by { key = address object, sub_key = connection context }; for a snapshot by { key = id }.
 */
#ifndef FW_CORE_OBJECT_TABLE_H
#define FW_CORE_OBJECT_TABLE_H

#include "core/types.h"

struct fw_object_node {
	struct fw_object_node *left; /* smaller keys */
	struct fw_object_node *right;
	uint64_t key;
	uint64_t sub_key;
};

struct fw_object_table {
	struct fw_object_node *root;
	uint64_t seed; /* anything that others cannot guess */
	uint32_t count;
};

/* The object of a node that is not NULL. */
#define fw_object_of(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void fw_object_table_init(struct fw_object_table *table, uint64_t seed)
{
	table->root = NULL;
	table->seed = seed;
	table->count = 0;
}

static inline int fw_object_order(const struct fw_object_node *node, uint64_t key, uint64_t sub_key)
{
	if (node->key != key)
		return node->key < key ? -1 : 1;
	if (node->sub_key != sub_key)
		return node->sub_key < sub_key ? -1 : 1;
	return 0;
}

/* The greater one is nearer the root. */
static inline uint64_t fw_object_priority(
	const struct fw_object_table *table, const struct fw_object_node *node)
{
	uint64_t hash = (node->key ^ table->seed) * 0x9e3779b97f4a7c15ull;

	hash = (hash ^ hash >> 32 ^ node->sub_key) * 0xd6e8feb86659fd93ull;
	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

/* The object with this key, NULL: there is none. */
static inline struct fw_object_node *fw_object_table_find(
	const struct fw_object_table *table, uint64_t key, uint64_t sub_key)
{
	struct fw_object_node *node = table->root;

	while (node) {
		int order = fw_object_order(node, key, sub_key);

		if (!order)
			return node;
		node = order < 0 ? node->right : node->left;
	}
	return NULL;
}

/* The object with the lowest key above this one, NULL: there is none. */
static inline struct fw_object_node *fw_object_table_after(
	const struct fw_object_table *table, uint64_t key, uint64_t sub_key)
{
	struct fw_object_node *node = table->root, *found = NULL;

	while (node) {
		if (fw_object_order(node, key, sub_key) > 0) {
			found = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

/* The object with the lowest key. */
static inline struct fw_object_node *fw_object_table_first(const struct fw_object_table *table)
{
	struct fw_object_node *node = table->root;

	while (node && node->left)
		node = node->left;
	return node;
}

/* Make two trees of one: what is below the key of `node` and what is above become its children. */
static inline void fw_object_split(struct fw_object_node *tree, struct fw_object_node *node)
{
	struct fw_object_node **below = &node->left, **above = &node->right;

	while (tree) {
		if (fw_object_order(tree, node->key, node->sub_key) < 0) {
			*below = tree;
			below = &tree->right;
			tree = tree->right;
		} else {
			*above = tree;
			above = &tree->left;
			tree = tree->left;
		}
	}
	*below = NULL;
	*above = NULL;
}

/* Put in an object whose node has its key; it stays where it is until it is removed. False: there
 * is one with this key, and nothing was done. */
static inline bool fw_object_table_insert(
	struct fw_object_table *table, struct fw_object_node *node)
{
	uint64_t priority = fw_object_priority(table, node);
	struct fw_object_node **place = &table->root;

	if (fw_object_table_find(table, node->key, node->sub_key))
		return false;
	while (*place && fw_object_priority(table, *place) >= priority)
		place = fw_object_order(*place, node->key, node->sub_key) < 0 ? &(*place)->right
									      : &(*place)->left;
	fw_object_split(*place, node);
	*place = node;
	table->count++;
	return true;
}

/* Take out an object. False: it is not in this table, and nothing was done. */
static inline bool fw_object_table_remove(
	struct fw_object_table *table, struct fw_object_node *node)
{
	struct fw_object_node **place = &table->root, *left = node->left, *right = node->right;

	while (*place && *place != node)
		place = fw_object_order(*place, node->key, node->sub_key) < 0 ? &(*place)->right
									      : &(*place)->left;
	if (!*place)
		return false;
	while (left && right) {
		if (fw_object_priority(table, left) >= fw_object_priority(table, right)) {
			*place = left;
			place = &left->right;
			left = left->right;
		} else {
			*place = right;
			place = &right->left;
			right = right->left;
		}
	}
	*place = left ? left : right;
	node->left = NULL;
	node->right = NULL;
	table->count--;
	return true;
}

#endif
