// readv(2).
#include <asm/errno.h>

#include "file.h"
#include "syscall.h"
#include "vectors.h"

NEEDS_CONSOLE_INPUT;

static long read_vectors(struct file *file, const struct iovec __user *vec, size_t count) {
    struct vectors vectors;
    long result = vectors_read(&vectors, vec, count);
    if (result == 0) {
        struct uio to;
        uio_init_vectors(&to, vectors.items, vectors.count, vectors.total);
        result = file_read(file, &to, &file->offset);
    }
    vectors_free(&vectors);
    return result;
}

SYSCALL(readv)(unsigned long fd, const struct iovec __user *vec, unsigned long vlen) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    long result = read_vectors(file, vec, vlen);
    file_release(file);
    return result;
}
