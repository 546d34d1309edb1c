// fchmod(2), fchmodat(2), fchmodat2(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"
#include "syscall.h"

static int change(int dirfd, const char __user *path, mode_t mode, unsigned walk) {
    struct path_entry *entry;
    int error = path_find(dirfd, path, walk, &entry);
    if (error != 0) {
        return error;
    }
    error = S_ISLNK(entry->inode->mode) ? -EOPNOTSUPP : inode_change_mode(entry->inode, mode);
    if (error == 0) {
        notify_entry(entry, IN_ATTRIB);
    }
    path_entry_release(entry);
    return error;
}

SYSCALL(fchmodat)(int dirfd, const char __user *path, mode_t mode) {
    return change(dirfd, path, mode, WALK_FOLLOW);
}

SYSCALL(fchmodat2)(int dirfd, const char __user *path, mode_t mode, unsigned int flags) {
    if ((flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    return change(dirfd, path, mode, path_walk_flags((int)flags));
}

static int change_open(struct file *file, mode_t mode) {
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->inode != NULL) {
        int error = inode_change_mode(file->inode, mode);
        if (error == 0) {
            notify_file(file, IN_ATTRIB);
        }
        return error;
    }
    file->anonymous_mode = (file->anonymous_mode & S_IFMT) | (mode & 07777);
    return 0;
}

SYSCALL(fchmod)(unsigned int fd, mode_t mode) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = change_open(file, mode);
    file_release(file);
    return error;
}
