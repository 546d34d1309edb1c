// utimensat(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#include "clock.h"
#include "notify.h"
#include "path.h"
#include "syscall.h"
#include "usercopy.h"

// <linux/stat.h> has them for user space's libc only (utimensat(2)).
enum { UTIME_NOW = (1 << 30) - 1, UTIME_OMIT = (1 << 30) - 2 };

#define SECONDS_MAX (INT64_MAX / (int64_t)NSEC_PER_SEC - 1) // from 1677 to 2262

struct wanted {
    struct __kernel_timespec times[2];
};

static bool is_valid(const struct __kernel_timespec *time) {
    return time->tv_nsec == UTIME_NOW || time->tv_nsec == UTIME_OMIT ||
           (time->tv_nsec >= 0 && time->tv_nsec < (long long)NSEC_PER_SEC);
}

static int read_times(struct wanted *wanted, const struct __kernel_timespec __user *from) {
    if (from == NULL) {
        wanted->times[0].tv_nsec = wanted->times[1].tv_nsec = UTIME_NOW;
        return 0;
    }
    return copy_from_user(wanted, from, sizeof(*wanted));
}

static bool both_are(const struct wanted *wanted, long long special) {
    return wanted->times[0].tv_nsec == special && wanted->times[1].tv_nsec == special;
}

static void set_one(int64_t *to_ns, const struct __kernel_timespec *time, int64_t now_ns) {
    if (time->tv_nsec == UTIME_NOW) {
        *to_ns = now_ns;
    } else if (time->tv_nsec != UTIME_OMIT) {
        int64_t seconds = MAX(MIN(time->tv_sec, SECONDS_MAX), -SECONDS_MAX);
        *to_ns = seconds * (int64_t)NSEC_PER_SEC + time->tv_nsec;
    }
}

// The present time may be set by whoever may write; another only by the owner.
static int set_times(struct inode *inode, const struct wanted *wanted) {
    bool now = both_are(wanted, UTIME_NOW);
    if (!is_valid(&wanted->times[0]) || !is_valid(&wanted->times[1])) {
        return -EINVAL;
    }
    if (!inode_is_owner(inode)) {
        int error = now ? inode_permission(inode, MAY_WRITE, credentials_current()) : -EPERM;
        if (error != 0) {
            return error;
        }
    }
    int64_t now_ns = (int64_t)clock_realtime_ns();
    set_one(&inode->atime_ns, &wanted->times[0], now_ns);
    set_one(&inode->mtime_ns, &wanted->times[1], now_ns);
    inode->ctime_ns = now_ns;
    return 0;
}

// Both times: somebody set them. One: as if the file had been read, or written (Linux).
static uint32_t event_of(const struct wanted *wanted) {
    if (wanted->times[0].tv_nsec == UTIME_OMIT) {
        return IN_MODIFY;
    }
    return wanted->times[1].tv_nsec == UTIME_OMIT ? IN_ACCESS : IN_ATTRIB;
}

static int set_open(int fd, const struct wanted *wanted) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = 0;
    if ((file->flags & O_PATH) != 0) {
        error = -EBADF;
    } else if (file->inode != NULL) {
        error = set_times(file->inode, wanted);
    }
    if (error == 0) {
        notify_file(file, event_of(wanted));
    }
    file_release(file);
    return error;
}

SYSCALL(utimensat)
(int dirfd, const char __user *path, struct __kernel_timespec __user *times, int flags) {
    struct wanted wanted;
    int error = read_times(&wanted, times);
    if (error != 0) {
        return error;
    }
    if (both_are(&wanted, UTIME_OMIT)) {
        return 0;
    }
    if (path == NULL && dirfd != AT_FDCWD) {
        return flags != 0 ? -EINVAL : set_open(dirfd, &wanted);
    }
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
        return -EINVAL;
    }
    struct path_entry *entry;
    error = path_find(dirfd, path, path_walk_flags(flags), &entry);
    if (error == 0) {
        error = set_times(entry->inode, &wanted);
        if (error == 0) {
            notify_entry(entry, event_of(&wanted));
        }
        path_entry_release(entry);
    }
    return error;
}
