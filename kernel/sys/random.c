// getrandom(2). The seed is there from the beginning, so nothing ever waits.
#include "random.h"

#include <asm/errno.h>
#include <linux/random.h>

#include "syscall.h"
#include "uio.h"

enum { VALID_FLAGS = GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE };
#define LARGEST 0x7ffff000UL // MAX_RW_COUNT

SYSCALL(getrandom)(void __user *buf, size_t count, unsigned int flags) {
    if ((flags & ~(unsigned)VALID_FLAGS) != 0 ||
        (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE)) {
        return -EINVAL;
    }
    struct uio to;
    uio_init_user(&to, (uint64_t)buf, count);
    return random_to_uio(&to, MIN(count, LARGEST));
}
