// The AVL tree of tree.h. Every change walks to the root, rotating where the heights of two
// children differ by two; one loop serves insertion, removal and a changed subtree value alike, at
// the price of never stopping early.

#include "tree.h"

static int height(const struct tree_node *node) {
    return node == NULL ? 0 : node->height;
}

static void refresh(const struct tree *tree, struct tree_node *node) {
    node->height = 1 + MAX(height(node->child[TREE_LEFT]), height(node->child[TREE_RIGHT]));
    if (tree->update != NULL) {
        tree->update(node);
    }
}

// Hangs `new` where `old` hangs below `parent`.
static void replace(struct tree *tree, struct tree_node *parent, const struct tree_node *old,
                    struct tree_node *new) {
    if (parent == NULL) {
        tree->root = new;
    } else {
        parent->child[parent->child[TREE_RIGHT] == old] = new;
    }
    if (new != NULL) {
        new->parent = parent;
    }
}

// Lets the child on the other side rise above `node`, which sinks towards `side`. The new top.
static struct tree_node *rotate(struct tree *tree, struct tree_node *node, int side) {
    struct tree_node *top = node->child[!side];
    struct tree_node *inner = top->child[side];
    replace(tree, node->parent, node, top);
    node->child[!side] = inner;
    if (inner != NULL) {
        inner->parent = node;
    }
    top->child[side] = node;
    node->parent = top;
    refresh(tree, node);
    refresh(tree, top);
    return top;
}

static struct tree_node *balance(struct tree *tree, struct tree_node *node) {
    int lean = height(node->child[TREE_RIGHT]) - height(node->child[TREE_LEFT]);
    if (lean >= -1 && lean <= 1) {
        refresh(tree, node);
        return node;
    }
    int deep = lean > 0 ? TREE_RIGHT : TREE_LEFT;
    struct tree_node *child = node->child[deep];
    if (height(child->child[!deep]) > height(child->child[deep])) {
        rotate(tree, child, deep);
    }
    return rotate(tree, node, !deep);
}

void tree_changed(struct tree *tree, struct tree_node *node) {
    while (node != NULL) {
        node = balance(tree, node)->parent;
    }
}

void tree_insert(struct tree *tree, struct tree_node *parent, int side, struct tree_node *node) {
    *node = (struct tree_node){.parent = parent, .height = 1};
    if (parent == NULL) {
        tree->root = node;
    } else {
        parent->child[side] = node;
    }
    tree_changed(tree, node);
}

// A node with two children trades places with its successor, which has at most one.
static struct tree_node *take_successor(struct tree *tree, struct tree_node *node) {
    struct tree_node *next = node->child[TREE_RIGHT];
    while (next->child[TREE_LEFT] != NULL) {
        next = next->child[TREE_LEFT];
    }
    struct tree_node *lowest = next->parent == node ? next : next->parent;
    replace(tree, next->parent, next, next->child[TREE_RIGHT]);
    for (int side = TREE_LEFT; side <= TREE_RIGHT; side++) {
        next->child[side] = node->child[side];
        if (next->child[side] != NULL) {
            next->child[side]->parent = next;
        }
    }
    replace(tree, node->parent, node, next);
    return lowest;
}

void tree_remove(struct tree *tree, struct tree_node *node) {
    struct tree_node *lowest = node->parent;
    if (node->child[TREE_LEFT] != NULL && node->child[TREE_RIGHT] != NULL) {
        lowest = take_successor(tree, node);
    } else {
        struct tree_node *only = node->child[node->child[TREE_LEFT] == NULL];
        replace(tree, node->parent, node, only);
    }
    tree_changed(tree, lowest);
}
