// unshare(2), setns(2): there is one namespace of each kind, as in a kernel that was built without
// them, and what threads share they go on sharing.
#include "file.h"
#include "syscall.h"
#include "thread.h"

#include <linux/errno.h>
#include <linux/sched.h>

// Of one thread: it shares nothing already.
#define OWN_WHEN_ALONE (CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)
#define NEEDS_TO_BE_ALONE (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)

SYSCALL(unshare)(unsigned long flags) {
    bool alone = process_current()->thread_count == 1;
    if ((flags & ~(unsigned long)(OWN_WHEN_ALONE | NEEDS_TO_BE_ALONE)) != 0) {
        return -EINVAL;
    }
    if (alone || flags == 0 || flags == CLONE_SYSVSEM) {
        return 0;
    }
    return (flags & NEEDS_TO_BE_ALONE) != 0 ? -EINVAL : -ENOSYS;
}

// No file is a namespace.
SYSCALL(setns)(int fd, UNUSED int flags) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    file_release(file);
    return -EINVAL;
}
