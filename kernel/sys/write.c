// write(2).
#include <asm/errno.h>

#include "file.h"
#include "syscall.h"
#include "uio.h"

SYSCALL(write)(unsigned int fd, const void __user *buf, size_t count) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    struct uio from;
    uio_init_user(&from, (uint64_t)buf, count);
    long result = file_write(file, &from, &file->offset);
    file_release(file);
    return result;
}
