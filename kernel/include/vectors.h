// The app's struct iovec arrays, copied in and checked.
#pragma once

#include "types.h"
#include "uio.h"

enum { VECTORS_INLINE = 8 };

struct vectors {
    struct iovec_k *items; // `few`, or heap memory
    size_t count, total;
    struct iovec_k few[VECTORS_INLINE];
};

struct file;
struct iovec;
// 0 or -errno as readv(2) gives it; vectors_free afterwards, also after an error.
MUST_USE int vectors_read(struct vectors *vectors, const struct iovec __user *from, size_t count);
void vectors_free(struct vectors *vectors);
// readv(2) and writev(2): file_read or file_write over the buffers, at the descriptor's own
// position.
long vectors_move(int fd, const struct iovec __user *from, size_t count,
                  ssize_t (*move)(struct file *file, struct uio *buffers, off_t *offset));
