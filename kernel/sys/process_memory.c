// process_vm_readv(2), process_vm_writev(2), process_madvise(2), of the calling process: there is
// no other yet whose memory could be meant.
#include "memory.h"
#include "pidfd.h"
#include "syscall.h"
#include "thread.h"
#include "vectors.h"

#include <linux/errno.h>
#include <linux/mman.h>

enum { CHUNK = 1024, VECTORS_MAX = 1024 };

// What went over before the first address that cannot be used; -EFAULT when that was nothing.
static long copy(struct uio *from, struct uio *to) {
    char chunk[CHUNK];
    size_t copied = 0;
    while (from->remaining > 0 && to->remaining > 0) {
        size_t wanted = MIN(MIN(from->remaining, to->remaining), sizeof(chunk));
        size_t got = uio_read(from, chunk, wanted);
        size_t put = uio_write(to, chunk, got);
        copied += put;
        if (put != wanted) {
            return copied != 0 ? (long)copied : -EFAULT;
        }
    }
    return (long)copied;
}

struct transfer {
    const struct iovec __user *local, *remote;
    unsigned long local_count, remote_count;
    bool write;
};

static long move(const struct transfer *transfer) {
    struct vectors local, remote;
    int error = vectors_read(&local, transfer->local, transfer->local_count);
    if (error == 0) {
        error = vectors_read(&remote, transfer->remote, transfer->remote_count);
        struct uio here, there;
        if (error == 0) {
            uio_init_vectors(&here, local.items, local.count, local.total);
            uio_init_vectors(&there, remote.items, remote.count, remote.total);
        }
        long result = error;
        if (error == 0) {
            result = transfer->write ? copy(&here, &there) : copy(&there, &here);
        }
        vectors_free(&remote);
        vectors_free(&local);
        return result;
    }
    vectors_free(&local);
    return error;
}

static long move_of(pid_t pid, const struct transfer *transfer, unsigned long flags) {
    if (flags != 0 || transfer->local_count > VECTORS_MAX || transfer->remote_count > VECTORS_MAX) {
        return -EINVAL;
    }
    const struct thread *thread = thread_find(pid);
    if (thread == NULL) {
        return -ESRCH;
    }
    return thread->process == process_current() ? move(transfer) : -EPERM;
}

SYSCALL(process_vm_readv)
(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt, const struct iovec __user *rvec,
 unsigned long riovcnt, unsigned long flags) {
    const struct transfer transfer = {lvec, rvec, liovcnt, riovcnt, false};
    return move_of(pid, &transfer, flags);
}

SYSCALL(process_vm_writev)
(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt, const struct iovec __user *rvec,
 unsigned long riovcnt, unsigned long flags) {
    const struct transfer transfer = {lvec, rvec, liovcnt, riovcnt, true};
    return move_of(pid, &transfer, flags);
}

static bool may_advise(int behavior) {
    return behavior == MADV_COLD || behavior == MADV_PAGEOUT || behavior == MADV_WILLNEED;
}

static long advise_all(struct address_space *space, const struct vectors *vectors, int behavior) {
    long advised = 0;
    for (size_t i = 0; i < vectors->count; i++) {
        const struct iovec_k *range = &vectors->items[i];
        long error = memory_advise(space, range->base, range->length, behavior);
        if (error != 0) {
            return advised != 0 ? advised : error;
        }
        advised += (long)range->length;
    }
    return advised;
}

SYSCALL(process_madvise)
(int pidfd, const struct iovec __user *vec, size_t vlen, int behavior, unsigned int flags) {
    struct process *process;
    struct vectors vectors;
    if (flags != 0) {
        return -EINVAL;
    }
    long result = vectors_read(&vectors, vec, vlen);
    result = result == 0 ? pidfd_process(pidfd, &process) : result;
    if (result == 0 && !may_advise(behavior)) {
        result = -EINVAL;
    }
    if (result == 0) {
        result = advise_all(process->space, &vectors, behavior);
    }
    vectors_free(&vectors);
    return result;
}
