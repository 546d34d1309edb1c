// Making, linking and removing names.
#include <asm/errno.h>
#include <linux/stat.h>

#include "file.h"
#include "heap.h"
#include "path.h"
#include "string.h"
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

// The name takes over the caller's reference to the inode when it succeeds.
static int add(struct inode *dir, const char *name, size_t length, struct inode *inode) {
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

static int add_new(struct inode *dir, const char *name, size_t length, struct inode *inode,
                   struct inode **result) {
    int error = add(dir, name, length, inode);
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
    return add_new(dir, name, length, inode, result);
}

static int create_unnamed(struct inode *dir, mode_t mode, struct inode **result) {
    *result = tmpfs_inode_new(dir, mode);
    if (*result == NULL) {
        return -ENOSPC;
    }
    (*result)->links = 0;
    return 0;
}

static int make_link(struct inode *dir, const char *name, size_t length, struct inode *target) {
    int error = add(dir, name, length, target);
    if (error == 0) {
        inode_hold(target);
        target->links++;
        inode_touch(target, INODE_CTIME);
    }
    return error;
}

static int make_symlink(struct inode *dir, const char *name, size_t length, const char *target,
                        struct inode **result) {
    size_t size = strlen(target);
    char *copy = heap_alloc(size + 1);
    struct inode *inode = copy == NULL ? NULL : tmpfs_inode_new(dir, S_IFLNK | 0777);
    if (inode == NULL) {
        heap_free(copy);
        return -ENOSPC;
    }
    memcpy(copy, target, size + 1);
    tmpfs_inode(inode)->target = copy;
    inode->size = (off_t)size;
    return add_new(dir, name, length, inode, result);
}

static int remove_name(struct inode *dir, const char *name, size_t length, bool is_directory) {
    int error = tmpfs_populate(dir);
    struct tmpfs_name *found = error == 0 ? tmpfs_find(dir, name, length) : NULL;
    if (found == NULL) {
        return error != 0 ? error : -ENOENT;
    }
    struct inode *inode = tmpfs_name_inode(found);
    if (inode == NULL) {
        return -ENOMEM;
    }
    error = is_directory ? tmpfs_populate(inode) : 0;
    if (error != 0) {
        return error;
    }
    if (is_directory && tmpfs_inode(inode)->directory.count != 0) {
        return -ENOTEMPTY;
    }
    tmpfs_remove(dir, found);
    inode->links -= is_directory ? 2 : 1;
    dir->links -= is_directory;
    inode_touch(inode, INODE_CTIME);
    inode_touch(dir, INODE_MTIME | INODE_CTIME);
    inode_release(inode);
    return 0;
}

static int open_directory(UNUSED struct inode *inode, struct file *file) {
    file->ops = &tmpfs_directory_file_ops;
    return 0;
}

static void destroy(struct inode *inode) {
    heap_free(tmpfs_inode(inode));
}

const struct inode_ops tmpfs_directory_ops = {
    .lookup = lookup,
    .create = create,
    .create_unnamed = create_unnamed,
    .link = make_link,
    .unlink = remove_name,
    .symlink = make_symlink,
    .rename = tmpfs_rename,
    .open = open_directory,
    .statfs = tmpfs_statfs,
    .destroy = destroy,
};
