// preadv(2), pwritev(2) and their successors with flags. On 64-bit machines the position is one
// register.
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "file.h"
#include "syscall.h"
#include "vectors.h"
#include "vfs.h"

NEEDS_CONSOLE_INPUT;

enum { CURRENT_POSITION = -1 };

struct vector_call {
    const struct iovec __user *vectors;
    size_t count;
    off_t position; // or CURRENT_POSITION
    int flags;      // RWF_*
    bool write;
};

// Nothing is ever late or cached, so these need no work. RWF_NOWAIT does: a file says whether it
// can, and none does.
static int check_flags(const struct vector_call *call) {
    int known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | (call->write ? RWF_APPEND : 0);
    return (call->flags & ~known) != 0 ? -EOPNOTSUPP : 0;
}

static long move(struct file *file, struct uio *uio, off_t *position,
                 const struct vector_call *call) {
    if (!call->write) {
        return file_read(file, uio, position);
    }
    if ((call->flags & RWF_APPEND) != 0 && file->inode != NULL) {
        *position = file->inode->size;
    }
    return file_write(file, uio, position);
}

static long transfer(struct file *file, const struct vector_call *call) {
    if (call->position != CURRENT_POSITION && file->ops->seek == NULL) {
        return -ESPIPE;
    }
    struct vectors vectors;
    long result = vectors_read(&vectors, call->vectors, call->count);
    if (result == 0) {
        struct uio uio;
        off_t position = call->position;
        uio_init_vectors(&uio, vectors.items, vectors.count, vectors.total);
        result = move(file, &uio, position == CURRENT_POSITION ? &file->offset : &position, call);
    }
    vectors_free(&vectors);
    return result;
}

static long call_on(unsigned long fd, const struct vector_call *call) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = check_flags(call);
    result = result != 0 ? result : transfer(file, call);
    file_release(file);
    return result;
}

SYSCALL(preadv)
(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, unsigned long pos_low,
 UNUSED unsigned long pos_high) {
    const struct vector_call call = {vec, vlen, (off_t)pos_low, 0, false};
    return call.position < 0 ? -EINVAL : call_on(fd, &call);
}

SYSCALL(pwritev)
(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, unsigned long pos_low,
 UNUSED unsigned long pos_high) {
    const struct vector_call call = {vec, vlen, (off_t)pos_low, 0, true};
    return call.position < 0 ? -EINVAL : call_on(fd, &call);
}

SYSCALL(preadv2)
(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, unsigned long pos_low,
 UNUSED unsigned long pos_high, int flags) {
    const struct vector_call call = {vec, vlen, (off_t)pos_low, flags, false};
    return call.position < CURRENT_POSITION ? -EINVAL : call_on(fd, &call);
}

SYSCALL(pwritev2)
(unsigned long fd, const struct iovec __user *vec, unsigned long vlen, unsigned long pos_low,
 UNUSED unsigned long pos_high, int flags) {
    const struct vector_call call = {vec, vlen, (off_t)pos_low, flags, true};
    return call.position < CURRENT_POSITION ? -EINVAL : call_on(fd, &call);
}
