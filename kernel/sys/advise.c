// posix_fadvise(2) and readahead(2): everything is in memory already, so only the arguments are
// checked.
#include <asm/errno.h>
#include <linux/fadvise.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "file.h"
#include "syscall.h"
#include "vfs.h"

static mode_t mode_of(const struct file *file) {
    return file->inode != NULL ? file->inode->mode : file->anonymous_mode;
}

static int check_advice(const struct file *file, off_t length, int advice) {
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (S_ISFIFO(mode_of(file))) {
        return -ESPIPE;
    }
    return length < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? -EINVAL : 0;
}

SYSCALL(fadvise64)(int fd, UNUSED off_t offset, off_t len, int advice) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = check_advice(file, len, advice);
    file_release(file);
    return error;
}

static int check_readable(const struct file *file) {
    if ((file->flags & O_PATH) != 0 || (file->flags & O_ACCMODE) == O_WRONLY) {
        return -EBADF;
    }
    return S_ISREG(mode_of(file)) ? 0 : -EINVAL;
}

SYSCALL(readahead)(int fd, UNUSED off_t offset, UNUSED size_t count) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = check_readable(file);
    file_release(file);
    return error;
}
