// truncate(2) and ftruncate(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"
#include "syscall.h"

static int truncate_named(struct inode *inode, off_t length) {
    if (S_ISDIR(inode->mode)) {
        return -EISDIR;
    }
    if (!S_ISREG(inode->mode)) {
        return -EINVAL;
    }
    int error = inode_permission(inode, MAY_WRITE, credentials_current());
    return error != 0 ? error : inode_truncate(inode, length);
}

SYSCALL(truncate)(const char __user *path, off_t length) {
    if (length < 0) {
        return -EINVAL;
    }
    struct path_entry *entry;
    int error = path_find(AT_FDCWD, path, WALK_FOLLOW, &entry);
    if (error == 0) {
        error = truncate_named(entry->inode, length);
        if (error == 0) {
            notify_entry(entry, IN_MODIFY);
        }
        path_entry_release(entry);
    }
    return error;
}

static int truncate_open(const struct file *file, off_t length) {
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->inode == NULL || !S_ISREG(file->inode->mode) ||
        (file->flags & O_ACCMODE) == O_RDONLY) {
        return -EINVAL;
    }
    return inode_truncate(file->inode, length);
}

SYSCALL(ftruncate)(unsigned int fd, off_t length) {
    if (length < 0) {
        return -EINVAL;
    }
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = truncate_open(file, length);
    if (error == 0) {
        notify_file(file, IN_MODIFY);
    }
    file_release(file);
    return error;
}
