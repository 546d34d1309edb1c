// See xattr.h: a list in the order of names, which is the order Linux's tmpfs lists them in.
#include "xattr.h"

#include <asm/errno.h>

#include "heap.h"
#include "string.h"
#include "vfs.h"

struct xattrs {
    struct inode_attachment attachment;
    struct list list;
};

static void free_all(struct inode *inode, struct inode_attachment *attachment);

static struct xattrs *xattrs_of(const struct inode *inode) {
    struct inode_attachment *attachment = inode_attachment(inode, free_all);
    return attachment == NULL ? NULL : CONTAINER_OF(attachment, struct xattrs, attachment);
}

static void remove(struct xattr *xattr) {
    list_remove(&xattr->node);
    heap_free(xattr);
}

static void free_all(UNUSED struct inode *inode, struct inode_attachment *attachment) {
    struct xattrs *xattrs = CONTAINER_OF(attachment, struct xattrs, attachment);
    LIST_FOR_EACH_SAFE (xattr, &xattrs->list, struct xattr, node) {
        remove(xattr);
    }
    heap_free(xattrs);
}

const struct xattr *xattr_next(const struct inode *inode, const struct xattr *after) {
    const struct xattrs *xattrs = xattrs_of(inode);
    if (xattrs == NULL) {
        return NULL;
    }
    const struct list *next = after == NULL ? xattrs->list.next : after->node.next;
    return next == &xattrs->list ? NULL : LIST_ENTRY(next, struct xattr, node);
}

const struct xattr *xattr_find(const struct inode *inode, const char *name) {
    const struct xattr *xattr = xattr_next(inode, NULL);
    while (xattr != NULL && strcmp(xattr->name, name) != 0) {
        xattr = xattr_next(inode, xattr);
    }
    return xattr;
}

struct xattr *xattr_new(const char *name, size_t size) {
    size_t name_size = strlen(name) + 1;
    struct xattr *xattr = heap_alloc(sizeof(*xattr) + size + name_size);
    if (xattr != NULL) {
        xattr->size = size;
        xattr->name = xattr->value + size;
        memcpy(xattr->name, name, name_size);
        list_init(&xattr->node);
    }
    return xattr;
}

static struct xattrs *xattrs_made(struct inode *inode) {
    struct xattrs *xattrs = xattrs_of(inode);
    if (xattrs == NULL) {
        xattrs = heap_alloc(sizeof(*xattrs));
        if (xattrs != NULL) {
            list_init(&xattrs->list);
            xattrs->attachment = (struct inode_attachment){.gone = free_all};
            inode_attach(inode, &xattrs->attachment);
        }
    }
    return xattrs;
}

int xattr_set(struct inode *inode, struct xattr *value) {
    struct xattrs *xattrs = xattrs_made(inode);
    if (xattrs == NULL) {
        heap_free(value);
        return -ENOMEM;
    }
    struct list *before = &xattrs->list;
    LIST_FOR_EACH_SAFE (xattr, &xattrs->list, struct xattr, node) {
        int order = strcmp(xattr->name, value->name);
        if (order == 0) {
            remove(xattr);
        } else if (order < 0) {
            before = &xattr->node;
        }
    }
    list_insert_after(before, &value->node);
    return 0;
}

void xattr_remove(struct inode *inode, const char *name) {
    struct xattrs *xattrs = xattrs_of(inode);
    struct xattr *xattr = (struct xattr *)xattr_find(inode, name);
    if (xattr == NULL) {
        return;
    }
    remove(xattr);
    if (list_empty(&xattrs->list)) {
        inode_detach(inode, &xattrs->attachment);
        heap_free(xattrs);
    }
}
