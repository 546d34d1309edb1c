// writev(2).
#include "file.h"
#include "syscall.h"
#include "vectors.h"

SYSCALL(writev)(unsigned long fd, const struct iovec __user *vec, unsigned long vlen) {
    return vectors_move((int)fd, vec, vlen, file_write);
}
