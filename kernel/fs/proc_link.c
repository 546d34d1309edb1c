// /proc/PID/exe, cwd and root: links whose text is a path, and which lead there even when no path
// does.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

#include "heap.h"
#include "path.h"
#include "proc.h"
#include "string.h"
#include "thread.h"

static ssize_t put_text(const char *text, char *buffer, size_t size_bytes) {
    size_t length = strnlen(text, size_bytes);
    memcpy(buffer, text, length);
    return (ssize_t)length;
}

static ssize_t put_path(const struct path_entry *entry, char *buffer, size_t size_bytes) {
    char *space = heap_alloc(PATH_MAX);
    if (space == NULL) {
        return -ENOMEM;
    }
    const char *text = path_entry_text(entry, fs_context_current()->root, space, PATH_MAX);
    ssize_t length = text == NULL ? -ENAMETOOLONG : put_text(text, buffer, size_bytes);
    heap_free(space);
    return length;
}

// --- exe ----------------------------------------------------------------------------------------

static ssize_t read_exe(struct inode *inode, char *buffer, size_t size_bytes) {
    const struct process *process = proc_process(inode);
    return process == NULL ? -ENOENT : put_text(process->executable, buffer, size_bytes);
}

static int follow_exe(struct inode *inode, struct path_entry **target) {
    const struct process *process = proc_process(inode);
    struct path_walk walk;
    if (process == NULL) {
        return -ENOENT;
    }
    int error = path_walk_start_kernel(&walk, AT_FDCWD, process->executable, WALK_FOLLOW);
    if (error == 0) {
        error = path_walk_parent(&walk);
    }
    if (error == 0) {
        error = path_walk_last(&walk);
    }
    if (error == 0) {
        path_entry_hold(walk.at);
        *target = walk.at;
    }
    path_walk_end(&walk);
    return error;
}

const struct inode_ops proc_exe_ops = {
    .readlink = read_exe, .follow = follow_exe, .statfs = proc_statfs, .destroy = proc_destroy};

// --- cwd and root -------------------------------------------------------------------------------

static const struct fs_context *context_of(const struct inode *inode) {
    const struct process *process = proc_process(inode);
    return process == NULL ? NULL : process->fs;
}

static int give(struct path_entry *entry, struct path_entry **target) {
    path_entry_hold(entry);
    *target = entry;
    return 0;
}

static ssize_t read_cwd(struct inode *inode, char *buffer, size_t size_bytes) {
    const struct fs_context *context = context_of(inode);
    return context == NULL ? -ENOENT : put_path(context->cwd, buffer, size_bytes);
}

static int follow_cwd(struct inode *inode, struct path_entry **target) {
    const struct fs_context *context = context_of(inode);
    return context == NULL ? -ENOENT : give(context->cwd, target);
}

static ssize_t read_root(struct inode *inode, char *buffer, size_t size_bytes) {
    const struct fs_context *context = context_of(inode);
    return context == NULL ? -ENOENT : put_path(context->root, buffer, size_bytes);
}

static int follow_root(struct inode *inode, struct path_entry **target) {
    const struct fs_context *context = context_of(inode);
    return context == NULL ? -ENOENT : give(context->root, target);
}

const struct inode_ops proc_cwd_ops = {
    .readlink = read_cwd, .follow = follow_cwd, .statfs = proc_statfs, .destroy = proc_destroy};
const struct inode_ops proc_root_link_ops = {
    .readlink = read_root, .follow = follow_root, .statfs = proc_statfs, .destroy = proc_destroy};
