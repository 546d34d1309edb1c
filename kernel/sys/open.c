// openat(2) and openat2(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "path.h"
#include "syscall.h"
#include "usercopy.h"

enum {
    VALID_FLAGS = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |
                  O_SYNC | FASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME |
                  O_CLOEXEC | O_PATH | O_TMPFILE,
    PATH_FLAGS = O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC,
    TMPFILE_ONLY = O_TMPFILE & ~O_DIRECTORY,
    PERMISSIONS = 07777,
    RESOLVE_ALL = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
                  RESOLVE_IN_ROOT | RESOLVE_CACHED,
};

static int check_flags(int flags) {
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY)) {
        return -EINVAL;
    }
    if ((flags & TMPFILE_ONLY) != 0) {
        bool writes = (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
        return (flags & O_DIRECTORY) == 0 || !writes ? -EINVAL : 0;
    }
    return 0;
}

static long open_request(int dirfd, const char __user *path, struct open_request *request) {
    if ((request->flags & O_PATH) != 0) {
        request->flags &= PATH_FLAGS;
    }
    if ((request->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        request->flags |= O_NOFOLLOW;
    }
    int error = check_flags(request->flags);
    struct file *file;
    if (error == 0) {
        error = vfs_open(dirfd, path, request, &file);
    }
    return error != 0 ? error : fd_install(file, 0, (request->flags & O_CLOEXEC) != 0);
}

SYSCALL(openat)(int dirfd, const char __user *path, int flags, mode_t mode) {
    struct open_request request = {.flags = flags & VALID_FLAGS, .mode = mode & PERMISSIONS};
    return open_request(dirfd, path, &request);
}

static unsigned walk_flags(uint64_t resolve) {
    unsigned flags = 0;
    flags |= (resolve & RESOLVE_NO_XDEV) != 0 ? WALK_NO_MOUNTS : 0;
    flags |= (resolve & RESOLVE_NO_MAGICLINKS) != 0 ? WALK_NO_MAGIC : 0;
    flags |= (resolve & RESOLVE_NO_SYMLINKS) != 0 ? WALK_NO_LINKS : 0;
    flags |= (resolve & RESOLVE_BENEATH) != 0 ? WALK_BENEATH : 0;
    flags |= (resolve & RESOLVE_IN_ROOT) != 0 ? WALK_IN_ROOT : 0;
    return flags;
}

// Unlike openat(2), this call refuses what it does not know.
static int check_how(const struct open_how *how) {
    bool makes = (how->flags & (O_CREAT | TMPFILE_ONLY)) != 0;
    if ((how->flags & ~(uint64_t)VALID_FLAGS) != 0 ||
        (how->resolve & ~(uint64_t)RESOLVE_ALL) != 0) {
        return -EINVAL;
    }
    if ((how->mode & ~(uint64_t)PERMISSIONS) != 0 || (!makes && how->mode != 0)) {
        return -EINVAL;
    }
    if ((how->flags & O_PATH) != 0 && (how->flags & ~(uint64_t)PATH_FLAGS) != 0) {
        return -EINVAL;
    }
    if ((how->resolve & RESOLVE_BENEATH) != 0 && (how->resolve & RESOLVE_IN_ROOT) != 0) {
        return -EINVAL;
    }
    // Nothing is cached, so nothing can be said without looking.
    return (how->resolve & RESOLVE_CACHED) != 0 ? -EAGAIN : 0;
}

// A longer structure than ours is fine while what we do not know is zero.
static int read_how(struct open_how *how, const struct open_how __user *from, size_t size) {
    if (size < sizeof(*how)) {
        return -EINVAL;
    }
    if (size > PAGE_SIZE) {
        return -E2BIG;
    }
    if (copy_from_user(how, from, sizeof(*how)) != 0) {
        return -EFAULT;
    }
    const char __user *more = (const char __user *)from;
    for (size_t i = sizeof(*how); i < size; i++) {
        char byte;
        if (get_user(byte, more + i) != 0) {
            return -EFAULT;
        }
        if (byte != 0) {
            return -E2BIG;
        }
    }
    return 0;
}

SYSCALL(openat2)(int dirfd, const char __user *path, struct open_how __user *how, size_t size) {
    struct open_how asked;
    int error = read_how(&asked, how, size);
    error = error != 0 ? error : check_how(&asked);
    if (error != 0) {
        return error;
    }
    struct open_request request = {
        .flags = (int)asked.flags, .mode = (mode_t)asked.mode, .walk = walk_flags(asked.resolve)};
    return open_request(dirfd, path, &request);
}
