// sendfile(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "file.h"
#include "syscall.h"
#include "transfer.h"
#include "usercopy.h"

#define LARGEST 0x7ffff000UL // sendfile(2), "Notes"

// All about the file that is read comes before there being another.
static int check(const struct file *out, const struct file *in, bool has_offset, off_t position,
                 size_t count) {
    bool readable = (in->flags & O_ACCMODE) != O_WRONLY && (in->flags & O_PATH) == 0;
    if (!readable) {
        return -EBADF;
    }
    if (in->ops->seek == NULL && has_offset) {
        return -ESPIPE;
    }
    if (position < 0) {
        return -EINVAL;
    }
    if (out == NULL || (out->flags & O_ACCMODE) == O_RDONLY || (out->flags & O_PATH) != 0) {
        return -EBADF;
    }
    bool can_read = count == 0 || (in->ops->seek != NULL && in->ops->read != NULL);
    return can_read && (out->flags & O_APPEND) == 0 ? 0 : -EINVAL;
}

static long send(struct file *out, struct file *in, off_t __user *offset, size_t count) {
    off_t position = in->offset;
    if (offset != NULL && get_user(position, offset) != 0) {
        return -EFAULT;
    }
    int error = check(out, in, offset != NULL, position, count);
    if (error != 0 || count == 0) {
        return error;
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
    if (in != NULL) {
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
