// Removing names.
#include <asm/errno.h>
#include <linux/stat.h>

#include "tmpfs.h"

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
    if (error != 0 || inode->mounted != NULL) {
        return error != 0 ? error : -EBUSY;
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

INODE_EXTRA(tmpfs_unlink) = {.of = &tmpfs_directory_ops, .unlink = remove_name};
