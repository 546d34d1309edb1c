// Locks on parts of files: flock(2), and both kinds of fcntl(2)'s.
#pragma once

#include "file.h"
#include "list.h"
#include "types.h"

struct inode;

enum lock_kind { LOCK_RECORD, LOCK_WHOLE }; // fcntl(2) and flock(2) do not see each other

struct lock_range {
    struct inode *inode;
    const void *owner; // a process's descriptor table, or an open file
    struct file *file; // with which the lock goes; NULL: it goes with the process (lock_drop)
    enum lock_kind kind;
    int type;         // F_RDLCK, F_WRLCK, F_UNLCK
    off_t start, end; // both inclusive
    pid_t pid;        // what F_GETLK tells others; -1: an open file's
};

// Somebody else's lock that stands in the way, or NULL.
const struct lock_range *lock_conflict(const struct lock_range *wanted);
// Takes, changes or gives up. Waits while somebody stands in the way, or gives -EAGAIN. -ENOLCK
// without memory.
MUST_USE int lock_set(const struct lock_range *wanted, bool wait);
void lock_drop(const struct inode *inode, const void *owner);
