// fchown(2) and fchownat(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>

#include "notify.h"
#include "path.h"
#include "syscall.h"

SYSCALL(fchownat)(int dirfd, const char __user *path, uid_t uid, gid_t gid, int flags) {
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    struct path_entry *entry;
    int error = path_find(dirfd, path, path_walk_flags(flags), &entry);
    if (error == 0) {
        error = inode_change_owner(entry->inode, uid, gid);
        if (error == 0) {
            notify_entry(entry, IN_ATTRIB);
        }
        path_entry_release(entry);
    }
    return error;
}

SYSCALL(fchown)(unsigned int fd, uid_t uid, gid_t gid) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = 0; // what has no inode (the console) belongs to nobody
    if ((file->flags & O_PATH) != 0) {
        error = -EBADF;
    } else if (file->inode != NULL) {
        error = inode_change_owner(file->inode, uid, gid);
    }
    if (error == 0) {
        notify_file(file, IN_ATTRIB);
    }
    file_release(file);
    return error;
}
