// read(2).
#include <asm/errno.h>

#include "file.h"
#include "syscall.h"
#include "uio.h"

NEEDS_CONSOLE_INPUT;

SYSCALL(read)(unsigned int fd, void __user *buf, size_t count) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    struct uio to;
    uio_init_user(&to, (uint64_t)buf, count);
    long result = file_read(file, &to, &file->offset);
    file_release(file);
    return result;
}
