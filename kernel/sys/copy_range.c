// copy_file_range(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "file.h"
#include "syscall.h"
#include "transfer.h"
#include "usercopy.h"
#include "vfs.h"

#define LARGEST 0x7ffff000UL

static int check_types(const struct file *in, const struct file *out) {
    mode_t in_mode = in->inode != NULL ? in->inode->mode : in->anonymous_mode;
    mode_t out_mode = out->inode != NULL ? out->inode->mode : out->anonymous_mode;
    if (S_ISDIR(in_mode) || S_ISDIR(out_mode)) {
        return -EISDIR;
    }
    if (!S_ISREG(in_mode) || !S_ISREG(out_mode)) {
        return -EINVAL;
    }
    bool readable = (in->flags & O_ACCMODE) != O_WRONLY && (in->flags & O_PATH) == 0;
    bool writable = (out->flags & O_ACCMODE) != O_RDONLY && (out->flags & (O_PATH | O_APPEND)) == 0;
    if (!readable || !writable) {
        return -EBADF;
    }
    return in->inode->device == out->inode->device ? 0 : -EXDEV;
}

// Cuts *length at the end of the file that is read.
static int check_range(const struct file *in, off_t from, const struct file *out, off_t to,
                       size_t *length) {
    off_t end;
    if (from < 0 || to < 0) {
        return -EINVAL;
    }
    if (__builtin_add_overflow(from, *length, &end) || __builtin_add_overflow(to, *length, &end)) {
        return -EOVERFLOW;
    }
    size_t count = from >= in->inode->size ? 0 : MIN(*length, (size_t)(in->inode->size - from));
    *length = count;
    bool overlap = in->inode == out->inode && from < to + (off_t)count && to < from + (off_t)count;
    return overlap ? -EINVAL : 0;
}

static int read_offset(off_t *offset, const struct file *file, const off_t __user *from) {
    *offset = file->offset;
    return from != NULL && get_user(*offset, from) != 0 ? -EFAULT : 0;
}

static int write_offset(off_t offset, struct file *file, off_t __user *to) {
    if (to != NULL) {
        return put_user(offset, to);
    }
    file->offset = offset;
    return 0;
}

static long copy(struct file *in, off_t __user *off_in, struct file *out, off_t __user *off_out,
                 size_t count, unsigned int flags) {
    off_t from, to;
    int error = read_offset(&from, in, off_in);
    error = error != 0 ? error : read_offset(&to, out, off_out);
    error = error == 0 && flags != 0 ? -EINVAL : error;
    error = error != 0 ? error : check_types(in, out);
    count = MIN(count, LARGEST);
    error = error != 0 ? error : check_range(in, from, out, to, &count);
    if (error != 0 || count == 0) {
        return error;
    }
    ssize_t moved = file_transfer(in, &from, out, &to, count);
    if (moved > 0) {
        error = write_offset(from, in, off_in);
        error = error != 0 ? error : write_offset(to, out, off_out);
    }
    return error != 0 ? error : moved;
}

SYSCALL(copy_file_range)
(int fd_in, off_t __user *off_in, int fd_out, off_t __user *off_out, size_t len,
 unsigned int flags) {
    struct file *in = fd_get(fd_in);
    struct file *out = fd_get(fd_out);
    long result = -EBADF;
    if (in != NULL && out != NULL) {
        result = copy(in, off_in, out, off_out, len, flags);
    }
    if (in != NULL) {
        file_release(in);
    }
    if (out != NULL) {
        file_release(out);
    }
    return result;
}
