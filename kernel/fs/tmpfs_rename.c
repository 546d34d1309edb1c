// Moving names. Everything that can fail comes first, so a rename happens or does not.
#include <asm/errno.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "heap.h"
#include "tmpfs.h"

static bool is_directory(const struct inode *inode) {
    return S_ISDIR(inode->mode);
}

static void touch(struct inode *from_dir, struct inode *to_dir, struct inode *moved) {
    inode_touch(from_dir, INODE_MTIME | INODE_CTIME);
    inode_touch(to_dir, INODE_MTIME | INODE_CTIME);
    inode_touch(moved, INODE_CTIME);
}

static int exchange(struct inode *from_dir, struct tmpfs_name *from, struct inode *to_dir,
                    struct tmpfs_name *to) {
    struct inode *first = tmpfs_name_inode(from);
    struct inode *second = tmpfs_name_inode(to);
    if (first == NULL || second == NULL) {
        return -ENOMEM;
    }
    from->inode = second;
    to->inode = first;
    from_dir->links += is_directory(second) - is_directory(first);
    to_dir->links += is_directory(first) - is_directory(second);
    touch(from_dir, to_dir, first);
    inode_touch(second, INODE_CTIME);
    return 0;
}

// What the new name stood for before goes.
static int replace(struct inode *to_dir, struct tmpfs_name *to) {
    struct inode *inode = tmpfs_name_inode(to);
    if (inode == NULL) {
        return -ENOMEM;
    }
    int error = is_directory(inode) ? tmpfs_populate(inode) : 0;
    if (error != 0) {
        return error;
    }
    if (is_directory(inode) && tmpfs_inode(inode)->directory.count != 0) {
        return -ENOTEMPTY;
    }
    tmpfs_remove(to_dir, to);
    inode->links -= is_directory(inode) ? 2 : 1;
    to_dir->links -= is_directory(inode);
    inode_touch(inode, INODE_CTIME);
    inode_release(inode);
    return 0;
}

// What RENAME_WHITEOUT leaves under the old name: overlayfs's mark for "nothing here", a character
// device 0:0. Made before anything is changed.
static int leave_whiteout(struct inode *dir, const char *name, size_t length,
                          struct tmpfs_name **whiteout) {
    struct inode *inode = tmpfs_inode_new(dir, S_IFCHR);
    *whiteout = inode == NULL ? NULL : tmpfs_name_new(name, length);
    if (*whiteout == NULL) {
        if (inode != NULL) {
            inode_release(inode);
        }
        return -ENOSPC;
    }
    (*whiteout)->inode = inode;
    return 0;
}

static void discard(struct tmpfs_name *whiteout) {
    if (whiteout != NULL) {
        inode_release(whiteout->inode);
        heap_free(whiteout);
    }
}

static bool is_mounted_on(const struct tmpfs_name *name) {
    return name->inode != NULL && name->inode->mounted != NULL;
}

static int find_source(struct inode *from_dir, const char *from, size_t from_length,
                       struct inode *to_dir, struct tmpfs_name **source) {
    int error = tmpfs_populate(from_dir);
    error = error != 0 ? error : tmpfs_populate(to_dir);
    if (error != 0) {
        return error;
    }
    *source = tmpfs_find(from_dir, from, from_length);
    return *source == NULL ? -ENOENT : 0;
}

static int rename_name(struct inode *from_dir, const char *from, size_t from_length,
                       struct inode *to_dir, const char *to, size_t to_length, uint32_t flags) {
    struct tmpfs_name *source;
    int error = find_source(from_dir, from, from_length, to_dir, &source);
    if (error != 0) {
        return error;
    }
    struct tmpfs_name *target = tmpfs_find(to_dir, to, to_length);
    if (is_mounted_on(source) || (target != NULL && is_mounted_on(target))) {
        return -EBUSY;
    }
    if ((flags & RENAME_EXCHANGE) != 0) {
        return target == NULL ? -ENOENT : exchange(from_dir, source, to_dir, target);
    }
    struct tmpfs_name *whiteout = NULL;
    if ((flags & RENAME_WHITEOUT) != 0) {
        error = leave_whiteout(from_dir, from, from_length, &whiteout);
    }
    if (error != 0) {
        return error;
    }
    struct tmpfs_name *new = tmpfs_name_new(to, to_length);
    if (new == NULL || tmpfs_name_inode(source) == NULL) {
        error = -ENOMEM;
    } else if (target != NULL) {
        error = replace(to_dir, target);
    }
    if (error != 0) {
        discard(whiteout);
        heap_free(new);
        return error;
    }
    struct inode *moved = new->inode = source->inode;
    tmpfs_remove(from_dir, source);
    tmpfs_add(to_dir, new);
    if (whiteout != NULL) {
        tmpfs_add(from_dir, whiteout);
    }
    from_dir->links -= is_directory(moved);
    to_dir->links += is_directory(moved);
    touch(from_dir, to_dir, moved);
    return 0;
}

INODE_EXTRA(tmpfs_rename) = {.of = &tmpfs_directory_ops, .rename = rename_name};
