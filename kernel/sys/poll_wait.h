// Waiting for any of several files, as ppoll(2) and pselect6(2) do.
#pragma once

#include "types.h"

struct file;
struct poll_table;

struct poll_entry {
    struct file *file; // holds a reference; NULL: `ready` is given and counts
    uint32_t wanted;   // POLLIN ...
    uint32_t ready;
};

// How many entries have something in `ready`: their wanted events, POLLERR and POLLHUP. 0 at the
// deadline (CLOCK_MONOTONIC), -ERESTARTNOHAND for a signal, -ENOMEM.
int poll_wait(struct poll_entry *entries, size_t count, uint64_t deadline_ns);
void poll_release(struct poll_entry *entries, size_t count);
uint32_t poll_state(struct file *file, struct poll_table *table); // all events, of any file

// The app's timeout, NULL for none, into a deadline; and what is left of it back. 0, -EFAULT,
// -EINVAL.
struct __kernel_timespec;
int poll_deadline(const struct __kernel_timespec __user *timeout, uint64_t *deadline_ns);
int poll_remaining(struct __kernel_timespec __user *timeout, uint64_t deadline_ns);
