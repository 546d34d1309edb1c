// lseek(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "file.h"
#include "syscall.h"

SYSCALL(lseek)(unsigned int fd, off_t offset, unsigned int whence) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = -EINVAL;
    if ((file->flags & O_PATH) != 0) {
        result = -EBADF;
    } else if (whence <= SEEK_MAX) {
        result = file->ops->seek == NULL ? -ESPIPE : file->ops->seek(file, offset, (int)whence);
    }
    file_release(file);
    return result;
}
