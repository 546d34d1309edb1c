// A position in a list of buffers that read and write move through. The buffers are the app's or
// the kernel's (sendfile, the ELF loader); a file's operations do not see the difference.
#pragma once

#include "types.h"

struct iovec_k {
    uint64_t base; // an app address, or a kernel address when the uio is the kernel's
    size_t length;
};

struct uio {
    const struct iovec_k *vectors;
    size_t vector_count;
    size_t vector_offset; // bytes already used of the first vector
    size_t remaining;     // bytes in all
    bool kernel;
    struct iovec_k single; // backing for the one-buffer forms
};

void uio_init_user(struct uio *uio, uint64_t address, size_t size_bytes);
void uio_init_kernel(struct uio *uio, void *address, size_t size_bytes);
void uio_init_vectors(struct uio *uio, const struct iovec_k *vectors, size_t count, size_t total);
// Copy and advance. Bytes moved; fewer than asked when a buffer faults (0 then means -EFAULT if
// size > 0).
size_t uio_write(struct uio *to, const void *from,
                 size_t size_bytes); // kernel bytes into the uio (a read(2))
size_t uio_read(struct uio *from, void *to, size_t size_bytes); // out of the uio (a write(2))
size_t uio_zero(struct uio *to, size_t size_bytes);
