// Moving through a list of buffers. A fault ends the move at the byte it happened at, so that read
// and write can report what went over before it.

#include "uio.h"

#include "string.h"
#include "usercopy.h"

static void init_single(struct uio *uio, uint64_t base, size_t size_bytes, bool kernel) {
    *uio = (struct uio){.vectors = &uio->single,
                        .vector_count = 1,
                        .remaining = size_bytes,
                        .kernel = kernel,
                        .single = {base, size_bytes}};
}

void uio_init_user(struct uio *uio, uint64_t address, size_t size_bytes) {
    init_single(uio, address, size_bytes, false);
}

void uio_init_kernel(struct uio *uio, void *address, size_t size_bytes) {
    init_single(uio, (uint64_t)address, size_bytes, true);
}

void uio_init_vectors(struct uio *uio, const struct iovec_k *vectors, size_t count, size_t total) {
    *uio = (struct uio){.vectors = vectors, .vector_count = count, .remaining = total};
}

// One of these moves bytes between a piece of the current buffer and `kernel_side` (unused by
// clear).
typedef size_t (*move_fn)(const struct uio *uio, uint64_t base, void *kernel_side,
                          size_t size_bytes);

static size_t move_in(const struct uio *uio, uint64_t base, void *kernel_side, size_t size_bytes) {
    if (!uio->kernel) {
        return copy_to_user_partial((void __user *)base, kernel_side, size_bytes);
    }
    memcpy((void *)base, kernel_side, size_bytes);
    return size_bytes;
}

static size_t move_out(const struct uio *uio, uint64_t base, void *kernel_side, size_t size_bytes) {
    if (!uio->kernel) {
        return copy_from_user_partial(kernel_side, (const void __user *)base, size_bytes);
    }
    memcpy(kernel_side, (const void *)base, size_bytes);
    return size_bytes;
}

static size_t move_zero(const struct uio *uio, uint64_t base, void *kernel_side,
                        size_t size_bytes) {
    (void)kernel_side;
    if (!uio->kernel) {
        return clear_user((void __user *)base, size_bytes) == 0 ? size_bytes : 0;
    }
    memset((void *)base, 0, size_bytes);
    return size_bytes;
}

static size_t move(struct uio *uio, move_fn piece, char *kernel_side, size_t size_bytes) {
    size_t wanted = MIN(size_bytes, uio->remaining);
    size_t done = 0;
    while (done < wanted) {
        const struct iovec_k *vector = &uio->vectors[0];
        size_t room = vector->length - uio->vector_offset;
        size_t part = MIN(wanted - done, room);
        char *side = kernel_side == NULL ? NULL : kernel_side + done;
        size_t moved = part == 0 ? 0 : piece(uio, vector->base + uio->vector_offset, side, part);
        uio->vector_offset += moved;
        uio->remaining -= moved;
        done += moved;
        if (moved < part) {
            break;
        }
        if (uio->vector_offset == vector->length && uio->vector_count > 1) {
            uio->vectors++;
            uio->vector_count--;
            uio->vector_offset = 0;
        }
    }
    return done;
}

size_t uio_write(struct uio *to, const void *from, size_t size_bytes) {
    return move(to, move_in, (char *)from, size_bytes);
}

size_t uio_read(struct uio *from, void *to, size_t size_bytes) {
    return move(from, move_out, to, size_bytes);
}

size_t uio_zero(struct uio *to, size_t size_bytes) {
    return move(to, move_zero, NULL, size_bytes);
}
