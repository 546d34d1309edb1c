// flock(2).
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "../fs/lock.h"
#include "syscall.h"

static int change(struct file *file, unsigned int operation, bool wait) {
    if ((file->flags & O_PATH) != 0) {
        return -EBADF;
    }
    if (file->inode == NULL) {
        return 0; // the console: nobody shares it
    }
    static const int types[] = {[LOCK_SH] = F_RDLCK, [LOCK_EX] = F_WRLCK, [LOCK_UN] = F_UNLCK};
    const struct lock_range range = {
        .inode = file->inode,
        .owner = file,
        .file = file,
        .kind = LOCK_WHOLE,
        .type = types[operation],
        .end = INT64_MAX,
    };
    return lock_set(&range, wait);
}

SYSCALL(flock)(unsigned int fd, unsigned int cmd) {
    unsigned int operation = cmd & ~(unsigned)LOCK_NB;
    if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN) {
        return -EINVAL;
    }
    struct file *file = fd_get((int)fd);
    if (file == NULL) {
        return -EBADF;
    }
    int error = change(file, operation, (cmd & LOCK_NB) == 0);
    file_release(file);
    return error;
}
