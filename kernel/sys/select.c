// pselect6(2): the descriptors are bits in three sets, and become rows as poll has them.
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time_types.h>

#include "fd.h"
#include "heap.h"
#include "poll_wait.h"
#include "signal_call.h"
#include "string.h"
#include "syscall.h"
#include "thread.h"
#include "usercopy.h"
#include "wait.h"

// Linux looks at no more descriptors than its table has room for, which is this at first.
enum { WORD_BITS = 64, FIRST_TABLE = 64 };

NEEDS_CONSOLE_INPUT; // who waits for stdin is told

#define SETS 3UL

// What makes a descriptor ready in each set (fs/select.c of Linux; select(2), "Correspondence with
// poll").
static const uint32_t asked_events[SETS] = {POLLIN | POLLRDNORM, POLLOUT | POLLWRNORM, POLLPRI};
static const uint32_t ready_events[SETS] = {
    POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
    POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
    POLLPRI,
};

struct selection {
    size_t count; // descriptors 0 .. count - 1
    size_t words; // per set
    uint64_t *in[SETS], *out[SETS];
    struct poll_entry *entries; // one per descriptor in any set
    int *descriptors;           // which one
    size_t used;
};

static bool is_in(const uint64_t *set, size_t fd) {
    return (set[fd / WORD_BITS] >> fd % WORD_BITS & 1) != 0;
}

static int open_entries(struct selection *selection) {
    for (size_t fd = 0; fd < selection->count; fd++) {
        uint32_t wanted = 0;
        for (size_t set = 0; set < SETS; set++) {
            wanted |= is_in(selection->in[set], fd) ? asked_events[set] : 0;
        }
        if (wanted == 0) {
            continue;
        }
        struct file *file = fd_get((int)fd);
        if (file == NULL) {
            return -EBADF;
        }
        selection->entries[selection->used] = (struct poll_entry){.file = file, .wanted = wanted};
        selection->descriptors[selection->used++] = (int)fd;
    }
    return 0;
}

static int fill_set(struct selection *selection, size_t set) {
    int bits = 0;
    for (size_t i = 0; i < selection->used; i++) {
        size_t fd = (size_t)selection->descriptors[i];
        bool ready = (selection->entries[i].ready & ready_events[set]) != 0;
        if (ready && is_in(selection->in[set], fd)) {
            selection->out[set][fd / WORD_BITS] |= 1UL << fd % WORD_BITS;
            bits++;
        }
    }
    return bits;
}

// A descriptor that is ready in two sets counts twice.
static int fill_results(struct selection *selection) {
    int bits = 0;
    for (size_t set = 0; set < SETS; set++) {
        bits += fill_set(selection, set);
    }
    return bits;
}

static int wait_for_sets(struct selection *selection, uint64_t deadline_ns) {
    int result = open_entries(selection);
    if (result == 0) {
        result = poll_wait(selection->entries, selection->used, deadline_ns);
    }
    poll_release(selection->entries, selection->used);
    return result < 0 ? result : fill_results(selection);
}

static int copy_sets_in(struct selection *selection, unsigned long __user *const sets[SETS]) {
    for (size_t set = 0; set < SETS; set++) {
        size_t size = selection->words * sizeof(uint64_t);
        if (sets[set] != NULL && size > 0 &&
            copy_from_user(selection->in[set], sets[set], size) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static int copy_sets_out(const struct selection *selection,
                         unsigned long __user *const sets[SETS]) {
    for (size_t set = 0; set < SETS; set++) {
        size_t size = selection->words * sizeof(uint64_t);
        if (sets[set] != NULL && size > 0 &&
            copy_to_user(sets[set], selection->out[set], size) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

static int select_sets(size_t count, unsigned long __user *const sets[SETS], uint64_t deadline_ns) {
    size_t words = (count + WORD_BITS - 1) / WORD_BITS;
    size_t row_size = sizeof(struct poll_entry) + sizeof(int);
    struct selection selection = {.count = count, .words = words};
    uint64_t *memory =
        heap_alloc_zeroed(2 * SETS * words * sizeof(uint64_t) + count * row_size + 1);
    if (memory == NULL) {
        return -ENOMEM;
    }
    for (size_t set = 0; set < SETS; set++) {
        selection.in[set] = memory + 2 * set * words;
        selection.out[set] = memory + (2 * set + 1) * words;
    }
    selection.entries = (struct poll_entry *)(memory + 2 * SETS * words);
    selection.descriptors = (int *)(selection.entries + count);
    int result = copy_sets_in(&selection, sets);
    if (result == 0) {
        result = wait_for_sets(&selection, deadline_ns);
    }
    if (result >= 0 && copy_sets_out(&selection, sets) != 0) {
        result = -EFAULT;
    }
    heap_free(memory);
    return result;
}

// The sixth argument is a pointer to the mask's address and its size: there are not more than six.
static int begin_mask(const void __user *sig) {
    uint64_t packed[2] = {0, 0};
    if (sig != NULL && copy_from_user(packed, sig, sizeof(packed)) != 0) {
        return -EFAULT;
    }
    return signal_mask_begin((const uint64_t __user *)packed[0], packed[1]);
}

SYSCALL(pselect6)
(int nfds, unsigned long __user *readfds, unsigned long __user *writefds,
 unsigned long __user *exceptfds, struct __kernel_timespec __user *timeout,
 const void __user *sig) {
    uint64_t deadline_ns;
    unsigned long __user *const sets[SETS] = {readfds, writefds, exceptfds};
    int error = nfds < 0 ? -EINVAL : poll_deadline(timeout, &deadline_ns);
    error = error == 0 ? begin_mask(sig) : error;
    if (error != 0) {
        return error;
    }
    size_t count = MIN((size_t)nfds, MAX(process_current()->files->capacity, (size_t)FIRST_TABLE));
    int result = select_sets(count, sets, deadline_ns);
    signal_mask_end(result == -ERESTARTNOHAND);
    if (poll_remaining(timeout, deadline_ns) != 0 && result == -ERESTARTNOHAND) {
        return -EINTR;
    }
    return result;
}
