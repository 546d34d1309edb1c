// sync(2) and its kin. Memory is all the storage there is, so what can be synchronised is.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "file.h"
#include "syscall.h"
#include "vfs.h"

enum {
    RANGE_FLAGS = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER
};

static mode_t mode_of(const struct file *file) {
    return file->inode != NULL ? file->inode->mode : file->anonymous_mode;
}

static int sync_file(struct file *file) {
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->ops->sync != NULL) {
        return file->ops->sync(file);
    }
    return S_ISREG(mode_of(file)) || S_ISDIR(mode_of(file)) ? 0 : -EINVAL;
}

static long sync_fd(int fd) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = sync_file(file);
    file_release(file);
    return error;
}

SYSCALL(sync)(void) {
    return 0;
}

SYSCALL(fsync)(unsigned int fd) {
    return sync_fd((int)fd);
}

SYSCALL(fdatasync)(unsigned int fd) {
    return sync_fd((int)fd);
}

SYSCALL(syncfs)(int fd) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    bool is_path = (file->flags & O_PATH) != 0;
    file_release(file);
    return is_path ? -EBADF : 0;
}

static int sync_range(const struct file *file, off_t offset, off_t length, unsigned flags) {
    off_t end;
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if ((flags & ~(unsigned)RANGE_FLAGS) != 0 || offset < 0 || length < 0 ||
        __builtin_add_overflow(offset, length, &end)) {
        return -EINVAL;
    }
    mode_t mode = mode_of(file);
    return S_ISREG(mode) || S_ISBLK(mode) || S_ISDIR(mode) || S_ISLNK(mode) ? 0 : -ESPIPE;
}

SYSCALL(sync_file_range)(int fd, off_t offset, off_t nbytes, unsigned int flags) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = sync_range(file, offset, nbytes, flags);
    file_release(file);
    return error;
}
