// Hard and symbolic links.
#include <asm/errno.h>
#include <linux/stat.h>

#include "heap.h"
#include "string.h"
#include "tmpfs.h"

static int make_link(struct inode *dir, const char *name, size_t length, struct inode *target) {
    int error = tmpfs_name_add(dir, name, length, target);
    if (error == 0) {
        inode_hold(target);
        target->links++;
        inode_touch(target, INODE_CTIME);
    }
    return error;
}

int tmpfs_symlink(struct inode *dir, const char *name, size_t length, const char *target,
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
    return tmpfs_name_add_new(dir, name, length, inode, result);
}

INODE_EXTRA(tmpfs_link) = {.of = &tmpfs_directory_ops, .link = make_link, .symlink = tmpfs_symlink};
