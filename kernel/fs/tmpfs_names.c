// The names in a directory: a search tree for lookup, a list in order of creation for readdir. The
// image's names are not copied, and their inodes are made when they are looked up.
#include <asm/errno.h>

#include "heap.h"
#include "string.h"
#include "tmpfs.h"

static struct tmpfs_directory *directory(struct inode *dir) {
    return &tmpfs_inode(dir)->directory;
}

static int compare(const char *left, size_t left_length, const char *right, size_t right_length) {
    int order = memcmp(left, right, MIN(left_length, right_length));
    if (order != 0) {
        return order;
    }
    return (left_length > right_length) - (left_length < right_length);
}

struct tmpfs_name *tmpfs_find(struct inode *dir, const char *name, size_t length) {
    struct tree_node *node = directory(dir)->names.root;
    while (node != NULL) {
        struct tmpfs_name *here = TREE_ENTRY(node, struct tmpfs_name, tree);
        int order = compare(name, length, here->name, here->length);
        if (order == 0) {
            return here;
        }
        node = node->child[order < 0 ? TREE_LEFT : TREE_RIGHT];
    }
    return NULL;
}

void tmpfs_add(struct inode *dir, struct tmpfs_name *name) {
    struct tmpfs_directory *into = directory(dir);
    struct tree_node *parent = NULL;
    struct tree_node *node = into->names.root;
    int side = TREE_LEFT;
    while (node != NULL) {
        const struct tmpfs_name *here = TREE_ENTRY(node, struct tmpfs_name, tree);
        parent = node;
        side = compare(name->name, name->length, here->name, here->length) < 0 ? TREE_LEFT
                                                                               : TREE_RIGHT;
        node = node->child[side];
    }
    tree_insert(&into->names, parent, side, &name->tree);
    name->cookie = into->next_cookie++;
    list_push_back(&into->order, &name->node);
    into->count++;
}

void tmpfs_remove(struct inode *dir, struct tmpfs_name *name) {
    struct tmpfs_directory *from = directory(dir);
    tree_remove(&from->names, &name->tree);
    list_remove(&name->node);
    from->count--;
    heap_free(name);
}

struct tmpfs_name *tmpfs_name_new(const char *name, size_t length) {
    struct tmpfs_name *new = heap_alloc(sizeof(*new) + length);
    if (new != NULL) {
        *new = (struct tmpfs_name){.length = length, .name = new->own_name};
        memcpy(new->own_name, name, length);
    }
    return new;
}

static int add_image_node(struct inode *dir, const struct image_node *node) {
    struct tmpfs_name *name = heap_alloc(sizeof(*name));
    if (name == NULL) {
        return -ENOMEM;
    }
    const char *text = image_name(node->name);
    *name = (struct tmpfs_name){.image = node, .name = text, .length = strlen(text)};
    tmpfs_add(dir, name);
    return 0;
}

int tmpfs_populate(struct inode *dir) {
    struct tmpfs_directory *into = directory(dir);
    if (into->populated) {
        return 0;
    }
    // After a failure the next try goes on where this one ended.
    for (uint32_t i = (uint32_t)into->count; i < dir->image->node_count; i++) {
        int error = add_image_node(dir, image_node(dir->image->node_first + i));
        if (error != 0) {
            return error;
        }
    }
    into->populated = true;
    return 0;
}

struct inode *tmpfs_name_inode(struct tmpfs_name *name) {
    if (name->inode == NULL) {
        name->inode = tmpfs_inode_of_image(name->image);
    }
    return name->inode;
}
