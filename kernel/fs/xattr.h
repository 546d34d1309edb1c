// The extended attributes of an inode, by full name. Who may see and set them is sys/xattr.c's.
#pragma once

#include "list.h"
#include "types.h"

struct inode;

struct xattr {
    struct list node;
    char *name; // NUL-terminated, behind the value
    size_t size;
    char value[];
};

// The first in the order of names, then the next; NULL: no more.
const struct xattr *xattr_next(const struct inode *inode, const struct xattr *after);
const struct xattr *xattr_find(const struct inode *inode, const char *name);
// Consumes `value` (xattr_new), also on failure. 0, -ENOMEM.
struct xattr *xattr_new(const char *name, size_t size);
MUST_USE int xattr_set(struct inode *inode, struct xattr *value);
void xattr_remove(struct inode *inode, const char *name); // harmless when it is not there
