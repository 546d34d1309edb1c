// mkdirat(2) and mknodat(2).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"
#include "syscall.h"

enum { PERMISSIONS = 07777, DIRECTORY_PERMISSIONS = 01777 };

static int make_in(const struct path_walk *walk, mode_t mode, uint64_t rdev) {
    struct inode *dir = walk->at->inode;
    int error = inode_may_create(dir);
    if (error != 0) {
        return error;
    }
    bool device = S_ISCHR(mode) || S_ISBLK(mode);
    if (dir->ops->create == NULL ||
        (device && !credentials_capable(credentials_current(), CAP_MKNOD))) {
        return -EPERM;
    }
    struct inode *made;
    mode &= ~fs_context_current()->umask;
    error = dir->ops->create(dir, walk->last, walk->last_length, mode, rdev, &made);
    if (error == 0) {
        uint32_t mask = S_ISDIR(mode) ? IN_CREATE | IN_ISDIR : IN_CREATE;
        notify_name(dir, mask, walk->last, walk->last_length);
        inode_release(made);
    }
    return error;
}

static int make(int dirfd, const char __user *path, mode_t mode, uint64_t rdev) {
    struct path_walk walk;
    int error = path_find_new(&walk, dirfd, path, S_ISDIR(mode));
    if (error == 0) {
        error = make_in(&walk, mode, rdev);
    }
    path_walk_end(&walk);
    return error;
}

SYSCALL(mkdirat)(int dirfd, const char __user *path, mode_t mode) {
    return make(dirfd, path, S_IFDIR | (mode & DIRECTORY_PERMISSIONS), 0);
}

SYSCALL(mknodat)(int dirfd, const char __user *path, mode_t mode, unsigned int dev) {
    mode_t type = mode & S_IFMT;
    mode_t permissions = mode & PERMISSIONS;
    switch (type) {
    case 0:
    case S_IFREG:
        return make(dirfd, path, S_IFREG | permissions, 0);
    case S_IFIFO:
    case S_IFSOCK:
        return make(dirfd, path, type | permissions, 0);
    case S_IFCHR:
    case S_IFBLK:
        return make(dirfd, path, type | permissions, dev);
    default:
        return type == S_IFDIR ? -EPERM : -EINVAL;
    }
}
