// exit(2), exit_group(2).
#include "syscall.h"
#include "thread.h"

static int exited(int status) {
    return (status & 0xff) << 8;
}

SYSCALL(exit)(int status) {
    thread_exit(exited(status));
}

SYSCALL(exit_group)(int status) {
    process_exit(exited(status));
}
