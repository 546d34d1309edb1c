// close(2).
#include "file.h"
#include "syscall.h"

SYSCALL(close)(unsigned int fd) {
    return fd_close((int)fd);
}
