// What stat(2), statx(2) and their kin say about a file, before it takes the shape of one of them.
#pragma once

#include "types.h"

struct file;
struct inode;

struct stat_k {
    uint64_t device, number, rdev;
    mode_t mode;
    uint32_t links;
    uid_t uid;
    gid_t gid;
    off_t size;
    uint64_t blocks;     // of 512 bytes
    uint32_t block_size; // the best size to read and write with
    int64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
};

// A time before 1970 has a negative second and a positive rest.
static inline int64_t stat_seconds(int64_t time_ns) {
    int64_t second = (int64_t)NSEC_PER_SEC;
    return time_ns / second - (time_ns % second < 0);
}
static inline uint32_t stat_nanoseconds(int64_t time_ns) {
    return (uint32_t)(time_ns - stat_seconds(time_ns) * (int64_t)NSEC_PER_SEC);
}

// fs/stat.c: without names and walks, so that fstat(1) costs an image nothing more.
void stat_inode(const struct inode *inode, struct stat_k *stat);
void stat_file(const struct file *file, struct stat_k *stat);
struct stat;
MUST_USE int stat_to_user(const struct stat_k *stat, struct stat __user *to);
