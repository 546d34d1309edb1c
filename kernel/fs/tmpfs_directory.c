// Finding names and making them. Links, removal, renaming and reading are in files of their own.
#include <asm/errno.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "file.h"
#include "heap.h"
#include "path.h"
#include "tmpfs.h"

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **result) {
    int error = tmpfs_populate(dir);
    if (error != 0) {
        return error;
    }
    struct tmpfs_name *found = tmpfs_find(dir, name, length);
    if (found == NULL) {
        return -ENOENT;
    }
    *result = tmpfs_name_inode(found);
    if (*result == NULL) {
        return -ENOMEM;
    }
    inode_hold(*result);
    return 0;
}

int tmpfs_name_add(struct inode *dir, const char *name, size_t length, struct inode *inode) {
    int error = tmpfs_populate(dir);
    struct tmpfs_name *new = error == 0 ? tmpfs_name_new(name, length) : NULL;
    if (new == NULL) {
        return error != 0 ? error : -ENOSPC;
    }
    new->inode = inode;
    tmpfs_add(dir, new);
    inode_touch(dir, INODE_MTIME | INODE_CTIME);
    return 0;
}

int tmpfs_name_add_new(struct inode *dir, const char *name, size_t length, struct inode *inode,
                       struct inode **result) {
    int error = tmpfs_name_add(dir, name, length, inode);
    if (error != 0) {
        inode_release(inode);
        return error;
    }
    dir->links += S_ISDIR(inode->mode);
    inode_hold(inode);
    *result = inode;
    return 0;
}

static int create(struct inode *dir, const char *name, size_t length, mode_t mode, uint64_t rdev,
                  struct inode **result) {
    struct inode *inode = tmpfs_inode_new(dir, mode);
    if (inode == NULL) {
        return -ENOSPC;
    }
    inode->rdev = rdev;
    return tmpfs_name_add_new(dir, name, length, inode, result);
}

static int create_unnamed(struct inode *dir, mode_t mode, struct inode **result) {
    *result = tmpfs_inode_new(dir, mode);
    if (*result == NULL) {
        return -ENOSPC;
    }
    (*result)->links = 0;
    return 0;
}

// A directory has no end to count from.
static off_t seek_directory(struct file *file, off_t offset, int whence) {
    return whence == SEEK_END ? -EINVAL : file_seek(file, offset, whence, 0);
}

static int open_directory(UNUSED struct inode *inode, struct file *file) {
    static const struct file_ops ops = {.seek = seek_directory};
    file->ops = &ops;
    return 0;
}

static void destroy(struct inode *inode) {
    heap_free(tmpfs_inode(inode));
}

const struct inode_ops tmpfs_directory_ops = {
    .lookup = lookup,
    .create = create,
    .create_unnamed = create_unnamed,
    .open = open_directory,
    .statfs = tmpfs_statfs,
    .destroy = destroy,
};
