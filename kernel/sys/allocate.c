// fallocate(2): the checks that do not depend on the file system.
#include <asm/errno.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/stat.h>

#include "file.h"
#include "notify.h"
#include "syscall.h"
#include "vfs.h"

enum {
    KNOWN_MODES = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE |
                  FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE,
};

static int check_mode(int mode) {
    if ((mode & ~KNOWN_MODES) != 0) {
        return -EOPNOTSUPP;
    }
    int action = mode & ~FALLOC_FL_KEEP_SIZE;
    if ((action & (action - 1)) != 0 || mode == FALLOC_FL_PUNCH_HOLE) {
        return -EOPNOTSUPP; // two things at once, or a hole that might change the size
    }
    return 0;
}

static int check_file(const struct file *file) {
    mode_t mode = file->inode != NULL ? file->inode->mode : file->anonymous_mode;
    if ((file->flags & O_PATH) != 0 || (file->flags & O_ACCMODE) == O_RDONLY) {
        return -EBADF;
    }
    if (S_ISFIFO(mode)) {
        return -ESPIPE;
    }
    if (S_ISDIR(mode)) {
        return -EISDIR;
    }
    if (!S_ISREG(mode) || file->inode == NULL) {
        return -ENODEV;
    }
    return INODE_OPERATION(file->inode, allocate) == NULL ? -EOPNOTSUPP : 0;
}

static int allocate(const struct file *file, int mode, off_t offset, off_t length) {
    off_t end;
    int error = offset < 0 || length <= 0 ? -EINVAL : check_mode(mode);
    error = error != 0 ? error : check_file(file);
    if (error == 0 && __builtin_add_overflow(offset, length, &end)) {
        error = -EFBIG;
    }
    if (error != 0) {
        return error;
    }
    return INODE_OPERATION(file->inode, allocate)(file->inode, mode, offset, length);
}

SYSCALL(fallocate)(int fd, int mode, off_t offset, off_t len) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = allocate(file, mode, offset, len);
    if (error == 0) {
        notify_file(file, IN_MODIFY);
    }
    file_release(file);
    return error;
}
