// readv(2).
#include "file.h"
#include "syscall.h"
#include "vectors.h"

NEEDS_CONSOLE_INPUT;

SYSCALL(readv)(unsigned long fd, const struct iovec __user *vec, unsigned long vlen) {
    return vectors_move((int)fd, vec, vlen, file_read);
}
