// See transfer.h. A buffer goes between, in which a file's bytes are copied once more than they need to be.
#include "transfer.h"

#include <asm/errno.h>

#include "file.h"
#include "heap.h"

enum { BUFFER_SIZE = 65536 };

static ssize_t move_some(struct file *from, off_t *from_offset, struct file *to, off_t *to_offset, char *buffer,
                         size_t size_bytes) {
    struct uio uio;
    off_t position = *from_offset;
    uio_init_kernel(&uio, buffer, size_bytes);
    ssize_t got = file_read(from, &uio, &position);
    if (got <= 0) {
        return got;
    }
    uio_init_kernel(&uio, buffer, (size_t)got);
    ssize_t put = file_write(to, &uio, to_offset);
    *from_offset += put > 0 ? put : 0;
    return put;
}

ssize_t file_transfer(struct file *from, off_t *from_offset, struct file *to, off_t *to_offset, size_t size_bytes) {
    size_t buffer_size = MIN(size_bytes, (size_t)BUFFER_SIZE);
    char *buffer = heap_alloc(buffer_size);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    size_t done = 0;
    ssize_t moved = 0;
    while (done < size_bytes) {
        size_t part = MIN(buffer_size, size_bytes - done);
        moved = move_some(from, from_offset, to, to_offset, buffer, part);
        if (moved <= 0) {
            break;
        }
        done += (size_t)moved;
        if ((size_t)moved < part) {
            break;
        }
    }
    heap_free(buffer);
    return done > 0 ? (ssize_t)done : moved;
}
