// Two descriptors at once, for pipe2(2) and socketpair(2): the app gets both or none.
#include <asm/errno.h>

#include "file.h"
#include "usercopy.h"

static int install(struct file *files[2], int fds[2], bool close_on_exec) {
    fds[0] = fd_install(files[0], 0, close_on_exec);
    if (fds[0] < 0) {
        file_release(files[1]);
        return fds[0];
    }
    fds[1] = fd_install(files[1], 0, close_on_exec);
    if (fds[1] < 0) {
        fd_close(fds[0]);
        return fds[1];
    }
    return 0;
}

int fd_install_pair(struct file *files[2], int __user *to, bool close_on_exec) {
    int fds[2];
    int error = install(files, fds, close_on_exec);
    if (error != 0) {
        return error;
    }
    if (copy_to_user(to, fds, sizeof(fds)) != 0) {
        fd_close(fds[0]);
        fd_close(fds[1]);
        return -EFAULT;
    }
    return 0;
}
