// getrandom(2). The seed is there from the beginning, so nothing ever waits.
#include "random.h"

#include <asm/errno.h>
#include <linux/random.h>

#include "syscall.h"
#include "uio.h"

enum { CHUNK_SIZE = 512, VALID_FLAGS = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE };
#define LARGEST 0x7ffff000UL // MAX_RW_COUNT

static long fill(struct uio *to, size_t wanted) {
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
    return done == 0 && wanted > 0 ? -EFAULT : (long)done;
}

SYSCALL(getrandom)(void __user *buf, size_t count, unsigned int flags) {
    if ((flags & ~(unsigned)VALID_FLAGS) != 0 ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) {
        return -EINVAL;
    }
    struct uio to;
    uio_init_user(&to, (uint64_t)buf, count);
    return fill(&to, MIN(count, LARGEST));
}
