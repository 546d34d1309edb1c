// umask(2).
#include "syscall.h"
#include "vfs.h"

enum { MASK_BITS = 0777 };

SYSCALL(umask)(int mask) {
    struct fs_context *context = fs_context_current();
    mode_t old = context->umask;
    context->umask = (mode_t)mask & MASK_BITS;
    return (long)old;
}
