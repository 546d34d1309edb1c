// signalfd(2): signals that are blocked, read as records. A read takes what waits for the thread
// that reads and what waits for its process, whoever made the descriptor.
#include <asm/errno.h>
#include <asm/poll.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/signalfd.h>
#include <linux/stat.h>

#include "file.h"
#include "heap.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"

struct signalfd {
    uint64_t mask;
};

// --- records ------------------------------------------------------------------------------------

static uint32_t low(uint64_t word) {
    return (uint32_t)word;
}

static uint32_t high(uint64_t word) {
    return (uint32_t)(word >> 32);
}

// What the words of siginfo_t mean when the kernel itself made it: by signal (sigaction(2)).
static void fill_from_kernel(struct signalfd_siginfo *record, const struct siginfo_k *info) {
    switch (info->signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
        record->ssi_addr = info->fields[0];
        break;
    case SIGCHLD:
        record->ssi_pid = low(info->fields[0]);
        record->ssi_uid = high(info->fields[0]);
        record->ssi_status = (int32_t)low(info->fields[1]);
        record->ssi_utime = info->fields[2];
        record->ssi_stime = info->fields[3];
        break;
    case SIGPOLL:
        record->ssi_band = low(info->fields[0]);
        record->ssi_fd = (int32_t)low(info->fields[1]);
        break;
    default:
        record->ssi_pid = low(info->fields[0]);
        record->ssi_uid = high(info->fields[0]);
    }
}

static void fill(struct signalfd_siginfo *record, const struct siginfo_k *info) {
    *record = (struct signalfd_siginfo){
        .ssi_signo = (uint32_t)info->signo, .ssi_errno = info->error, .ssi_code = info->code};
    if (info->code > SI_USER && info->code < SI_KERNEL) {
        fill_from_kernel(record, info);
        return;
    }
    if (info->code == SI_TIMER) {
        record->ssi_tid = low(info->fields[0]);
        record->ssi_overrun = high(info->fields[0]);
    } else {
        record->ssi_pid = low(info->fields[0]);
        record->ssi_uid = high(info->fields[0]);
    }
    if (info->code < SI_USER) {
        record->ssi_int = (int32_t)low(info->fields[1]);
        record->ssi_ptr = info->fields[1];
    }
}

// --- the file -----------------------------------------------------------------------------------

static bool has_signal(const struct signalfd *signals) {
    const struct thread *thread = thread_current();
    return ((thread->pending.set | thread->process->pending.set) & signals->mask) != 0;
}

// Others may have read what this one was woken for.
static int wait_and_take(const struct file *file, struct siginfo_k *info) {
    const struct signalfd *signals = file->private;
    struct wait_queue *queue = &process_current()->signal_waiters;
    while (signal_take(thread_current(), signals->mask, info) == 0) {
        if ((file->flags & O_NONBLOCK) != 0) {
            return -EAGAIN;
        }
        int error = WAIT_EVENT(queue, has_signal(signals), WAIT_FOREVER);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}

// Waits for the first signal only, and gives as many records as there are then.
static ssize_t signalfd_read(struct file *file, struct uio *to, UNUSED off_t *offset) {
    const struct signalfd *signals = file->private;
    struct signalfd_siginfo record;
    struct siginfo_k info;
    ssize_t total = 0;
    if (to->remaining < sizeof(record)) {
        return -EINVAL;
    }
    int error = wait_and_take(file, &info);
    while (error == 0) {
        fill(&record, &info);
        if (uio_write(to, &record, sizeof(record)) != sizeof(record)) {
            error = -EFAULT;
            break;
        }
        total += (ssize_t)sizeof(record);
        bool more = to->remaining >= sizeof(record) &&
                    signal_take(thread_current(), signals->mask, &info) != 0;
        if (!more) {
            break;
        }
    }
    return total > 0 ? total : error;
}

static uint32_t signalfd_poll(struct file *file, struct poll_table *table) {
    poll_add(table, &process_current()->signal_waiters);
    return has_signal(file->private) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct file *file) {
    heap_free(file->private);
}

static const struct file_ops signalfd_ops = {
    .read = signalfd_read,
    .poll = signalfd_poll,
    .release = signalfd_release,
};

// An epoll set may outlive the process whose signals it watches.
static void forget_waiters(struct process *process) {
    while (!list_empty(&process->signal_waiters.waiters)) {
        list_remove(process->signal_waiters.waiters.next);
    }
}
PROCESS_EXIT_HOOK(signalfd, forget_waiters);

static int make(uint64_t mask, int flags) {
    struct signalfd *signals = heap_alloc(sizeof(*signals));
    uint32_t file_flags = O_RDWR | ((uint32_t)flags & O_NONBLOCK);
    struct file *file = signals == NULL ? NULL : file_new(&signalfd_ops, file_flags, signals);
    if (file == NULL) {
        heap_free(signals);
        return -ENOMEM;
    }
    signals->mask = mask;
    file->anonymous_mode = S_IRUSR | S_IWUSR;
    return fd_install(file, 0, (flags & SFD_CLOEXEC) != 0);
}

static int change(int fd, uint64_t mask) {
    struct file *file = fd_get(fd);
    if (file == NULL) {
        return -EBADF;
    }
    int result = -EINVAL;
    if (file->ops == &signalfd_ops) {
        struct signalfd *signals = file->private;
        signals->mask = mask;
        wait_wake(&process_current()->signal_waiters, POLLIN | POLLRDNORM);
        result = fd;
    }
    file_release(file);
    return result;
}

SYSCALL(signalfd4)(int fd, const uint64_t __user *mask, size_t sizemask, int flags) {
    uint64_t wanted;
    int error = signal_mask_get(mask, sizemask, &wanted);
    if (error != 0) {
        return error;
    }
    if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) != 0) {
        return -EINVAL;
    }
    wanted &= ~SIGNAL_UNBLOCKABLE;
    return fd == -1 ? make(wanted, flags) : change(fd, wanted);
}
