// See transfer.h. A buffer goes between, in which a file's bytes are copied once more than they
// need to be.
#include "transfer.h"

#include <asm/errno.h>

#include "file.h"
#include "heap.h"

enum { BUFFER_SIZE = 65536 };

// Sets *rest when the other side did not take everything.
static ssize_t move_some(struct file *from, off_t *from_offset, struct file *to, off_t *to_offset,
                         char *buffer, size_t size_bytes, bool *rest) {
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
    *rest = put < got;
    return put;
}

ssize_t file_transfer(struct file *from, off_t *from_offset, struct file *to, off_t *to_offset,
                      size_t size_bytes) {
    size_t buffer_size = MIN(size_bytes, (size_t)BUFFER_SIZE);
    char *buffer = heap_alloc(buffer_size);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    size_t done = 0;
    ssize_t moved = 1;
    bool rest = false;
    while (done < size_bytes && moved > 0 && !rest) {
        size_t part = MIN(buffer_size, size_bytes - done);
        moved = move_some(from, from_offset, to, to_offset, buffer, part, &rest);
        done += moved > 0 ? (size_t)moved : 0;
    }
    heap_free(buffer);
    return done > 0 || moved > 0 ? (ssize_t)done : moved;
}
