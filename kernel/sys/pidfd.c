// pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2): a process by descriptor. The file holds the
// number only, so it keeps nothing of a process that has ended.
#include "pidfd.h"
#include "file.h"
#include "signal.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"

#include <asm/fcntl.h>
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <linux/errno.h>
#include <linux/stat.h>

enum { PIDFD_NONBLOCK = O_NONBLOCK };

static struct process *process_of(const struct file *file) {
    return process_find((pid_t)(int64_t)file->private);
}

// Readable when the process has ended. There is no queue to wait on: nobody here outlives another.
static uint32_t pidfd_poll(struct file *file, UNUSED struct poll_table *table) {
    return process_of(file) == NULL ? POLLIN | POLLRDNORM | POLLHUP : 0;
}

static void pidfd_release(UNUSED struct file *file) {
}

static const struct file_ops pidfd_ops = {.poll = pidfd_poll, .release = pidfd_release};

SYSCALL(pidfd_open)(pid_t pid, unsigned int flags) {
    if ((flags & ~(unsigned)PIDFD_NONBLOCK) != 0 || pid <= 0) {
        return -EINVAL;
    }
    if (process_find(pid) == NULL) {
        return thread_find(pid) != NULL ? -EINVAL : -ESRCH; // a thread, but no process
    }
    struct file *file = file_new(&pidfd_ops, O_RDWR | flags, (void *)(int64_t)pid);
    if (file == NULL) {
        return -ENOMEM;
    }
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return fd_install(file, 0, true);
}

int pidfd_process(int fd, struct process **process) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    bool is_pidfd = file->ops == &pidfd_ops;
    *process = is_pidfd ? process_of(file) : NULL;
    file_release(file);
    if (!is_pidfd) {
        return -EBADF;
    }
    return *process != NULL ? 0 : -ESRCH;
}

SYSCALL(pidfd_send_signal)(int pidfd, int sig, void __user *info, unsigned int flags) {
    struct process *process;
    struct siginfo_k given = signal_info_from_self(sig, SI_USER);
    if (flags != 0) {
        return -EINVAL;
    }
    long error = pidfd_process(pidfd, &process);
    if (error != 0) {
        return error;
    }
    if (info != NULL) {
        if (copy_from_user(&given, info, sizeof(given)) != 0) {
            return -EFAULT;
        }
        bool pretends = given.code >= 0 || given.code == SI_TKILL;
        if (given.signo != sig) {
            return -EINVAL;
        }
        if (pretends && process != process_current()) {
            return -EPERM;
        }
    }
    return sig < 0 || sig > SIGNAL_COUNT ? -EINVAL : signal_call_send(process, &given);
}

SYSCALL(pidfd_getfd)(int pidfd, int targetfd, unsigned int flags) {
    struct process *process;
    if (flags != 0) {
        return -EINVAL;
    }
    long error = pidfd_process(pidfd, &process);
    if (error != 0) {
        return error;
    }
    struct file *file = process == process_current() ? fd_get(targetfd) : NULL;
    if (file == NULL) {
        return process == process_current() ? -EBADF : -EPERM;
    }
    return fd_install(file, 0, true);
}
