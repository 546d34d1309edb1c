// unlinkat(2): unlink and rmdir.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"
#include "syscall.h"

static bool ends_with(const struct path_walk *walk, const char *name, size_t length) {
    return walk->last_length == length && walk->last[0] == name[0] &&
           walk->last[length - 1] == name[0];
}

// unlink(2), rmdir(2): what "/", "." and ".." give.
static int refuse_special(const struct path_walk *walk, bool directory) {
    if (path_walk_last_is_name(walk)) {
        return 0;
    }
    if (!directory) {
        return -EISDIR;
    }
    if (walk->last_length == 0) {
        return -EBUSY;
    }
    return ends_with(walk, ".", 1) ? -EINVAL : -ENOTEMPTY;
}

static int remove_entry(const struct path_walk *walk, struct path_entry *victim, bool directory) {
    struct inode *dir = walk->at->inode;
    if (!directory && walk->slash) {
        return S_ISDIR(victim->inode->mode) ? -EISDIR : -ENOTDIR;
    }
    int error = inode_may_remove(dir, victim->inode, directory);
    if (error != 0) {
        return error;
    }
    if (victim->inode->device != dir->device) {
        return -EBUSY; // a mount point
    }
    int (*unlink)(struct inode *, const char *, size_t, bool) = INODE_OPERATION(dir, unlink);
    if (unlink == NULL) {
        return -EPERM;
    }
    error = unlink(dir, walk->last, walk->last_length, directory);
    if (error == 0) {
        path_entry_remove(victim);
        if (!directory) {
            notify_inode(victim->inode, IN_ATTRIB); // one name less
        }
    }
    return error;
}

static int remove_last(struct path_walk *walk, bool directory) {
    int error = path_walk_parent(walk);
    if (error == 0) {
        error = refuse_special(walk, directory);
    }
    struct path_entry *victim;
    if (error == 0) {
        error = path_entry_lookup(walk->at, walk->last, walk->last_length, &victim);
    }
    if (error == 0) {
        error = remove_entry(walk, victim, directory);
        path_entry_release(victim);
        if (error == 0) {
            uint32_t mask = directory ? IN_DELETE | IN_ISDIR : IN_DELETE;
            notify_name(walk->at->inode, mask, walk->last, walk->last_length);
        }
    }
    return error;
}

SYSCALL(unlinkat)(int dirfd, const char __user *path, int flags) {
    if ((flags & ~AT_REMOVEDIR) != 0) {
        return -EINVAL;
    }
    struct path_walk walk;
    int error = path_walk_start(&walk, dirfd, path, 0);
    if (error == 0) {
        error = remove_last(&walk, (flags & AT_REMOVEDIR) != 0);
    }
    path_walk_end(&walk);
    return error;
}
