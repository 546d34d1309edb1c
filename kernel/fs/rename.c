// Renaming: everything that rename(2) can refuse, then the file system, then the names that are
// held.
#include <asm/errno.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "notify.h"
#include "path.h"

struct renaming {
    struct path_walk from, to;
    struct path_entry *source, *target; // held; target: NULL when the new name is free
    unsigned flags;
};

static bool is_directory(const struct path_entry *entry) {
    return S_ISDIR(entry->inode->mode);
}

static bool is_exchange(const struct renaming *renaming) {
    return (renaming->flags & RENAME_EXCHANGE) != 0;
}

static int check_names(const struct renaming *renaming) {
    if (renaming->from.at->inode->device != renaming->to.at->inode->device) {
        return -EXDEV;
    }
    if (!path_walk_last_is_name(&renaming->from)) {
        return -EBUSY;
    }
    if (!path_walk_last_is_name(&renaming->to)) {
        return (renaming->flags & RENAME_NOREPLACE) != 0 ? -EEXIST : -EBUSY;
    }
    return 0;
}

static int find(struct path_walk *walk, struct path_entry **entry) {
    int error = path_entry_lookup(walk->at, walk->last, walk->last_length, entry);
    if (error != 0) {
        *entry = NULL;
    }
    return error;
}

static int find_both(struct renaming *renaming) {
    int error = find(&renaming->from, &renaming->source);
    if (error != 0) {
        return error;
    }
    error = find(&renaming->to, &renaming->target);
    if (error == 0) {
        return (renaming->flags & RENAME_NOREPLACE) != 0 ? -EEXIST : 0;
    }
    return error == -ENOENT && !is_exchange(renaming) ? 0 : error;
}

// Only a directory may be named with a slash at the end, and none may become a part of itself.
static int check_shape(const struct renaming *renaming) {
    const struct path_entry *source = renaming->source;
    const struct path_entry *target = renaming->target;
    bool exchange = is_exchange(renaming);
    if (exchange && !is_directory(target) && renaming->to.slash) {
        return -ENOTDIR;
    }
    if (!is_directory(source) && (renaming->from.slash || (!exchange && renaming->to.slash))) {
        return -ENOTDIR;
    }
    if (path_entry_is_below(renaming->to.at, source)) {
        return -EINVAL;
    }
    if (target != NULL && path_entry_is_below(renaming->from.at, target)) {
        return exchange ? -EINVAL : -ENOTEMPTY;
    }
    return 0;
}

// A directory that changes its parent has its ".." written.
static int may_reparent(const struct path_entry *entry) {
    return is_directory(entry) ? inode_permission(entry->inode, MAY_WRITE, credentials_current())
                               : 0;
}

static int check_permissions(const struct renaming *renaming) {
    const struct inode *from_dir = renaming->from.at->inode;
    const struct inode *to_dir = renaming->to.at->inode;
    const struct path_entry *source = renaming->source;
    const struct path_entry *target = renaming->target;
    int error = inode_may_remove(from_dir, source->inode, is_directory(source));
    if (error == 0 && target == NULL) {
        error = inode_may_create(to_dir);
    } else if (error == 0) {
        error = inode_may_remove(to_dir, target->inode,
                                 is_directory(is_exchange(renaming) ? target : source));
    }
    if (error == 0 && from_dir != to_dir) {
        error = may_reparent(source);
        error = error == 0 && is_exchange(renaming) ? may_reparent(target) : error;
    }
    if (error == 0 && (source->inode->device != from_dir->device ||
                       (target != NULL && target->inode->device != to_dir->device))) {
        error = -EBUSY; // a mount point
    }
    return error;
}

static void tell(const struct renaming *renaming) {
    const struct path_walk *from = &renaming->from;
    const struct path_walk *to = &renaming->to;
    struct inode *target = renaming->target == NULL ? NULL : renaming->target->inode;
    notify_moved(&(struct notify_move){from->at->inode, to->at->inode, from->last, to->last,
                                       from->last_length, to->last_length,
                                       renaming->source->inode});
    if (target != NULL && !is_exchange(renaming)) {
        notify_inode(target, IN_ATTRIB); // one name less
    }
    notify_inode(renaming->source->inode, IN_MOVE_SELF);
    if (is_exchange(renaming)) {
        notify_moved(&(struct notify_move){to->at->inode, from->at->inode, to->last, from->last,
                                           to->last_length, from->last_length, target});
        notify_inode(target, IN_MOVE_SELF);
    }
}

static int apply(struct renaming *renaming) {
    const struct path_walk *from = &renaming->from;
    const struct path_walk *to = &renaming->to;
    struct inode *dir = from->at->inode;
    if (INODE_OPERATION(dir, rename) == NULL) {
        return -EPERM;
    }
    int error = INODE_OPERATION(dir, rename)(dir, from->last, from->last_length, to->at->inode,
                                             to->last, to->last_length, renaming->flags);
    if (error != 0) {
        return error;
    }
    if (is_exchange(renaming)) {
        path_entry_move(renaming->target, from->at, from->last, from->last_length);
    } else if (renaming->target != NULL) {
        path_entry_remove(renaming->target);
    }
    path_entry_move(renaming->source, to->at, to->last, to->last_length);
    tell(renaming);
    return 0;
}

static int rename_walked(struct renaming *renaming) {
    int error = check_names(renaming);
    error = error != 0 ? error : find_both(renaming);
    error = error != 0 ? error : check_shape(renaming);
    if (error != 0) {
        return error;
    }
    if (renaming->target != NULL && renaming->target->inode == renaming->source->inode) {
        return 0; // two names of one file: nothing happens (rename(2))
    }
    error = check_permissions(renaming);
    return error != 0 ? error : apply(renaming);
}

int path_rename(int olddirfd, const char __user *oldpath, int newdirfd, const char __user *newpath,
                unsigned int flags) {
    struct renaming renaming = {.flags = flags};
    int error = path_walk_start(&renaming.from, olddirfd, oldpath, 0);
    error = error != 0 ? error : path_walk_parent(&renaming.from);
    if (error == 0) {
        error = path_walk_start(&renaming.to, newdirfd, newpath, 0);
        error = error != 0 ? error : path_walk_parent(&renaming.to);
        error = error != 0 ? error : rename_walked(&renaming);
        path_walk_end(&renaming.to);
    }
    path_walk_end(&renaming.from);
    path_entry_release(renaming.source);
    path_entry_release(renaming.target);
    return error;
}
