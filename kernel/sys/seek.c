// lseek(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "file.h"
#include "syscall.h"

// An eventfd and its like have a position that stays where it is; a pipe and a socket have none.
static long seek_nowhere(const struct file *file) {
    return file->inode == NULL && (file->anonymous_mode & S_IFMT) == 0 ? file->offset : -ESPIPE;
}

SYSCALL(lseek)(unsigned int fd, off_t offset, unsigned int whence) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = -EINVAL;
    if ((file->flags & O_PATH) != 0) {
        result = -EBADF;
    } else if (whence <= SEEK_MAX) {
        result = file->ops->seek == NULL ? seek_nowhere(file)
                                         : file->ops->seek(file, offset, (int)whence);
    }
    file_release(file);
    return result;
}
