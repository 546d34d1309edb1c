// Whole walks, as most system calls want them.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "path.h"

unsigned path_walk_flags(int at_flags) {
    unsigned flags = (at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? 0 : WALK_FOLLOW;
    return (at_flags & AT_EMPTY_PATH) != 0 ? flags | WALK_EMPTY : flags;
}

int path_find(int dirfd, const char __user *path, unsigned flags, struct path_entry **entry) {
    struct path_walk walk;
    int error = path_walk_start(&walk, dirfd, path, flags);
    if (error == 0) {
        error = path_walk_parent(&walk);
    }
    if (error == 0) {
        error = path_walk_last(&walk);
    }
    if (error == 0) {
        path_entry_hold(walk.at);
        *entry = walk.at;
    }
    path_walk_end(&walk);
    return error;
}

int path_find_new(struct path_walk *walk, int dirfd, const char __user *path, bool directory) {
    int error = path_walk_start(walk, dirfd, path, 0);
    if (error == 0) {
        error = path_walk_parent(walk);
    }
    if (error != 0) {
        return error;
    }
    if (!path_walk_last_is_name(walk)) {
        return -EEXIST;
    }
    struct path_entry *there;
    error = path_entry_lookup(walk->at, walk->last, walk->last_length, &there);
    if (error == 0) {
        path_entry_release(there);
        return -EEXIST;
    }
    if (error != -ENOENT) {
        return error;
    }
    return walk->slash && !directory ? -ENOENT : 0;
}
