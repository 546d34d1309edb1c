// readv(2) and its kin: the list of buffers.
#include "vectors.h"

#include <asm/errno.h>
#include <linux/uio.h>

#include "file.h"
#include "heap.h"
#include "usercopy.h"

_Static_assert(sizeof(struct iovec) == sizeof(struct iovec_k),
               "the app's iovec is copied as it lies");

static int check(struct vectors *vectors) {
    vectors->total = 0;
    for (size_t i = 0; i < vectors->count; i++) {
        size_t length = vectors->items[i].length;
        if ((ssize_t)length < 0 || (ssize_t)(vectors->total + length) < 0) {
            return -EINVAL;
        }
        vectors->total += length;
    }
    return 0;
}

int vectors_read(struct vectors *vectors, const struct iovec __user *from, size_t count) {
    vectors->items = vectors->few;
    vectors->count = count;
    if (count > UIO_MAXIOV) {
        return -EINVAL;
    }
    if (count > VECTORS_INLINE) {
        vectors->items = heap_alloc(count * sizeof(*vectors->items));
        if (vectors->items == NULL) {
            return -ENOMEM;
        }
    }
    int error = copy_from_user(vectors->items, from, count * sizeof(*vectors->items));
    return error != 0 ? error : check(vectors);
}

void vectors_free(struct vectors *vectors) {
    if (vectors->items != vectors->few) {
        heap_free(vectors->items);
    }
}

long vectors_move(int fd, const struct iovec __user *from, size_t count,
                  ssize_t (*move)(struct file *file, struct uio *buffers, off_t *offset)) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    struct vectors vectors;
    long result = vectors_read(&vectors, from, count);
    if (result == 0) {
        struct uio buffers;
        uio_init_vectors(&buffers, vectors.items, vectors.count, vectors.total);
        result = move(file, &buffers, &file->offset);
    }
    vectors_free(&vectors);
    file_release(file);
    return result;
}
