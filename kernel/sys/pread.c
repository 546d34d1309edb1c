// pread64(2) and pwrite64(2).
#include <asm/errno.h>

#include "file.h"
#include "syscall.h"

typedef ssize_t (*transfer_fn)(struct file *file, struct uio *uio, off_t *offset);

static long transfer_at(unsigned int fd, uint64_t address, size_t count, off_t position,
                        transfer_fn transfer) {
    if (position < 0) {
        return -EINVAL;
    }
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = -ESPIPE;
    if (file->ops->seek != NULL) {
        struct uio uio;
        uio_init_user(&uio, address, count);
        result = transfer(file, &uio, &position);
    }
    file_release(file);
    return result;
}

SYSCALL(pread64)(unsigned int fd, void __user *buf, size_t count, off_t pos) {
    return transfer_at(fd, (uint64_t)buf, count, pos, file_read);
}

SYSCALL(pwrite64)(unsigned int fd, const void __user *buf, size_t count, off_t pos) {
    return transfer_at(fd, (uint64_t)buf, count, pos, file_write);
}
