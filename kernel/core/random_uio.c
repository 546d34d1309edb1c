// Random bytes for the app, a stretch at a time.
#include "random.h"

#include <asm/errno.h>

#include "uio.h"

enum { CHUNK_SIZE = 512 };

ssize_t random_to_uio(struct uio *to, size_t wanted) {
    size_t done = 0;
    while (done < wanted) {
        char chunk[CHUNK_SIZE];
        size_t part = MIN(sizeof(chunk), wanted - done);
        random_bytes(chunk, part);
        size_t moved = uio_write(to, chunk, part);
        done += moved;
        if (moved < part) {
            break;
        }
    }
    return done == 0 && wanted > 0 ? -EFAULT : (ssize_t)done;
}
