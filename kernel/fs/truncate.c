// Setting a file's length, for truncate(2), ftruncate(2) and O_TRUNC, which have checked who asks.
#include <asm/errno.h>
#include <linux/stat.h>

#include "path.h"

int inode_truncate(struct inode *inode, off_t size) {
    if (inode->ops->truncate == NULL) {
        return -EINVAL;
    }
    if (size > inode->size && file_size_allowed(size - 1, 1) == 0) {
        return -EFBIG;
    }
    int error = inode->ops->truncate(inode, size);
    if (error == 0) {
        inode_drop_privileges(inode);
        inode_touch(inode, INODE_MTIME | INODE_CTIME);
    }
    return error;
}
