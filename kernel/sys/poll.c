// ppoll(2).
#include <asm/errno.h>
#include <linux/poll.h>
#include <linux/resource.h>
#include <linux/time_types.h>

#include "file.h"
#include "heap.h"
#include "poll_wait.h"
#include "signal_call.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"
#include "wait.h"

// Negative descriptors are left out, which a row with neither file nor events does.
static void open_entry(struct poll_entry *entry, const struct pollfd *row) {
    *entry = (struct poll_entry){.wanted = (uint16_t)row->events};
    if (row->fd < 0) {
        return;
    }
    entry->file = fd_get(row->fd);
    entry->ready = entry->file == NULL ? POLLNVAL : 0;
}

static int poll_rows(struct pollfd *rows, struct poll_entry *entries, size_t count,
                     uint64_t deadline_ns) {
    for (size_t i = 0; i < count; i++) {
        open_entry(&entries[i], &rows[i]);
    }
    int ready = poll_wait(entries, count, deadline_ns);
    for (size_t i = 0; i < count; i++) {
        rows[i].revents = (short)entries[i].ready;
    }
    poll_release(entries, count);
    return ready;
}

static int poll_from_app(struct pollfd __user *fds, size_t count, uint64_t deadline_ns) {
    if (count > process_current()->limits[RLIMIT_NOFILE].current) {
        return -EINVAL;
    }
    size_t rows_size = count * sizeof(struct pollfd);
    struct poll_entry *entries = heap_alloc(count * (sizeof(*entries) + sizeof(struct pollfd)) + 1);
    if (entries == NULL) {
        return -ENOMEM;
    }
    struct pollfd *rows = (struct pollfd *)(entries + count);
    int result = copy_from_user(rows, fds, rows_size);
    if (result == 0) {
        result = poll_rows(rows, entries, count, deadline_ns);
    }
    if (result >= 0 && copy_to_user(fds, rows, rows_size) != 0) {
        result = -EFAULT;
    }
    heap_free(entries);
    return result;
}

SYSCALL(ppoll)
(struct pollfd __user *fds, unsigned int nfds, struct __kernel_timespec __user *timeout,
 const uint64_t __user *sigmask, size_t sigsetsize) {
    uint64_t deadline_ns;
    int error = poll_deadline(timeout, &deadline_ns);
    error = error == 0 ? signal_mask_begin(sigmask, sigsetsize) : error;
    if (error != 0) {
        return error;
    }
    int result = poll_from_app(fds, nfds, deadline_ns);
    signal_mask_end(result == -ERESTARTNOHAND);
    // A timeout that cannot be written back cannot be gone on with after a signal either.
    if (poll_remaining(timeout, deadline_ns) != 0 && result == -ERESTARTNOHAND) {
        return -EINTR;
    }
    return result;
}
