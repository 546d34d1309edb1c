// dup(2), dup3(2).
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/resource.h>

#include "fd.h"
#include "syscall.h"
#include "thread.h"

SYSCALL(dup)(unsigned int fd) {
    struct file *file = fd_get((int)fd);
    return file == NULL ? -EBADF : fd_install(file, 0, false);
}

SYSCALL(dup3)(unsigned int oldfd, unsigned int newfd, int flags) {
    if ((flags & ~O_CLOEXEC) != 0 || oldfd == newfd) {
        return -EINVAL;
    }
    struct process *process = process_current();
    if (newfd >= process->limits[RLIMIT_NOFILE].current) {
        return -EBADF;
    }
    struct file *file = fd_get((int)oldfd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = fd_reserve(process->files, (size_t)newfd + 1);
    if (error != 0) {
        file_release(file);
        return error;
    }
    fd_close((int)newfd);
    process->files->slots[newfd] = (struct fd_slot){file, (flags & O_CLOEXEC) != 0};
    return newfd;
}
