// fstat(2), apart from its kin because it needs no names.
#include <asm/errno.h>

#include "file.h"
#include "stat.h"
#include "syscall.h"

SYSCALL(fstat)(unsigned int fd, struct stat __user *statbuf) {
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    struct stat_k stat;
    stat_file(file, &stat);
    file_release(file);
    return stat_to_user(&stat, statbuf);
}
