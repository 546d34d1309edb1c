// kcmp(2): whether two processes share a thing, and if not an order of the two.
#include "file.h"
#include "syscall.h"
#include "thread.h"

#include <linux/errno.h>
#include <linux/kcmp.h>

static long compare(const void *left, const void *right) {
    uint64_t a = (uint64_t)left, b = (uint64_t)right;
    return a == b ? 0 : a < b ? 1 : 2;
}

// There is no other process yet whose descriptors could be meant: both are the caller's.
static long compare_files(unsigned long first, unsigned long second) {
    struct file *left = fd_get((int)first), *right = fd_get((int)second);
    long result = left == NULL || right == NULL ? -EBADF : compare(left, right);
    if (left != NULL) {
        file_release(left);
    }
    if (right != NULL) {
        file_release(right);
    }
    return result;
}

SYSCALL(kcmp)(pid_t pid1, pid_t pid2, int type, unsigned long idx1, unsigned long idx2) {
    const struct thread *first = thread_find(pid1), *second = thread_find(pid2);
    if (first == NULL || second == NULL) {
        return -ESRCH;
    }
    const struct process *left = first->process, *right = second->process;
    switch (type) {
    case KCMP_FILE:
        return compare_files(idx1, idx2);
    case KCMP_VM:
        return compare(left->space, right->space);
    case KCMP_FILES:
        return compare(left->files, right->files);
    case KCMP_FS:
        return compare(left->fs, right->fs);
    case KCMP_SIGHAND:
        return compare(left->actions, right->actions);
    case KCMP_IO:
    case KCMP_SYSVSEM:
        return compare(NULL, NULL); // nobody has any
    case KCMP_EPOLL_TFD:
        return -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}
