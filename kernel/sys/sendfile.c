// sendfile(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "file.h"
#include "syscall.h"
#include "transfer.h"
#include "usercopy.h"

#define LARGEST 0x7ffff000UL // sendfile(2), "Notes"

static int check(const struct file *out, const struct file *in, bool has_offset) {
    bool readable = (in->flags & O_ACCMODE) != O_WRONLY && (in->flags & O_PATH) == 0;
    bool writable = (out->flags & O_ACCMODE) != O_RDONLY && (out->flags & O_PATH) == 0;
    if (!readable || !writable) {
        return -EBADF;
    }
    if (in->ops->seek == NULL) {
        return has_offset ? -ESPIPE : -EINVAL;
    }
    return in->ops->read == NULL || (out->flags & O_APPEND) != 0 ? -EINVAL : 0;
}

static long send(struct file *out, struct file *in, off_t __user *offset, size_t count) {
    off_t position = in->offset;
    if (offset != NULL && get_user(position, offset) != 0) {
        return -EFAULT;
    }
    int error = check(out, in, offset != NULL);
    if (error != 0 || position < 0) {
        return error != 0 ? error : -EINVAL;
    }
    ssize_t moved = file_transfer(in, &position, out, &out->offset, MIN(count, LARGEST));
    if (offset == NULL) {
        in->offset = position;
    } else if (put_user(position, offset) != 0) {
        return -EFAULT;
    }
    return moved;
}

SYSCALL(sendfile)(int out_fd, int in_fd, off_t __user *offset, size_t count) {
    struct file *in = fd_get(in_fd);
    struct file *out = fd_get(out_fd);
    long result = -EBADF;
    if (in != NULL && out != NULL) {
        result = send(out, in, offset, count);
    }
    if (in != NULL) {
        file_release(in);
    }
    if (out != NULL) {
        file_release(out);
    }
    return result;
}
