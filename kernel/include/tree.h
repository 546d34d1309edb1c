// A balanced (AVL) search tree whose nodes live inside the things that are ordered. It knows no
// keys: the owner walks down from tree.root by itself and names the empty place where a new node
// goes. A tree can carry a value per subtree (the widest gap, the earliest deadline): `update`
// recomputes it for one node from its children.
#pragma once

#include "types.h"

enum { TREE_LEFT = 0, TREE_RIGHT = 1 };

struct tree_node {
    struct tree_node *parent, *child[2];
    int height; // of the subtree; a leaf's is 1
};

struct tree {
    struct tree_node *root;
    void (*update)(struct tree_node *node); // NULL: nothing is carried
};

#define TREE_ENTRY(node, type, member) CONTAINER_OF(node, type, member)

// Puts `node` under `parent` on `side`, where nothing is yet; parent NULL: the tree is empty.
void tree_insert(struct tree *tree, struct tree_node *parent, int side, struct tree_node *node);
void tree_remove(struct tree *tree, struct tree_node *node);
// What `update` computes from has changed in this node.
void tree_changed(struct tree *tree, struct tree_node *node);
