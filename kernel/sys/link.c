// linkat(2) and symlinkat(2).
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "heap.h"
#include "notify.h"
#include "path.h"
#include "syscall.h"
#include "usercopy.h"

// fs.protected_hardlinks of proc_sys_fs(5): only what one owns, or could write to and is nobody's
// tool.
static bool may_link(const struct inode *target) {
    mode_t tool = S_ISGID | S_IXGRP;
    bool plain =
        S_ISREG(target->mode) && (target->mode & S_ISUID) == 0 && (target->mode & tool) != tool;
    bool own = plain && inode_permission(target, MAY_READ | MAY_WRITE, credentials_current()) == 0;
    return own || inode_is_owner(target);
}

static int check_target(const struct inode *target, const struct inode *dir) {
    if (target->device != dir->device) {
        return -EXDEV;
    }
    int error = may_link(target) ? inode_may_create(dir) : -EPERM;
    if (error != 0) {
        return error;
    }
    if (S_ISDIR(target->mode) || INODE_OPERATION(dir, link) == NULL) {
        return -EPERM;
    }
    return target->links == 0 && !target->linkable ? -ENOENT : 0;
}

static int make_link(const struct path_walk *walk, struct inode *target) {
    struct inode *dir = walk->at->inode;
    int error = check_target(target, dir);
    if (error == 0) {
        error = INODE_OPERATION(dir, link)(dir, walk->last, walk->last_length, target);
    }
    if (error == 0) {
        notify_inode(target, IN_ATTRIB); // one name more
        notify_name(dir, IN_CREATE, walk->last, walk->last_length);
    }
    target->linkable &= error != 0;
    return error;
}

static int link_to(struct inode *target, int dirfd, const char __user *path) {
    struct path_walk walk;
    int error = path_find_new(&walk, dirfd, path, false);
    if (error == 0) {
        error = make_link(&walk, target);
    }
    path_walk_end(&walk);
    return error;
}

SYSCALL(linkat)
(int olddirfd, const char __user *oldpath, int newdirfd, const char __user *newpath, int flags) {
    if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    if ((flags & AT_EMPTY_PATH) != 0 &&
        !credentials_capable(credentials_current(), CAP_DAC_READ_SEARCH)) {
        return -ENOENT;
    }
    unsigned walk = (flags & AT_SYMLINK_FOLLOW) != 0 ? WALK_FOLLOW : 0;
    walk |= (flags & AT_EMPTY_PATH) != 0 ? WALK_EMPTY : 0;
    struct path_entry *target;
    int error = path_find(olddirfd, oldpath, walk, &target);
    if (error == 0) {
        error = link_to(target->inode, newdirfd, newpath);
        path_entry_release(target);
    }
    return error;
}

static int make_symlink(const struct path_walk *walk, const char *target) {
    struct inode *dir = walk->at->inode;
    int error = inode_may_create(dir);
    if (error == 0 && INODE_OPERATION(dir, symlink) == NULL) {
        error = -EPERM;
    }
    if (error != 0) {
        return error;
    }
    struct inode *made;
    error = INODE_OPERATION(dir, symlink)(dir, walk->last, walk->last_length, target, &made);
    if (error == 0) {
        notify_name(dir, IN_CREATE, walk->last, walk->last_length);
        inode_release(made);
    }
    return error;
}

static int symlink_at(const char *target, int dirfd, const char __user *path) {
    struct path_walk walk;
    int error = path_find_new(&walk, dirfd, path, false);
    if (error == 0) {
        error = make_symlink(&walk, target);
    }
    path_walk_end(&walk);
    return error;
}

SYSCALL(symlinkat)(const char __user *target, int dirfd, const char __user *path) {
    char *text = heap_alloc(PATH_MAX);
    if (text == NULL) {
        return -ENOMEM;
    }
    ssize_t length = string_from_user(text, target, PATH_MAX);
    int error = length < 0 ? (int)length : -ENOENT;
    if (length > 0) {
        error = symlink_at(text, dirfd, path);
    }
    heap_free(text);
    return error;
}
