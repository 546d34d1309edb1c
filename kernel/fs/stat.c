// Attributes of a file that is open. One without an inode (the console, timers, events) gets what
// Linux shows for the like: a pipe's or anonymous inode's device, no times of its own.
#include "stat.h"

#include <asm/stat.h>
#include <linux/stat.h>

#include "clock.h"
#include "file.h"
#include "usercopy.h"
#include "vfs.h"

enum { ANONYMOUS_MINOR = 14, TERMINAL_BLOCK_SIZE = 1024 };

void stat_inode(const struct inode *inode, struct stat_k *stat) {
    *stat = (struct stat_k){
        .device = inode->device,
        .number = inode->number,
        .rdev = inode->rdev,
        .mode = inode->mode,
        .links = inode->links,
        .uid = inode->uid,
        .gid = inode->gid,
        .size = inode->size,
        .blocks = inode->blocks,
        .block_size = PAGE_SIZE,
        .atime_ns = inode->atime_ns,
        .mtime_ns = inode->mtime_ns,
        .ctime_ns = inode->ctime_ns,
        .btime_ns = inode->btime_ns,
    };
}

static void stat_anonymous(const struct file *file, struct stat_k *stat) {
    int64_t now = (int64_t)clock_realtime_ns();
    bool terminal = S_ISCHR(file->anonymous_mode);
    *stat = (struct stat_k){
        .device = DEVICE_NUMBER(0, ANONYMOUS_MINOR),
        .number = file_anonymous_number(file),
        .rdev = terminal ? DEVICE_NUMBER(CONSOLE_MAJOR, CONSOLE_MINOR) : 0,
        .mode = file->anonymous_mode,
        .links = 1,
        .block_size = terminal ? TERMINAL_BLOCK_SIZE : PAGE_SIZE,
        .atime_ns = now,
        .mtime_ns = now,
        .ctime_ns = now,
    };
}

void stat_file(const struct file *file, struct stat_k *stat) {
    if (file->inode != NULL) {
        stat_inode(file->inode, stat);
    } else {
        stat_anonymous(file, stat);
    }
}

int stat_to_user(const struct stat_k *stat, struct stat __user *to) {
    const struct stat out = {
        .st_dev = stat->device,
        .st_ino = stat->number,
        .st_mode = stat->mode,
        .st_nlink = stat->links,
        .st_uid = stat->uid,
        .st_gid = stat->gid,
        .st_rdev = stat->rdev,
        .st_size = stat->size,
        .st_blksize = (int)stat->block_size,
        .st_blocks = (long)stat->blocks,
        .st_atime = stat_seconds(stat->atime_ns),
        .st_atime_nsec = stat_nanoseconds(stat->atime_ns),
        .st_mtime = stat_seconds(stat->mtime_ns),
        .st_mtime_nsec = stat_nanoseconds(stat->mtime_ns),
        .st_ctime = stat_seconds(stat->ctime_ns),
        .st_ctime_nsec = stat_nanoseconds(stat->ctime_ns),
    };
    return copy_to_user(to, &out, sizeof(out));
}
