// newfstatat(2) and statx(2).
#include "stat.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "path.h"
#include "syscall.h"
#include "usercopy.h"

enum { STAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE };

static int stat_fd(int fd, struct stat_k *stat) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    stat_file(file, stat);
    file_release(file);
    return 0;
}

// With AT_EMPTY_PATH the common case is fstat(3) of libc: no walk. Linux 6.11 takes NULL for "".
static bool path_is_empty(const char __user *path, int flags) {
    char first = '\0';
    if ((flags & AT_EMPTY_PATH) == 0) {
        return false;
    }
    return path == NULL || (get_user(first, path) == 0 && first == '\0');
}

static int stat_path(int dirfd, const char __user *path, int flags, struct stat_k *stat) {
    if (dirfd != AT_FDCWD && path_is_empty(path, flags)) {
        return stat_fd(dirfd, stat);
    }
    struct path_entry *entry;
    int error = path_find(dirfd, path, path_walk_flags(flags), &entry);
    if (error == 0) {
        stat_inode(entry->inode, stat);
        path_entry_release(entry);
    }
    return error;
}

SYSCALL(newfstatat)(int dirfd, const char __user *path, struct stat __user *statbuf, int flags) {
    struct stat_k stat;
    if ((flags & ~(STAT_FLAGS & ~AT_STATX_SYNC_TYPE)) != 0) {
        return -EINVAL;
    }
    int error = stat_path(dirfd, path, flags, &stat);
    return error != 0 ? error : stat_to_user(&stat, statbuf);
}

static struct statx_timestamp timestamp(int64_t time_ns) {
    return (struct statx_timestamp){.tv_sec = stat_seconds(time_ns),
                                    .tv_nsec = stat_nanoseconds(time_ns)};
}

static uint32_t device_major(uint64_t device) {
    return (uint32_t)(device >> 8 & 0xfff);
}

static uint32_t device_minor(uint64_t device) {
    return (uint32_t)((device & 0xff) | (device >> 12 & 0xfff00));
}

static int statx_to_user(const struct stat_k *stat, struct statx __user *to) {
    const struct statx out = {
        .stx_mask = stat->btime_ns != 0 ? STATX_BASIC_STATS | STATX_BTIME : STATX_BASIC_STATS,
        .stx_blksize = stat->block_size,
        .stx_nlink = stat->links,
        .stx_uid = stat->uid,
        .stx_gid = stat->gid,
        .stx_mode = (__u16)stat->mode,
        .stx_ino = stat->number,
        .stx_size = (__u64)stat->size,
        .stx_blocks = stat->blocks,
        .stx_atime = timestamp(stat->atime_ns),
        .stx_btime = timestamp(stat->btime_ns),
        .stx_ctime = timestamp(stat->ctime_ns),
        .stx_mtime = timestamp(stat->mtime_ns),
        .stx_rdev_major = device_major(stat->rdev),
        .stx_rdev_minor = device_minor(stat->rdev),
        .stx_dev_major = device_major(stat->device),
        .stx_dev_minor = device_minor(stat->device),
    };
    return copy_to_user(to, &out, sizeof(out));
}

SYSCALL(statx)
(int dirfd, const char __user *path, unsigned int flags, unsigned int mask,
 struct statx __user *buffer) {
    struct stat_k stat;
    if ((mask & STATX__RESERVED) != 0 || (flags & ~(unsigned)STAT_FLAGS) != 0 ||
        (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) {
        return -EINVAL;
    }
    int error = stat_path(dirfd, path, (int)flags, &stat);
    return error != 0 ? error : statx_to_user(&stat, buffer);
}
