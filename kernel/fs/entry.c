// Names that are held (path.h). Each has a reference to its parent and to its inode, so whoever
// stands in a directory keeps the way up; the list of a directory's held entries has no references
// and shrinks as they go.
#include <asm/errno.h>

#include "heap.h"
#include "path.h"
#include "report.h"
#include "string.h"

void path_entry_hold(struct path_entry *entry) {
    entry->references++;
}

// Gives back one reference. The parent, whose reference the entry had, when it was the last.
static struct path_entry *drop(struct path_entry *entry) {
    ASSERT(entry->references > 0);
    if (--entry->references > 0) {
        return NULL;
    }
    struct path_entry *parent = entry->parent;
    list_remove(&entry->sibling);
    inode_release(entry->inode);
    if (entry->name != entry->own_name) {
        heap_free(entry->name);
    }
    heap_free(entry);
    return parent;
}

void path_entry_release(struct path_entry *entry) {
    while (entry != NULL) {
        entry = drop(entry);
    }
}

struct path_entry *path_entry_new(struct path_entry *parent, const char *name, size_t length,
                                  struct inode *inode) {
    struct path_entry *entry = heap_alloc(sizeof(*entry) + length);
    if (entry == NULL) {
        inode_release(inode);
        return NULL;
    }
    *entry =
        (struct path_entry){.references = 1, .parent = parent, .inode = inode, .length = length};
    entry->name = entry->own_name;
    memcpy(entry->name, name, length);
    list_init(&entry->children);
    list_init(&entry->sibling);
    if (parent != NULL) {
        path_entry_hold(parent);
        list_push_front(&parent->children, &entry->sibling);
    }
    return entry;
}

static struct path_entry *find_held(struct path_entry *dir, const char *name, size_t length) {
    LIST_FOR_EACH (child, &dir->children, struct path_entry, sibling) {
        if (child->length == length && memcmp(child->name, name, length) == 0) {
            return child;
        }
    }
    return NULL;
}

int path_entry_lookup(struct path_entry *dir, const char *name, size_t length,
                      struct path_entry **child) {
    struct path_entry *held = find_held(dir, name, length);
    if (held != NULL) {
        path_entry_hold(held);
        *child = held;
        return 0;
    }
    if (dir->inode->ops->lookup == NULL) {
        return -ENOTDIR;
    }
    struct inode *inode;
    int error = dir->inode->ops->lookup(dir->inode, name, length, &inode);
    if (error != 0) {
        return error;
    }
    while (inode->mounted != NULL) {
        struct inode *below = inode;
        inode = below->mounted;
        inode_hold(inode);
        inode_release(below);
    }
    *child = path_entry_new(dir, name, length, inode);
    return *child == NULL ? -ENOMEM : 0;
}

// Its parent stays, for "..", and for the path that /proc/self/fd shows.
void path_entry_remove(struct path_entry *entry) {
    entry->removed = true;
    list_remove(&entry->sibling);
}

// Without memory for the new name the entry counts as removed: the rename has happened, and nobody
// may find the old one.
void path_entry_move(struct path_entry *entry, struct path_entry *dir, const char *name,
                     size_t length) {
    char *copy = heap_alloc(length);
    if (copy == NULL) {
        path_entry_remove(entry);
        return;
    }
    memcpy(copy, name, length);
    if (entry->name != entry->own_name) {
        heap_free(entry->name);
    }
    entry->name = copy;
    entry->length = length;
    struct path_entry *old_parent = entry->parent;
    path_entry_hold(dir);
    entry->parent = dir;
    list_remove(&entry->sibling);
    list_push_front(&dir->children, &entry->sibling);
    path_entry_release(old_parent);
}

bool path_entry_is_below(const struct path_entry *entry, const struct path_entry *ancestor) {
    while (entry != NULL && entry != ancestor) {
        entry = entry->parent;
    }
    return entry == ancestor;
}
